"""Products and categories."""

from flask import Blueprint, jsonify, request

from ..services import catalogue as service
from .auth import body, permission_required

catalogue = Blueprint("catalogue", __name__)


@catalogue.get("/products")
def list_products():
    page = max(request.args.get("page", 1, type=int), 1)
    products, total = service.list_products(page, request.args.get("q"), request.args.get("category"))
    return jsonify({"total": total, "page": page, "products": [product.as_dict() for product in products]})


@catalogue.get("/products/<sku>")
def show_product(sku):
    return jsonify(service.find_product(sku).as_dict())


@catalogue.post("/products")
@permission_required("can_edit_catalogue")
def create_product():
    data = body("sku", "name", "price_cents", "category")
    product = service.create_product(data["sku"], data["name"], data["price_cents"], data["category"])
    return jsonify(product.as_dict()), 201


@catalogue.patch("/products/<sku>")
@permission_required("can_edit_catalogue")
def change_price(sku):
    product = service.change_price(service.find_product(sku), body("price_cents")["price_cents"])
    return jsonify(product.as_dict())


@catalogue.delete("/products/<sku>")
@permission_required("can_edit_catalogue")
def retire_product(sku):
    service.retire_product(service.find_product(sku))
    return "", 204


@catalogue.get("/categories")
def list_categories():
    return jsonify([category.as_dict() for category in service.list_categories()])


@catalogue.post("/categories")
@permission_required("can_edit_catalogue")
def create_category():
    data = body("slug", "name")
    return jsonify(service.create_category(data["slug"], data["name"], data.get("parent")).as_dict()), 201
