"""Discounts, tax and totals. All money is in whole cents."""

from functools import lru_cache

from ..errors import NotFound
from ..models.order import Discount

TAX_PERCENT = {"DE": 19, "FR": 20, "IT": 22, "NL": 21}


def tax_percent(country):
    """The rate of a country; none for customers outside the countries we are registered in."""
    return TAX_PERCENT.get(country.upper(), 0)


@lru_cache(maxsize=256)
def discount_percent(code):
    """Looked up for every line of every basket, so the answer is kept."""
    discount = Discount.query.filter_by(code=code, is_active=True).one_or_none()
    if discount is None:
        raise NotFound(f"no discount {code}")
    return discount.percent


def rounded_share(cents, percent):
    """`percent` of `cents`, half cents rounded up."""
    return (cents * percent + 50) // 100


def discounted(cents, code=None):
    if code is None:
        return cents
    return cents - rounded_share(cents, discount_percent(code))


def with_tax(cents, country):
    return cents + rounded_share(cents, tax_percent(country))


def basket_total(lines, country="DE", code=None):
    """`lines` are pairs of unit price and quantity."""
    net = sum(unit_cents * quantity for unit_cents, quantity in lines)
    return with_tax(discounted(net, code), country)
