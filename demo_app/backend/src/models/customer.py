"""Who buys."""

from ..database import db


class Customer(db.Model):
    __tablename__ = "customers"

    id = db.Column(db.Integer, primary_key=True)
    email = db.Column(db.String(120), nullable=False, unique=True, index=True)
    name = db.Column(db.String(80), nullable=False)
    country = db.Column(db.String(2), nullable=False)
    credit_limit_cents = db.Column(db.Integer, nullable=False, default=0)
    is_blocked = db.Column(db.Boolean, nullable=False, default=False)

    addresses = db.relationship("Address", back_populates="customer", cascade="all, delete-orphan")
    orders = db.relationship("Order", back_populates="customer")


class Address(db.Model):
    __tablename__ = "addresses"

    id = db.Column(db.Integer, primary_key=True)
    customer_id = db.Column(db.ForeignKey("customers.id"), nullable=False)
    kind = db.Column(db.String(10), nullable=False)
    street = db.Column(db.String(120), nullable=False)
    postcode = db.Column(db.String(12), nullable=False)
    city = db.Column(db.String(60), nullable=False)

    customer = db.relationship("Customer", back_populates="addresses")
