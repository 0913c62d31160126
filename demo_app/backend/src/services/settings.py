"""Settings an operator may change while the application runs: they are read at every use."""

import os

DEFAULT_CURRENCY = "EUR"
DEFAULT_LOW_STOCK_THRESHOLD = 5


def currency():
    return os.environ.get("INVENTORY_CURRENCY", DEFAULT_CURRENCY)


def low_stock_threshold():
    return int(os.environ.get("INVENTORY_LOW_STOCK", DEFAULT_LOW_STOCK_THRESHOLD))


def carrier():
    return os.environ.get("INVENTORY_CARRIER", "Parcel Post")
