"""Orders that the sales desk takes by telephone."""

import pytest

from src.app import app
from src.database import db
from src.errors import Conflict, NotFound, ValidationError
from src.services import catalogue, customers, orders, stock


@pytest.fixture(scope="module", autouse=True)
def tables():
    with app.app_context():
        db.create_all()


@pytest.fixture
def desk():
    with app.app_context():
        yield
        db.session.rollback()


def caller(name):
    return customers.register(f"{name}@example.com", name.title(), "FR")


def goods(sku, quantity):
    if not any(category.slug == "desk" for category in catalogue.list_categories()):
        catalogue.create_category("desk", "Desk goods")
        stock.create_warehouse("MUC1", "Southern hub", "Munich")
    product = catalogue.create_product(sku, "Desk goods", 500, "desk")
    stock.receive(stock.find_warehouse("MUC1"), product, quantity)
    return product.sku


def test_an_order_by_telephone(desk):
    order = orders.place(caller("hugo"), {goods("PEN-001", 10): 4}, number="T-1")
    assert order.total_cents == 2_400


def test_the_caller_is_the_customer(desk):
    order = orders.place(caller("ines"), {goods("PEN-002", 10): 1}, number="T-2")
    assert order.customer.name == "Ines"


def test_two_goods_in_one_order(desk):
    basket = {goods("PEN-003", 5): 1, goods("INK-003", 5): 2}
    assert len(orders.place(caller("jan"), basket, number="T-3").lines) == 2


def test_a_call_can_be_taken_back(desk):
    order = orders.place(caller("kim"), {goods("PEN-004", 5): 1}, number="T-4")
    assert orders.cancel(order).status == "cancelled"


def test_goods_that_ran_out(desk):
    with pytest.raises(Conflict, match="not enough of PEN-005"):
        orders.place(caller("lea"), {goods("PEN-005", 1): 2}, number="T-5")


def test_goods_that_never_were(desk):
    with pytest.raises(NotFound):
        orders.place(caller("max"), {"PEN-999": 1}, number="T-6")


def test_half_a_piece(desk):
    with pytest.raises(ValidationError):
        orders.place(caller("noa"), {goods("PEN-007", 3): 0.5}, number="T-7")
