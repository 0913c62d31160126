"""The whole application over HTTP: log in, manage users, sell products from the warehouses."""

import pytest

from src.app import app
from src.database import create_tables, db
from src.models.account import Role, User
from src.services import accounts, catalogue, customers, stock

PASSWORD = "correct-horse-1"


@pytest.fixture(scope="module")
def test_app():
    app.config["TESTING"] = True
    with app.app_context():
        db.create_all()
        yield app
        db.session.remove()
        db.drop_all()


@pytest.fixture(scope="module")
def client(test_app):
    return test_app.test_client()


@pytest.fixture
def sample_role(test_app):
    role = Role.query.filter_by(name="manager").one_or_none()
    if role is None:
        role = Role(name="manager", can_manage_users=True, can_edit_catalogue=True)
        db.session.add(role)
        db.session.commit()
    return role


@pytest.fixture
def sample_user(sample_role):
    number = User.query.count() + 1
    return accounts.create_user(f"user{number}@example.com", "Sam Sample", PASSWORD, sample_role.name)


@pytest.fixture
def headers(sample_user):
    return {"Authorization": f"Bearer {accounts.log_in(sample_user.email, PASSWORD)}"}


@pytest.fixture
def sample_category(test_app):
    create_tables("catalogue")
    return catalogue.create_category("tools", "Tools")


@pytest.fixture
def sample_product(sample_category):
    return catalogue.create_product("HAM-001", "Hammer", 1250, sample_category.slug)


@pytest.fixture
def category_tree(test_app):
    create_tables("taxonomy")
    catalogue.create_category("garden", "Garden")
    return catalogue.create_category("hoses", "Hoses", "garden")


@pytest.fixture
def sample_warehouse(test_app):
    create_tables("warehousing")
    return stock.create_warehouse("BER1", "Main warehouse", "Berlin")


@pytest.fixture
def sample_customer(test_app):
    create_tables("sales")
    return customers.register("buyer@example.com", "Bea Buyer", "DE", 100_000)


@pytest.fixture
def stocked_product(sample_customer, sample_warehouse, sample_product):
    stock.receive(sample_warehouse, sample_product, 10)
    return sample_product


class TestAuthIntegration:
    def test_login_returns_a_token(self, client, sample_user):
        answer = client.post("/auth/login", json={"email": sample_user.email, "password": PASSWORD})
        assert answer.status_code == 200
        assert len(answer.json["token"]) == 32

    def test_login_ignores_the_case_of_the_address(self, client, sample_user):
        answer = client.post("/auth/login", json={"email": sample_user.email.upper(), "password": PASSWORD})
        assert answer.status_code == 200

    def test_login_refuses_a_wrong_password(self, client, sample_user):
        answer = client.post("/auth/login", json={"email": sample_user.email, "password": "wrong-horse-1"})
        assert answer.status_code == 401
        assert answer.json["error"] == "wrong e-mail address or password"

    def test_login_names_the_missing_field(self, client):
        answer = client.post("/auth/login", json={"email": "user1@example.com"})
        assert answer.status_code == 422
        assert answer.json["fields"] == {"password": "is required"}

    def test_me_shows_the_owner_of_the_token(self, client, sample_user, headers):
        answer = client.get("/auth/me", headers=headers)
        assert answer.status_code == 200
        assert answer.json["email"] == sample_user.email

    def test_a_token_is_useless_after_logout(self, client, headers):
        assert client.post("/auth/logout", headers=headers).status_code == 204
        assert client.get("/auth/me", headers=headers).status_code == 401


class TestUsersIntegration:
    def test_the_list_needs_a_login(self, client):
        assert client.get("/users").status_code == 401

    def test_the_list_holds_the_new_user(self, client, sample_user, headers):
        answer = client.get("/users", headers=headers)
        assert sample_user.email in [user["email"] for user in answer.json]

    def test_create_user(self, client, sample_role, headers):
        data = {"email": "new@example.com", "full_name": "Nina New", "password": PASSWORD, "role": sample_role.name}
        answer = client.post("/users", json=data, headers=headers)
        assert answer.status_code == 201
        assert answer.json["role"] == "manager"

    def test_create_user_refuses_a_taken_address(self, client, sample_user, sample_role, headers):
        data = {"email": sample_user.email, "full_name": "Twin", "password": PASSWORD, "role": sample_role.name}
        assert client.post("/users", json=data, headers=headers).status_code == 409

    def test_create_user_refuses_an_unknown_role(self, client, headers):
        data = {"email": "other@example.com", "full_name": "Otto", "password": PASSWORD, "role": "wizard"}
        assert client.post("/users", json=data, headers=headers).status_code == 404

    def test_show_user(self, client, sample_user, headers):
        answer = client.get(f"/users/{sample_user.id}", headers=headers)
        assert answer.json["full_name"] == "Sam Sample"

    def test_rename_user(self, client, sample_user, headers):
        answer = client.patch(f"/users/{sample_user.id}", json={"full_name": "Samuel Sample"}, headers=headers)
        assert answer.status_code == 200
        assert answer.json["full_name"] == "Samuel Sample"

    def test_a_deactivated_user_is_locked_out(self, client, sample_user, headers):
        assert client.delete(f"/users/{sample_user.id}", headers=headers).status_code == 204
        assert client.get("/auth/me", headers=headers).status_code == 401


