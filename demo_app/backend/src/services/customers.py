"""Customers and their addresses."""

from ..database import db
from ..errors import Conflict, NotFound, ValidationError
from ..models.customer import Address, Customer
from . import validation

ADDRESS_KINDS = ("billing", "delivery")


def register(email, name, country, credit_limit_cents=0):
    email = validation.email(email)
    if Customer.query.filter_by(email=email).count():
        raise Conflict("this e-mail address is registered")
    customer = Customer(
        email=email,
        name=validation.text(name, "name", 80),
        country=validation.country(country),
        credit_limit_cents=validation.whole_number(credit_limit_cents, "credit_limit_cents"),
    )
    db.session.add(customer)
    db.session.commit()
    return customer


def find(email):
    customer = Customer.query.filter_by(email=email).one_or_none()
    if customer is None:
        raise NotFound(f"no customer {email}")
    return customer


def add_address(customer, kind, street, postcode, city):
    if kind not in ADDRESS_KINDS:
        raise ValidationError("invalid input", kind=f"must be one of {', '.join(ADDRESS_KINDS)}")
    address = Address(
        customer=customer,
        kind=kind,
        street=validation.text(street, "street"),
        postcode=validation.text(postcode, "postcode", 12),
        city=validation.text(city, "city", 60),
    )
    db.session.add(address)
    db.session.commit()
    return address


def delivery_address(customer):
    """Where parcels go: the delivery address, or else the billing address."""
    by_kind = {address.kind: address for address in customer.addresses}
    return by_kind.get("delivery") or by_kind.get("billing")


def block(customer):
    customer.is_blocked = True
    db.session.commit()


def outstanding_cents(customer):
    return sum(order.total_cents for order in customer.orders if order.status == "open")


def may_spend(customer, cents):
    return not customer.is_blocked and outstanding_cents(customer) + cents <= customer.credit_limit_cents
