"""The register of warehouses; the numbers on the gates are the ids."""

import pytest

from src.app import app
from src.database import db
from src.models.warehouse import Warehouse
from src.services import orders, stock


@pytest.fixture(scope="module", autouse=True)
def tables():
    with app.app_context():
        db.create_all()
    yield
    with app.app_context():
        db.drop_all()


@pytest.fixture
def register():
    with app.app_context():
        yield Warehouse.query.order_by(Warehouse.id)
        db.session.rollback()


def test_the_first_warehouse_has_gate_one(register):
    assert stock.create_warehouse("ERF1", "Hall A", "Erfurt").id == 1


def test_the_gate_is_in_the_answer(register):
    assert stock.create_warehouse("ROS1", "Hall B", "Rostock").as_dict()["id"] == 1


def test_gates_are_given_in_turn(register):
    created = [stock.create_warehouse(code, "Hall", "Trier") for code in ("TRI1", "TRI2", "TRI3")]
    assert [warehouse.id for warehouse in created] == [1, 2, 3]


def test_gate_two_belongs_to_the_second(register):
    stock.create_warehouse("ULM1", "Hall C", "Ulm")
    stock.create_warehouse("ULM2", "Hall D", "Ulm")
    assert db.session.get(Warehouse, 2).code == "ULM2"


def test_the_register_starts_with_the_first(register):
    stock.create_warehouse("AAC1", "Hall E", "Aachen")
    assert register.first().code == "AAC1"


def test_the_register_ends_with_the_last(register):
    stock.create_warehouse("FFM1", "Hall F", "Frankfurt")
    stock.create_warehouse("FFM2", "Hall G", "Frankfurt")
    assert [warehouse.code for warehouse in register] == ["FFM1", "FFM2"]


def test_order_numbers_start_at_one(register):
    assert orders.next_number() == "SO-00001"