class TestProductsIntegration:
    def test_the_list_shows_the_product(self, client, sample_product):
        answer = client.get("/products")
        assert answer.json["total"] == 1
        assert answer.json["products"][0]["sku"] == "HAM-001"

    def test_the_list_can_be_searched(self, client, sample_product):
        assert client.get("/products?q=hamm").json["total"] == 1
        assert client.get("/products?q=saw").json["total"] == 0

    def test_the_list_can_be_narrowed_to_a_category(self, client, sample_product):
        assert client.get("/products?category=tools").json["total"] == 1
        assert client.get("/products?category=toys").status_code == 404

    def test_show_product(self, client, sample_product):
        answer = client.get("/products/HAM-001")
        assert answer.json["name"] == "Hammer"
        assert answer.json["price_cents"] == 1250

    def test_create_product(self, client, sample_category, headers):
        data = {"sku": "saw-002", "name": "Saw", "price_cents": 1990, "category": "tools"}
        answer = client.post("/products", json=data, headers=headers)
        assert answer.status_code == 201
        assert answer.json["sku"] == "SAW-002"

    def test_create_product_needs_a_login(self, client, sample_category):
        data = {"sku": "SAW-002", "name": "Saw", "price_cents": 1990, "category": "tools"}
        assert client.post("/products", json=data).status_code == 401

    def test_create_product_refuses_a_taken_sku(self, client, sample_product, headers):
        data = {"sku": "HAM-001", "name": "Hammer again", "price_cents": 1, "category": "tools"}
        assert client.post("/products", json=data, headers=headers).status_code == 409

    def test_change_the_price(self, client, sample_product, headers):
        answer = client.patch("/products/HAM-001", json={"price_cents": 1400}, headers=headers)
        assert answer.json["price_cents"] == 1400

    def test_a_retired_product_leaves_the_list(self, client, sample_product, headers):
        assert client.delete("/products/HAM-001", headers=headers).status_code == 204
        assert client.get("/products").json["total"] == 0


class TestCategoriesIntegration:
    def test_the_list_is_in_order(self, client, category_tree):
        assert [category["slug"] for category in client.get("/categories").json] == ["garden", "hoses"]

    def test_a_category_knows_its_path(self, client, category_tree):
        assert client.get("/categories").json[1]["path"] == "garden/hoses"

    def test_create_category_below_another(self, client, category_tree, headers):
        data = {"slug": "drip-hoses", "name": "Drip hoses", "parent": "hoses"}
        answer = client.post("/categories", json=data, headers=headers)
        assert answer.status_code == 201
        assert answer.json["path"] == "garden/hoses/drip-hoses"

    def test_create_category_refuses_a_taken_slug(self, client, category_tree, headers):
        answer = client.post("/categories", json={"slug": "hoses", "name": "Hoses"}, headers=headers)
        assert answer.status_code == 409


class TestWarehousesIntegration:
    def test_the_list_shows_the_warehouse(self, client, sample_warehouse):
        assert [warehouse["code"] for warehouse in client.get("/warehouses").json] == ["BER1"]

    def test_create_warehouse(self, client, sample_warehouse, headers):
        data = {"code": "ham2", "name": "Harbour", "city": "Hamburg"}
        answer = client.post("/warehouses", json=data, headers=headers)
        assert answer.status_code == 201
        assert answer.json["code"] == "HAM2"

    def test_create_warehouse_refuses_a_taken_code(self, client, sample_warehouse, headers):
        data = {"code": "BER1", "name": "Again", "city": "Berlin"}
        assert client.post("/warehouses", json=data, headers=headers).status_code == 409

    def test_a_new_warehouse_is_empty(self, client, sample_warehouse):
        assert client.get("/warehouses/BER1/stock").json == {}

    def test_receive_goods(self, client, sample_warehouse, sample_product, headers):
        goods = {"sku": "HAM-001", "quantity": 4}
        answer = client.post("/warehouses/BER1/receive", json=goods, headers=headers)
        assert answer.json == {"sku": "HAM-001", "quantity": 4}
        assert client.get("/warehouses/BER1/stock").json == {"HAM-001": 4}


class TestOrdersIntegration:
    def test_place_an_order(self, client, stocked_product, headers):
        data = {"customer": "buyer@example.com", "lines": {"HAM-001": 2}}
        answer = client.post("/orders", json=data, headers=headers)
        assert answer.status_code == 201
        assert answer.json["total_cents"] == 2975

    def test_an_order_for_too_many_is_refused(self, client, stocked_product, headers):
        data = {"customer": "buyer@example.com", "lines": {"HAM-001": 11}}
        answer = client.post("/orders", json=data, headers=headers)
        assert answer.status_code == 409
        assert answer.json["error"] == "not enough of HAM-001"

    def test_an_order_is_paid_in_full(self, client, stocked_product, headers):
        data = {"customer": "buyer@example.com", "lines": {"HAM-001": 1}}
        number = client.post("/orders", json=data, headers=headers).json["number"]
        payment = {"amount_cents": 1488, "method": "card"}
        answer = client.post(f"/orders/{number}/payments", json=payment, headers=headers)
        assert answer.json["status"] == "paid"

    def test_cancel_an_order(self, client, stocked_product, headers):
        data = {"customer": "buyer@example.com", "lines": {"HAM-001": 1}}
        number = client.post("/orders", json=data, headers=headers).json["number"]
        answer = client.post(f"/orders/{number}/cancel", headers=headers)
        assert answer.json["status"] == "cancelled"
