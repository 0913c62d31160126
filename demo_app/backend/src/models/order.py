"""Orders, from the first line to the parcel."""

from datetime import datetime, timezone

from ..database import db


def now():
    return datetime.now(timezone.utc)


class Discount(db.Model):
    __tablename__ = "discounts"

    id = db.Column(db.Integer, primary_key=True)
    code = db.Column(db.String(20), nullable=False, unique=True)
    percent = db.Column(db.Integer, nullable=False)
    is_active = db.Column(db.Boolean, nullable=False, default=True)


class Order(db.Model):
    __tablename__ = "orders"

    id = db.Column(db.Integer, primary_key=True)
    number = db.Column(db.String(16), nullable=False, unique=True)
    customer_id = db.Column(db.ForeignKey("customers.id"), nullable=False)
    status = db.Column(db.String(12), nullable=False, default="open")
    currency = db.Column(db.String(3), nullable=False)
    total_cents = db.Column(db.Integer, nullable=False, default=0)
    placed_at = db.Column(db.DateTime, nullable=False, default=now)

    customer = db.relationship("Customer", back_populates="orders")
    lines = db.relationship("OrderLine", back_populates="order", cascade="all, delete-orphan")
    payments = db.relationship("Payment", back_populates="order")
    shipment = db.relationship("Shipment", back_populates="order", uselist=False)

    def as_dict(self):
        return {
            "number": self.number,
            "status": self.status,
            "currency": self.currency,
            "total_cents": self.total_cents,
            "customer": self.customer.email,
            "lines": [{"sku": line.product.sku, "quantity": line.quantity} for line in self.lines],
        }


class OrderLine(db.Model):
    __tablename__ = "order_lines"

    id = db.Column(db.Integer, primary_key=True)
    order_id = db.Column(db.ForeignKey("orders.id"), nullable=False)
    product_id = db.Column(db.ForeignKey("products.id"), nullable=False)
    quantity = db.Column(db.Integer, nullable=False)
    unit_cents = db.Column(db.Integer, nullable=False)

    order = db.relationship("Order", back_populates="lines")
    product = db.relationship("Product")


class Payment(db.Model):
    __tablename__ = "payments"

    id = db.Column(db.Integer, primary_key=True)
    order_id = db.Column(db.ForeignKey("orders.id"), nullable=False)
    amount_cents = db.Column(db.Integer, nullable=False)
    method = db.Column(db.String(12), nullable=False)
    paid_at = db.Column(db.DateTime, nullable=False, default=now)

    order = db.relationship("Order", back_populates="payments")


class Shipment(db.Model):
    __tablename__ = "shipments"

    id = db.Column(db.Integer, primary_key=True)
    order_id = db.Column(db.ForeignKey("orders.id"), nullable=False, unique=True)
    tracking = db.Column(db.String(24), nullable=False, unique=True)
    carrier = db.Column(db.String(20), nullable=False)
    shipped_at = db.Column(db.DateTime, nullable=False, default=now)

    order = db.relationship("Order", back_populates="shipment")
