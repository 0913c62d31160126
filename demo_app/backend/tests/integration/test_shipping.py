"""Parcels leave the warehouse."""

import pytest

from src.app import app
from src.database import db
from src.errors import ValidationError
from src.models.order import Shipment
from src.services import audit, catalogue, customers, maintenance, orders, stock


@pytest.fixture(scope="module", autouse=True)
def tables():
    with app.app_context():
        db.create_all()
    yield
    with app.app_context():
        db.drop_all()


@pytest.fixture
def session():
    with app.app_context():
        yield db.session
        db.session.rollback()


@pytest.fixture
def warehouse(session):
    catalogue.create_category("lamps", "Lamps")
    lamp = catalogue.create_product("LMP-010", "Lamp", 2_000, "lamps")
    warehouse = stock.create_warehouse("CGN1", "Western hub", "Cologne")
    stock.receive(warehouse, lamp, 20)
    yield warehouse
    for table in reversed(db.metadata.sorted_tables):
        session.execute(table.delete())
    session.commit()


@pytest.fixture
def paid_order(warehouse):
    customer = customers.register("gerd@example.com", "Gerd", "DE")
    order = orders.place(customer, {"LMP-010": 3})
    return orders.pay(order, order.total_cents, "invoice")


def test_a_shipment_has_a_carrier(paid_order, warehouse):
    assert orders.ship(paid_order, warehouse, "T-100").carrier == "Parcel Post"


def test_a_shipped_order_says_so(paid_order, warehouse):
    orders.ship(paid_order, warehouse, "T-101")
    assert paid_order.status == "shipped"


def test_no_table_is_missing():
    with app.app_context():
        assert maintenance.missing_tables() == []


def test_a_wipe_leaves_no_table():
    with app.app_context():
        maintenance.wipe()
        assert len(maintenance.missing_tables()) == 18


def test_the_stock_goes_down(paid_order, warehouse):
    orders.ship(paid_order, warehouse, "T-102")
    assert stock.on_hand(catalogue.find_product("LMP-010"), warehouse) == 17


def test_the_movement_names_the_order(paid_order, warehouse):
    orders.ship(paid_order, warehouse, "T-103")
    assert stock.movements(catalogue.find_product("LMP-010"))[-1].reason == f"order {paid_order.number}"


def test_the_tracking_number_is_kept(paid_order, warehouse):
    orders.ship(paid_order, warehouse, " T-104 ")
    assert paid_order.shipment.tracking == "T-104"


def test_a_shipment_needs_a_tracking_number(paid_order, warehouse):
    with pytest.raises(ValidationError):
        orders.ship(paid_order, warehouse, "")


def test_there_is_one_shipment_for_an_order(paid_order, warehouse):
    orders.ship(paid_order, warehouse, "T-105")
    assert Shipment.query.count() == 1


def test_shipping_is_written_down(paid_order, warehouse):
    orders.ship(paid_order, warehouse, "T-106")
    assert [entry.subject for entry in audit.entries("order.shipped")] == [paid_order.number]


def test_the_payment_covers_the_order(paid_order):
    assert orders.paid_cents(paid_order) == paid_order.total_cents


def test_the_order_keeps_its_lines(paid_order):
    assert orders.find(paid_order.number).lines[0].quantity == 3
