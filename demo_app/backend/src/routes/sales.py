"""Customers and orders."""

from flask import Blueprint, jsonify

from ..services import customers, orders
from .auth import body, login_required

sales = Blueprint("sales", __name__)


@sales.post("/customers")
def register_customer():
    data = body("email", "name", "country")
    customer = customers.register(data["email"], data["name"], data["country"])
    return jsonify({"id": customer.id, "email": customer.email}), 201


@sales.post("/orders")
@login_required
def place_order():
    data = body("customer", "lines")
    order = orders.place(customers.find(data["customer"]), data["lines"], data.get("discount"))
    return jsonify(order.as_dict()), 201


@sales.get("/orders/<number>")
@login_required
def show_order(number):
    return jsonify(orders.find(number).as_dict())


@sales.post("/orders/<number>/payments")
@login_required
def pay_order(number):
    data = body("amount_cents", "method")
    return jsonify(orders.pay(orders.find(number), data["amount_cents"], data["method"]).as_dict()), 201


@sales.post("/orders/<number>/cancel")
@login_required
def cancel_order(number):
    return jsonify(orders.cancel(orders.find(number)).as_dict())
