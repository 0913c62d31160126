"""Lines for price tags, parcels and pick lists."""

from . import settings


def price(cents):
    return f"{cents // 100}.{cents % 100:02d} {settings.currency()}"


def price_tag(name, cents):
    return f"{name}: {price(cents)}"


def savings(old_cents, new_cents):
    """What a price cut saves; nothing when the price went up."""
    if new_cents >= old_cents:
        return ""
    return f"save {price(old_cents - new_cents)}"


def shorten(name, width=24):
    return name if len(name) <= width else name[: width - 1].rstrip() + "…"


def parcel(name, street, postcode, city, country="DE"):
    return "\n".join([name, street, f"{country}-{postcode} {city}"])


def pick_line(sku, quantity, name):
    return f"{quantity:>3} x {sku:<10} {shorten(name)}"
