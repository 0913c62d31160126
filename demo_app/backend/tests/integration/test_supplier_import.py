"""Suppliers come in by CSV."""

import pytest

from src.app import app
from src.database import db
from src.errors import ValidationError
from src.models.supplier import Supplier
from src.services.supplier_import import import_suppliers

HEADER = "code,name,email,lead_time_days\n"


@pytest.fixture(scope="module", autouse=True)
def tables():
    with app.app_context():
        db.create_all()


@pytest.fixture
def session():
    with app.app_context():
        yield db.session


def find(code):
    return Supplier.query.filter_by(code=code).one()


def test_new_suppliers_are_added(session):
    assert import_suppliers(HEADER + "ACME,Acme Ltd,sales@acme.example,5\nBOLT,Bolt & Co,,\n") == (2, 0)


def test_known_suppliers_are_updated(session):
    import_suppliers(HEADER + "NAIL,Nail Bros,,3\n")
    assert import_suppliers(HEADER + "NAIL,Nail Brothers,,4\n") == (0, 1)
    assert find("NAIL").name == "Nail Brothers"


def test_codes_become_upper_case(session):
    import_suppliers(HEADER + "rope,Ropes,,2\n")
    assert find("ROPE").lead_time_days == 2


def test_the_usual_lead_time_is_a_week(session):
    import_suppliers(HEADER + "GLUE,Glue Works,,\n")
    assert find("GLUE").lead_time_days == 7


def test_other_columns_are_refused(session):
    with pytest.raises(ValidationError, match="wrong columns"):
        import_suppliers("name,code\nTape House,TAPE\n")


def test_a_wrong_address_is_refused(session):
    with pytest.raises(ValidationError):
        import_suppliers(HEADER + "WIRE,Wires,not an address,3\n")


def test_an_empty_file_changes_nothing(session):
    assert import_suppliers(HEADER) == (0, 0)
