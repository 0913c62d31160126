"""Figures over the orders."""

import pytest

from src.app import app
from src.database import db
from src.models.customer import Customer
from src.models.order import Order
from src.services import reports


@pytest.fixture(scope="module", autouse=True)
def tables():
    with app.app_context():
        db.create_all()
    yield
    with app.app_context():
        db.drop_all()


@pytest.fixture
def book():
    """Book an order; orders and customers are removed after the test."""
    with app.app_context():
        booked = []

        def book(name, cents, status="open"):
            customer = Customer.query.filter_by(name=name).one_or_none()
            if customer is None:
                customer = Customer(email=f"{name.lower()}@shop.example", name=name, country="DE")
            number = f"R-{len(booked) + 1}"
            order = Order(number=number, customer=customer, status=status, currency="EUR", total_cents=cents)
            booked.append(order)
            db.session.add(order)
            db.session.commit()

        yield book
        for customer in {order.customer for order in booked}:
            for order in customer.orders:
                db.session.delete(order)
            db.session.delete(customer)
        db.session.commit()


def test_the_revenue_is_the_sum(book):
    book("Vera", 1_000)
    book("Wim", 250)
    assert reports.revenue_cents() == 1_250


def test_cancelled_orders_bring_nothing(book):
    book("Vera", 1_000, "cancelled")
    assert reports.revenue_cents() == 0


def test_orders_are_counted_by_status(book):
    book("Vera", 1_000)
    book("Vera", 2_000, "paid")
    book("Wim", 3_000, "paid")
    assert reports.orders_by_status() == {"open": 1, "paid": 2}


def test_without_orders_there_is_no_status(book):
    assert reports.orders_by_status() == {}


def test_the_best_customer_ordered_for_most(book):
    book("Vera", 1_000_000)
    book("Wim", 1_500_000)
    assert reports.best_customer() == "Wim"


def test_the_best_customer_may_have_many_orders(book):
    book("Vera", 1_000_000)
    book("Wim", 700_000)
    book("Wim", 700_000)
    assert reports.best_customer() == "Wim"


def test_without_orders_nobody_is_best(book):
    assert reports.best_customer() is None
