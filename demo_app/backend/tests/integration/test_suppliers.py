"""Suppliers and the products they deliver."""

import pytest

from src.app import app
from src.database import db
from src.errors import ValidationError
from src.services import catalogue


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
def acme(session):
    supplier = catalogue.create_supplier("acme", "Acme Ltd", "sales@acme.example", 5)
    yield supplier
    session.delete(supplier)
    session.commit()


def test_the_code_is_upper_case(acme):
    assert acme.code == "ACME"


def test_the_lead_time_is_kept(acme):
    assert acme.lead_time_days == 5


def test_a_new_supplier_delivers_nothing(acme):
    assert acme.products == []


def test_a_supplier_can_be_renamed(acme, session):
    acme.name = "Acme International"
    session.commit()
    assert acme.name == "Acme International"


def test_the_address_is_kept(acme):
    assert acme.email == "sales@acme.example"


def test_a_supplier_needs_a_name(session):
    with pytest.raises(ValidationError):
        catalogue.create_supplier("VOID", "")


@pytest.mark.parametrize("days", [-1, 366])
def test_an_impossible_lead_time_is_refused(session, days):
    with pytest.raises(ValidationError):
        catalogue.create_supplier("SLOW", "Slow Ltd", lead_time_days=days)
