"""Price tags, parcel labels, pick lists."""

import pytest

from src.services import labels


def test_a_price_has_two_decimals():
    assert labels.price(1_205) == "12.05 EUR"


def test_a_price_tag_names_the_product():
    assert labels.price_tag("Hammer", 1_250) == "Hammer: 12.50 EUR"


def test_savings_are_shown():
    assert labels.savings(2_000, 1_500) == "save 5.00 EUR"


def test_a_higher_price_saves_nothing():
    assert labels.savings(1_500, 2_000) == ""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Hammer", "Hammer"),
        ("Extension cable, ten metres, black", "Extension cable, ten me…"),
    ],
)
def test_long_names_are_shortened(name, expected):
    assert labels.shorten(name) == expected


def test_a_parcel_label_has_three_lines():
    assert labels.parcel("Otto", "Ringstr. 5", "50667", "Cologne") == "Otto\nRingstr. 5\nDE-50667 Cologne"


def test_a_parcel_abroad():
    assert labels.parcel("Odette", "Rue 9", "75001", "Paris", "FR").endswith("FR-75001 Paris")


def test_a_pick_line_is_aligned():
    assert labels.pick_line("HAM-001", 4, "Hammer") == "  4 x HAM-001    Hammer"
