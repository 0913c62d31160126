"""One regular customer, followed through a day."""

import pytest

from src.app import create_app
from src.database import db
from src.services import customers


@pytest.fixture(scope="module")
def branch():
    """The branch office has a database of its own."""
    branch = create_app({"SQLALCHEMY_DATABASE_URI": "sqlite://", "TESTING": True})
    with branch.app_context():
        db.create_all()
        yield branch
        db.session.remove()
        db.drop_all()


@pytest.fixture(scope="module")
def regular(branch):
    return customers.register("rita@example.com", "Rita Regular", "NL", 30_000)


def test_the_country_is_known(regular):
    assert regular.country == "NL"


def test_credit_is_granted(regular):
    assert regular.credit_limit_cents == 30_000


def test_the_customer_is_found_again_by_a_new_session(regular):
    db.session.remove()
    assert customers.find("rita@example.com").name == "Rita Regular"


def test_no_parcel_without_an_address(regular):
    assert customers.delivery_address(regular) is None


def test_nothing_is_outstanding(regular):
    assert customers.outstanding_cents(regular) == 0
