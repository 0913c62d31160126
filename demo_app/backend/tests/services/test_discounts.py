"""Discount codes as rows: made, listed, switched off."""

import pytest

from src.app import app
from src.database import db
from src.models.order import Discount
from src.services import pricing


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


def add(session, code, percent, **more):
    session.add(Discount(code=code, percent=percent, **more))
    session.commit()
    return Discount.query.filter_by(code=code).one()


def test_a_discount_is_active_at_first(session):
    assert add(session, "HELLO", 5).is_active


def test_baskets_without_a_code_need_no_discounts(session):
    """Databases from before the discounts lack the table."""
    Discount.__table__.drop(db.engine)
    assert pricing.basket_total([(1_000, 2)], "DE") == 2_380


def test_a_discount_keeps_its_percentage(session):
    assert add(session, "SPRING", 15).percent == 15


def test_a_discount_can_be_switched_off(session):
    autumn = add(session, "AUTUMN", 20)
    autumn.is_active = False
    session.commit()
    assert Discount.query.filter_by(code="AUTUMN", is_active=True).count() == 0


def test_a_discount_can_be_made_inactive(session):
    assert not add(session, "SECRET", 30, is_active=False).is_active


def test_a_discount_can_be_removed(session):
    session.delete(add(session, "OOPS", 99))
    session.commit()
    assert Discount.query.filter_by(code="OOPS").one_or_none() is None
