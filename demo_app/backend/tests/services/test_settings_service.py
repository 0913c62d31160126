"""What the operator may change while the application runs."""

import os

import pytest

from src.services import settings


@pytest.fixture
def operator(monkeypatch):
    """An operator's shell, as it was before."""
    return monkeypatch


def test_the_usual_threshold(operator):
    operator.delenv("INVENTORY_LOW_STOCK", raising=False)
    assert settings.low_stock_threshold() == 5


def test_another_threshold(operator):
    operator.setenv("INVENTORY_LOW_STOCK", "12")
    assert settings.low_stock_threshold() == 12


def test_a_threshold_must_be_a_number(operator):
    operator.setenv("INVENTORY_LOW_STOCK", "few")
    with pytest.raises(ValueError):
        settings.low_stock_threshold()


def test_the_usual_carrier(operator):
    operator.delenv("INVENTORY_CARRIER", raising=False)
    assert settings.carrier() == "Parcel Post"


def test_another_carrier(operator):
    operator.setenv("INVENTORY_CARRIER", "Bicycle")
    assert settings.carrier() == "Bicycle"


def test_another_currency():
    os.environ["INVENTORY_CURRENCY"] = "CHF"
    assert settings.currency() == "CHF"
