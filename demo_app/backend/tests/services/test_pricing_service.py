"""What a basket costs."""

import pytest

from src.app import app
from src.database import db
from src.errors import NotFound
from src.models.order import Discount
from src.services import pricing


@pytest.fixture
def session():
    with app.app_context():
        db.create_all()
        yield db.session
        db.session.remove()
        db.drop_all()


@pytest.fixture
def sale(session):
    """Start a sale of so many percent."""

    def start(percent):
        session.add(Discount(code="SALE", percent=percent))
        session.commit()

    return start


def test_a_small_sale(sale):
    sale(10)
    assert pricing.discounted(1_000, "SALE") == 900


def test_a_big_sale(sale):
    sale(50)
    assert pricing.discounted(1_000, "SALE") == 500


def test_everything_for_free(sale):
    sale(100)
    assert pricing.basket_total([(1_000, 1), (500, 2)], "DE", "SALE") == 0


def test_the_tax_comes_after_the_discount(sale):
    sale(20)
    assert pricing.basket_total([(10_000, 1)], "DE", "SALE") == 9_520


def test_abroad_there_is_a_discount_but_no_tax(sale):
    sale(25)
    assert pricing.basket_total([(10_000, 1)], "US", "SALE") == 7_500


def test_a_code_works_in_its_time_only(session):
    with pytest.raises(NotFound):
        pricing.discounted(1_000, "SALE")


def test_an_unknown_code_is_refused(session):
    with pytest.raises(NotFound, match="no discount NOSUCH"):
        pricing.discounted(1_000, "NOSUCH")


def test_no_code_no_discount():
    assert pricing.discounted(1_000) == 1_000


def test_a_basket_adds_up():
    assert pricing.basket_total([(100, 3), (250, 2)], "US") == 800


def test_an_empty_basket_is_free():
    assert pricing.basket_total([]) == 0
