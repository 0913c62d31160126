"""The catalogue, page by page."""

import pytest

from src.app import app
from src.database import db
from src.services import catalogue


@pytest.fixture
def seven_lamps():
    app.config["PAGE_SIZE"] = 2
    with app.app_context():
        db.create_all()
        catalogue.create_category("lamps", "Lamps")
        for number in range(1, 8):
            catalogue.create_product(f"LMP-00{number}", f"Lamp {number}", 1_000 * number, "lamps")
        yield
        db.session.remove()
        db.drop_all()


def skus(page):
    return [product.sku for product in catalogue.list_products(page)[0]]


def test_the_first_page(seven_lamps):
    assert skus(1) == ["LMP-001", "LMP-002"]


def test_the_last_page_may_be_short(seven_lamps):
    assert skus(4) == ["LMP-007"]


def test_behind_the_last_page(seven_lamps):
    assert skus(5) == []


def test_the_total_is_that_of_all_pages(seven_lamps):
    assert catalogue.list_products(3)[1] == 7


def test_retired_products_move_the_others_up(seven_lamps):
    catalogue.retire_product(catalogue.find_product("LMP-001"))
    assert skus(1) == ["LMP-002", "LMP-003"]
