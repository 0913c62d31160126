"""Checks on what comes in. Each returns the clean value or raises ValidationError."""

import re

from ..errors import ValidationError

EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$", re.IGNORECASE)
SKU = re.compile(r"^[A-Z]{2,5}-\d{3,6}$")
SLUG = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")
WAREHOUSE_CODE = re.compile(r"^[A-Z]{3}\d{1,2}$")


def text(value, field, longest=120):
    if not isinstance(value, str) or not value.strip():
        raise ValidationError("invalid input", **{field: "must not be empty"})
    value = value.strip()
    if len(value) > longest:
        raise ValidationError("invalid input", **{field: f"must have at most {longest} characters"})
    return value


def email(value):
    value = text(value, "email").lower()
    if not EMAIL.match(value):
        raise ValidationError("invalid input", email="is not an e-mail address")
    return value


def password(value):
    if not isinstance(value, str) or len(value) < 8:
        raise ValidationError("invalid input", password="must have at least 8 characters")
    if value.isalpha() or value.isdigit():
        raise ValidationError("invalid input", password="must mix letters with digits or signs")
    return value


def sku(value):
    value = text(value, "sku", 24).upper()
    if not SKU.match(value):
        raise ValidationError("invalid input", sku="must look like ABC-123")
    return value


def slug(value):
    value = text(value, "slug", 60)
    if not SLUG.match(value):
        raise ValidationError("invalid input", slug="must be lower case words joined by hyphens")
    return value


def warehouse_code(value):
    value = text(value, "code", 8).upper()
    if not WAREHOUSE_CODE.match(value):
        raise ValidationError("invalid input", code="must look like BER1")
    return value


def country(value):
    value = text(value, "country").upper()
    if len(value) != 2 or not value.isalpha():
        raise ValidationError("invalid input", country="must be a two-letter code")
    return value


def whole_number(value, field, lowest=0, highest=None):
    # True and False are ints in Python, but nobody means one piece by `true`.
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValidationError("invalid input", **{field: "must be a whole number"})
    if value < lowest:
        raise ValidationError("invalid input", **{field: f"must be at least {lowest}"})
    if highest is not None and value > highest:
        raise ValidationError("invalid input", **{field: f"must be at most {highest}"})
    return value
