"""Goods come, go and move."""

import pytest

from src.app import app
from src.database import db
from src.errors import Conflict, NotFound, ValidationError
from src.models.category import Category
from src.models.product import Product
from src.services import stock


@pytest.fixture
def session():
    with app.app_context():
        db.create_all()
        yield db.session
        db.session.remove()
        db.drop_all()


@pytest.fixture
def rope(session):
    rope = Product(sku="ROP-001", name="Rope", price_cents=300, category=Category(slug="rope", name="Rope"))
    session.add(rope)
    session.commit()
    return rope


@pytest.fixture
def north(session):
    return stock.create_warehouse("KEL1", "North", "Kiel")


@pytest.fixture
def south(session):
    return stock.create_warehouse("STR1", "South", "Stuttgart")


def test_nothing_is_there_at_first(rope, north):
    assert stock.on_hand(rope, north) == 0


def test_receive(rope, north):
    stock.receive(north, rope, 7)
    assert stock.on_hand(rope, north) == 7


def test_issue(rope, north):
    stock.receive(north, rope, 7)
    stock.issue(north, rope, 3)
    assert stock.on_hand(rope, north) == 4


def test_issue_more_than_there_is(rope, north):
    stock.receive(north, rope, 2)
    with pytest.raises(Conflict):
        stock.issue(north, rope, 3)


def test_a_refused_issue_changes_nothing(rope, north):
    stock.receive(north, rope, 2)
    with pytest.raises(Conflict):
        stock.issue(north, rope, 3)
    assert stock.on_hand(rope, north) == 2


def test_transfer(rope, north, south):
    stock.receive(north, rope, 5)
    stock.transfer(north, south, rope, 2)
    assert (stock.on_hand(rope, north), stock.on_hand(rope, south)) == (3, 2)


def test_a_transfer_keeps_the_total(rope, north, south):
    stock.receive(north, rope, 5)
    stock.transfer(north, south, rope, 5)
    assert stock.on_hand(rope) == 5


def test_every_movement_is_kept(rope, north):
    stock.receive(north, rope, 5)
    stock.issue(north, rope, 1, "broken")
    assert [(move.change, move.reason) for move in stock.movements(rope)] == [(5, "received"), (-1, "broken")]


def test_low_stock_lists_what_runs_out(rope, north, monkeypatch):
    monkeypatch.setenv("INVENTORY_LOW_STOCK", "4")
    stock.receive(north, rope, 3)
    assert stock.low_stock() == ["ROP-001"]


def test_low_stock_leaves_out_what_is_there(rope, north, monkeypatch):
    monkeypatch.setenv("INVENTORY_LOW_STOCK", "4")
    stock.receive(north, rope, 4)
    assert stock.low_stock() == []


def test_a_warehouse_code_is_used_once(north):
    with pytest.raises(Conflict):
        stock.create_warehouse("KEL1", "North again", "Kiel")


def test_an_unknown_warehouse(session):
    with pytest.raises(NotFound):
        stock.find_warehouse("XXX9")


@pytest.mark.parametrize("quantity", [0, 1.5, "3"])
def test_impossible_quantities_are_refused(rope, north, quantity):
    with pytest.raises(ValidationError):
        stock.receive(north, rope, quantity)
