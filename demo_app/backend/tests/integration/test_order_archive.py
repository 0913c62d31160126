"""The archive of closed orders, in its own database."""

import pytest
from sqlalchemy.exc import IntegrityError

from src.services.archive import Archive


@pytest.fixture(scope="module")
def archive():
    archive = Archive()
    archive.create()
    yield archive
    archive.close()


@pytest.fixture
def closed_order(archive):
    archive.store("SO-00007", "emil@example.com", 4_200, 2023)
    yield archive.find("SO-00007")
    archive.remove("SO-00007")


def test_an_archived_order_is_found(closed_order):
    assert closed_order.customer == "emil@example.com"


def test_an_order_is_archived_once(archive, closed_order):
    with pytest.raises(IntegrityError):
        archive.store("SO-00007", "emil@example.com", 4_200, 2023)


def test_an_unknown_order_is_not_found(archive):
    assert archive.find("SO-99999") is None


def test_a_purge_gives_the_space_back(archive):
    archive.store("SO-00008", "emil@example.com", 100, 2020)
    archive.purge()
    with archive.engine.connect() as connection:
        assert not archive.engine.dialect.has_table(connection, "archived_orders")


def test_the_total_of_one_year(archive, closed_order):
    assert archive.totals_by_year() == {2023: 4_200}


def test_the_totals_of_two_years(archive, closed_order):
    archive.store("SO-00009", "frieda@example.com", 800, 2024)
    assert archive.totals_by_year() == {2023: 4_200, 2024: 800}


def test_the_amount_is_kept(closed_order):
    assert closed_order.total_cents == 4_200


def test_the_year_is_kept(closed_order):
    assert closed_order.year == 2023


def test_a_removed_order_is_gone(archive, closed_order):
    archive.remove(closed_order.number)
    assert archive.find(closed_order.number) is None
