"""Tax and rounding, without a database."""

import pytest

from src.services import pricing


@pytest.mark.parametrize(("country", "percent"), [("DE", 19), ("fr", 20), ("US", 0)])
def test_the_tax_rate_of_a_country(country, percent):
    assert pricing.tax_percent(country) == percent


@pytest.mark.parametrize(("cents", "percent", "share"), [(100, 19, 19), (50, 1, 1), (49, 1, 0)])
def test_half_cents_are_rounded_up(cents, percent, share):
    assert pricing.rounded_share(cents, percent) == share


def test_the_tax_is_added():
    assert pricing.with_tax(1_000, "DE") == 1_190
