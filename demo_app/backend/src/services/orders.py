"""From a basket to a parcel."""

from flask import current_app

from ..database import db
from ..errors import Conflict, NotFound, ValidationError
from ..models.order import Order, OrderLine, Payment, Shipment
from . import audit, catalogue, pricing, settings, stock, validation

PAYMENT_METHODS = ("card", "transfer", "invoice")


def next_number():
    return f"SO-{Order.query.count() + 1:05d}"


def place(customer, basket, discount_code=None, number=None):
    """`basket` maps SKUs to quantities."""
    if customer.is_blocked:
        raise Conflict("this customer is blocked")
    if not basket:
        raise ValidationError("invalid input", lines="must not be empty")
    if len(basket) > current_app.config["MAX_ORDER_LINES"]:
        raise ValidationError("invalid input", lines="are too many")

    lines = []
    for sku, quantity in basket.items():
        product = catalogue.find_product(sku)
        quantity = validation.whole_number(quantity, "quantity", 1)
        if not current_app.config["ALLOW_BACKORDERS"] and stock.on_hand(product) < quantity:
            raise Conflict(f"not enough of {sku}")
        lines.append(OrderLine(product=product, quantity=quantity, unit_cents=product.price_cents))
    basket_lines = [(line.unit_cents, line.quantity) for line in lines]
    order = Order(
        number=number or next_number(),
        customer=customer,
        currency=settings.currency(),
        total_cents=pricing.basket_total(basket_lines, customer.country, discount_code),
        lines=lines,
    )
    db.session.add(order)
    audit.record(customer.email, "order.placed", order.number)
    db.session.commit()
    return order


def find(number):
    order = Order.query.filter_by(number=number).one_or_none()
    if order is None:
        raise NotFound(f"no order {number}")
    return order


def pay(order, amount_cents, method):
    if method not in PAYMENT_METHODS:
        raise ValidationError("invalid input", method=f"must be one of {', '.join(PAYMENT_METHODS)}")
    if order.status != "open":
        raise Conflict(f"the order is {order.status}")
    amount_cents = validation.whole_number(amount_cents, "amount_cents", 1)
    db.session.add(Payment(order=order, amount_cents=amount_cents, method=method))
    if paid_cents(order) >= order.total_cents:
        order.status = "paid"
    db.session.commit()
    return order


def paid_cents(order):
    return sum(payment.amount_cents for payment in order.payments)


def ship(order, warehouse, tracking):
    if order.status != "paid":
        raise Conflict(f"the order is {order.status}")
    for line in order.lines:
        stock.issue(warehouse, line.product, line.quantity, f"order {order.number}")
    shipment = Shipment(order=order, tracking=validation.text(tracking, "tracking", 24), carrier=settings.carrier())
    db.session.add(shipment)
    order.status = "shipped"
    audit.record("warehouse", "order.shipped", order.number)
    db.session.commit()
    return shipment


def cancel(order):
    if order.status == "shipped":
        raise Conflict("the order is shipped")
    order.status = "cancelled"
    audit.record(order.customer.email, "order.cancelled", order.number)
    db.session.commit()
    return order
