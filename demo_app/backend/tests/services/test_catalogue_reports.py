"""Figures over the catalogue."""

import pytest

from src.app import app
from src.database import db
from src.models.category import Category
from src.models.product import Product
from src.models.warehouse import StockLevel, Warehouse
from src.services import catalogue, reports


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


def add(session, slug, **prices):
    """A category with products, given as SKU=price."""
    category = Category(slug=slug, name=slug.title())
    session.add(category)
    for sku, cents in prices.items():
        session.add(Product(sku=sku, name=sku.title(), price_cents=cents, category=category))
    session.commit()
    return category


def test_the_average_of_two_prices(session):
    add(session, "chairs", STOOL=3_000, BENCH=5_000)
    assert reports.average_price_cents() == 4_000


def test_the_average_is_rounded(session):
    add(session, "tables", DESK=1_000, BOARD=1_001)
    assert reports.average_price_cents() == 1_000


def test_a_category_counts_its_products(session):
    add(session, "beds", COT=9_000, BUNK=19_000)
    assert reports.products_per_category() == {"beds": 2}


def test_an_empty_category_is_in_the_report(session):
    add(session, "shelves")
    assert reports.products_per_category() == {"shelves": 0}


def test_two_categories_are_reported_by_slug(session):
    add(session, "rugs", KILIM=40_000)
    add(session, "blinds", ROLLER=2_500, VENETIAN=3_500)
    assert reports.products_per_category() == {"blinds": 2, "rugs": 1}


def test_the_list_counts_active_products(session):
    add(session, "mirrors", OVAL=4_000, ROUND=4_000, SQUARE=4_000)
    catalogue.retire_product(catalogue.find_product("OVAL"))
    assert catalogue.list_products()[1] == 2


def test_the_categories_are_listed(session):
    add(session, "vases")
    assert [category.slug for category in catalogue.list_categories()] == ["vases"]


def test_the_search_finds_one(session):
    add(session, "barrows", TROLLEY=7_000, SLEDGE=5_000)
    assert catalogue.list_products(search="roll")[1] == 1


def test_the_value_of_the_stock(session):
    add(session, "clocks", ALARM=1_500)
    hall = Warehouse(code="HAJ1", name="Hall", city="Hanover")
    session.add(StockLevel(warehouse=hall, product=catalogue.find_product("ALARM"), quantity=10))
    session.commit()
    assert reports.stock_value_cents() == 15_000


def test_the_stock_value_follows_the_price(session):
    add(session, "bells", GONG=8_000)
    hall = Warehouse(code="HAJ2", name="Second hall", city="Hanover")
    gong = catalogue.find_product("GONG")
    session.add(StockLevel(warehouse=hall, product=gong, quantity=2))
    catalogue.change_price(gong, 9_000)
    assert reports.stock_value_cents() == 18_000
