"""The list of products as the shop front shows it."""

import pytest

from src.app import app
from src.database import db
from src.errors import NotFound
from src.services import catalogue


@pytest.fixture
def shelf():
    with app.app_context():
        db.create_all()
        catalogue.create_category("books", "Books")
        catalogue.create_category("comics", "Comics", "books")
        catalogue.create_product("BK-103", "Atlas of rivers", 3_500, "books")
        catalogue.create_product("BK-101", "Bread baking", 2_000, "books")
        catalogue.create_product("BK-102", "Rivers of ink", 1_200, "comics")
        yield
        db.session.remove()
        db.drop_all()


def skus(**filters):
    return [product.sku for product in catalogue.list_products(**filters)[0]]


def test_the_list_is_in_order(shelf):
    assert skus() == ["BK-101", "BK-102", "BK-103"]


def test_a_new_product_joins_the_list(shelf):
    catalogue.create_product("BK-104", "Knots", 900, "books")
    assert skus()[-1] == "BK-104"


def test_the_search_ignores_case(shelf):
    assert skus(search="RIVERS") == ["BK-102", "BK-103"]


def test_the_search_may_find_nothing(shelf):
    assert skus(search="mountains") == []


def test_a_category_narrows_the_list(shelf):
    assert skus(category_slug="comics") == ["BK-102"]


def test_an_unknown_category_is_an_error(shelf):
    with pytest.raises(NotFound):
        skus(category_slug="scrolls")


def test_a_retired_product_leaves_the_list(shelf):
    catalogue.retire_product(catalogue.find_product("BK-101"))
    assert "BK-101" not in skus()
