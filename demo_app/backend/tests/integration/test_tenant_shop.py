"""A tenant's shop runs on an application and a database of its own."""

import pytest

from src.app import create_app
from src.database import db
from src.models.category import Category
from src.models.product import Product


@pytest.fixture(scope="class")
def shop():
    shop = create_app({"SQLALCHEMY_DATABASE_URI": "sqlite://", "TESTING": True, "PAGE_SIZE": 3})
    with shop.app_context():
        db.create_all()
    yield shop
    with shop.app_context():
        db.drop_all()


@pytest.fixture
def visitor(shop):
    return shop.test_client()


class TestAnEmptyShop:
    def test_it_has_no_products(self, visitor):
        assert visitor.get("/products").json == {"total": 0, "page": 1, "products": []}

    def test_it_has_no_categories(self, visitor):
        assert visitor.get("/categories").json == []

    def test_it_does_not_know_a_product(self, visitor):
        assert visitor.get("/products/MUG-001").status_code == 404

    def test_selling_needs_a_login(self, visitor):
        assert visitor.post("/products", json={}).status_code == 401

    def test_other_addresses_are_answered_in_json(self, visitor):
        answer = visitor.get("/nowhere")
        assert (answer.status_code, answer.json) == (404, {"error": "not found"})


class TestAFullShop:
    @pytest.fixture
    def goods(self, shop):
        with shop.app_context():
            mugs = Category(slug="mugs", name="Mugs")
            for number in range(1, 6):
                db.session.add(Product(sku=f"MUG-00{number}", name=f"Mug {number}", price_cents=900, category=mugs))
            db.session.commit()

    def test_it_counts_all_products(self, goods, visitor):
        assert visitor.get("/products").json["total"] == 5

    def test_the_first_page_is_full(self, goods, visitor):
        assert len(visitor.get("/products").json["products"]) == 3

    def test_the_second_page_holds_the_rest(self, goods, visitor):
        skus = [product["sku"] for product in visitor.get("/products?page=2").json["products"]]
        assert skus == ["MUG-004", "MUG-005"]

    def test_the_third_page_is_empty(self, goods, visitor):
        assert visitor.get("/products?page=3").json["products"] == []

    def test_page_zero_is_the_first(self, goods, visitor):
        assert visitor.get("/products?page=0").json["page"] == 1

    def test_a_product_has_its_own_address(self, goods, visitor):
        assert visitor.get("/products/MUG-002").json["name"] == "Mug 2"

    def test_a_category_can_be_picked(self, goods, visitor):
        assert visitor.get("/products?category=mugs").json["total"] == 5

    def test_the_category_is_listed(self, goods, visitor):
        assert [category["slug"] for category in visitor.get("/categories").json] == ["mugs"]
