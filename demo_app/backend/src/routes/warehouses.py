"""Warehouses and what is in them."""

from flask import Blueprint, jsonify

from ..models.warehouse import Warehouse
from ..services import catalogue, stock
from .auth import body, login_required

warehouses = Blueprint("warehouses", __name__, url_prefix="/warehouses")


@warehouses.get("")
def list_warehouses():
    return jsonify([warehouse.as_dict() for warehouse in Warehouse.query.order_by(Warehouse.code)])


@warehouses.post("")
@login_required
def create_warehouse():
    data = body("code", "name", "city")
    return jsonify(stock.create_warehouse(data["code"], data["name"], data["city"]).as_dict()), 201


@warehouses.get("/<code>/stock")
def show_stock(code):
    warehouse = stock.find_warehouse(code)
    return jsonify({level.product.sku: level.quantity for level in warehouse.stock})


@warehouses.post("/<code>/receive")
@login_required
def receive(code):
    data = body("sku", "quantity")
    warehouse, product = stock.find_warehouse(code), catalogue.find_product(data["sku"])
    stock.receive(warehouse, product, data["quantity"])
    return jsonify({"sku": product.sku, "quantity": stock.on_hand(product, warehouse)})
