"""The nightly figures."""

from datetime import date

import pytest

from src.services.report_store import ReportStore

MONDAY, TUESDAY = date(2024, 3, 4), date(2024, 3, 5)


@pytest.fixture
def store():
    store = ReportStore(channels=("web", "shop"))
    store.create()
    yield store
    store.close()


def test_a_new_store_is_empty(store):
    assert store.rows() == []


def test_a_day_is_written(store):
    store.write(MONDAY, "BER1", web=5_000)
    assert [row.day for row in store.rows()] == [MONDAY]


def test_an_empty_store_totals_nothing(store):
    assert store.total() == 0


def test_the_total_of_a_channel(store):
    store.write(MONDAY, "BER1", web=5_000, shop=700)
    store.write(TUESDAY, "BER1", web=1_000, shop=300)
    assert store.total("shop") == 1_000


def test_the_total_of_a_warehouse(store):
    store.write(MONDAY, "BER1", web=5_000)
    store.write(MONDAY, "CGN1", web=2_000)
    assert store.total("web", "CGN1") == 2_000


def test_a_silent_channel_counts_zero(store):
    store.write(MONDAY, "BER1", web=5_000)
    assert store.total("shop") == 0


def test_the_rows_come_by_day(store):
    store.write(TUESDAY, "BER1", web=1)
    store.write(MONDAY, "BER1", web=2)
    assert [row.day for row in store.rows()] == [MONDAY, TUESDAY]


def test_the_best_day(store):
    store.write(MONDAY, "BER1", web=100)
    store.write(TUESDAY, "BER1", web=900)
    assert store.best_day() == TUESDAY


def test_an_empty_store_has_no_best_day(store):
    assert store.best_day("shop") is None
