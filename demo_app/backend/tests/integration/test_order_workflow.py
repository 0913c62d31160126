"""An order's life: open, paid, shipped or cancelled."""

import pytest

from src.app import app
from src.database import db
from src.errors import Conflict, NotFound, ValidationError
from src.models.category import Category
from src.models.customer import Customer
from src.models.product import Product
from src.models.warehouse import StockLevel, Warehouse
from src.services import audit, customers, orders, stock


@pytest.fixture(scope="module")
def session():
    with app.app_context():
        db.create_all()
        yield db.session
        db.session.remove()
        db.drop_all()


@pytest.fixture
def warehouse(session):
    warehouse = Warehouse(code="LEJ1", name="Eastern hub", city="Leipzig")
    product = Product(sku="PMP-100", name="Pump", price_cents=10_000, category=Category(slug="pumps", name="Pumps"))
    session.add_all([warehouse, product, StockLevel(warehouse=warehouse, product=product, quantity=5)])
    session.commit()
    return warehouse


@pytest.fixture
def order(session, warehouse):
    customer = Customer(email="dora@example.com", name="Dora", country="DE")
    session.add(customer)
    return orders.place(customer, {"PMP-100": 2})


class TestPlacing:
    def test_the_first_number(self, session):
        assert orders.next_number() == "SO-00001"

    def test_an_unknown_order_is_not_found(self, session):
        with pytest.raises(NotFound, match="no order SO-99999"):
            orders.find("SO-99999")

    def test_a_new_order_is_open(self, order):
        assert order.status == "open"

    def test_the_total_holds_the_tax(self, order):
        assert order.total_cents == 23_800

    def test_the_line_keeps_the_price_of_the_day(self, order, session):
        order.lines[0].product.price_cents = 99_999
        session.commit()
        assert order.lines[0].unit_cents == 10_000

    def test_an_empty_basket_is_refused(self, order):
        with pytest.raises(ValidationError):
            orders.place(order.customer, {})

    def test_a_blocked_customer_is_refused(self, order):
        customers.block(order.customer)
        with pytest.raises(Conflict):
            orders.place(order.customer, {"PMP-100": 1})


class TestPaying:
    def test_in_full(self, order):
        assert orders.pay(order, 23_800, "card").status == "paid"

    def test_in_part(self, order):
        assert orders.pay(order, 10_000, "transfer").status == "open"

    def test_the_last_part(self, order):
        orders.pay(order, 10_000, "transfer")
        assert orders.pay(order, 13_800, "transfer").status == "paid"

    def test_an_unknown_method_is_refused(self, order):
        with pytest.raises(ValidationError):
            orders.pay(order, 23_800, "beads")

    def test_twice_is_refused(self, order):
        orders.pay(order, 23_800, "card")
        with pytest.raises(Conflict, match="the order is paid"):
            orders.pay(order, 1, "card")


class TestLeaving:
    def test_an_unpaid_order_stays(self, order, warehouse):
        with pytest.raises(Conflict, match="the order is open"):
            orders.ship(order, warehouse, "TRACK-1")

    def test_shipping_takes_from_the_stock(self, order, warehouse):
        orders.pay(order, 23_800, "card")
        orders.ship(order, warehouse, "TRACK-2")
        assert stock.on_hand(order.lines[0].product, warehouse) == 3

    def test_a_shipped_order_cannot_be_cancelled(self, order, warehouse):
        orders.pay(order, 23_800, "card")
        orders.ship(order, warehouse, "TRACK-3")
        with pytest.raises(Conflict):
            orders.cancel(order)

    def test_cancelling_is_written_down(self, order):
        orders.cancel(order)
        assert [entry.subject for entry in audit.entries("order.cancelled")] == [order.number]
