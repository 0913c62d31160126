"""What may come in and what may not."""

import pytest

from src.errors import ValidationError
from src.services import validation


def refused(check, *values):
    with pytest.raises(ValidationError) as caught:
        check(*values)
    return caught.value.fields


class TestText:
    def test_blanks_around_are_cut_off(self):
        assert validation.text("  Pump ", "name") == "Pump"

    @pytest.mark.parametrize("value", ["", "   ", None])
    def test_something_must_be_there(self, value):
        assert refused(validation.text, value, "name") == {"name": "must not be empty"}

    def test_the_longest_text_fits(self):
        assert validation.text("x" * 10, "name", 10) == "x" * 10

    def test_a_longer_text_does_not(self):
        assert refused(validation.text, "x" * 11, "name", 10) == {"name": "must have at most 10 characters"}


class TestEmail:
    @pytest.mark.parametrize("value", ["a@b.de", " First.Last@example.co.uk "])
    def test_good_addresses(self, value):
        assert validation.email(value) == value.strip().lower()

    @pytest.mark.parametrize("value", ["plain", "a@b", "a b@example.com"])
    def test_bad_addresses(self, value):
        assert refused(validation.email, value) == {"email": "is not an e-mail address"}


class TestPassword:
    @pytest.mark.parametrize("value", ["with-digit-1", "pass phrase"])
    def test_good_passwords(self, value):
        assert validation.password(value) == value

    @pytest.mark.parametrize("value", ["short1", None])
    def test_short_passwords(self, value):
        assert refused(validation.password, value) == {"password": "must have at least 8 characters"}

    @pytest.mark.parametrize("value", ["onlyletters", "1234567890"])
    def test_plain_passwords(self, value):
        assert refused(validation.password, value) == {"password": "must mix letters with digits or signs"}


class TestCodes:
    @pytest.mark.parametrize("value", ["AB-123", "abcde-123456"])
    def test_good_skus(self, value):
        assert validation.sku(value) == value.upper()

    @pytest.mark.parametrize("value", ["A-123", "ABC123", "ABC-12"])
    def test_bad_skus(self, value):
        assert refused(validation.sku, value) == {"sku": "must look like ABC-123"}

    @pytest.mark.parametrize("value", ["tools", "2-by-4"])
    def test_good_slugs(self, value):
        assert validation.slug(value) == value

    @pytest.mark.parametrize("value", ["Tools", "power tools", "a--b"])
    def test_bad_slugs(self, value):
        assert "slug" in refused(validation.slug, value)

    def test_a_warehouse_code_becomes_upper_case(self):
        assert validation.warehouse_code("ber12") == "BER12"

    @pytest.mark.parametrize("value", ["BE1", "BER123"])
    def test_bad_warehouse_codes(self, value):
        assert "code" in refused(validation.warehouse_code, value)

    def test_a_country_becomes_upper_case(self):
        assert validation.country("de") == "DE"

    @pytest.mark.parametrize("value", ["DEU", "D1"])
    def test_bad_countries(self, value):
        assert refused(validation.country, value) == {"country": "must be a two-letter code"}


class TestWholeNumbers:
    def test_the_bounds_belong_to_the_range(self):
        assert [validation.whole_number(number, "n", 1, 3) for number in (1, 2, 3)] == [1, 2, 3]

    def test_too_small(self):
        assert refused(validation.whole_number, 0, "quantity", 1) == {"quantity": "must be at least 1"}

    def test_too_big(self):
        assert refused(validation.whole_number, 4, "quantity", 1, 3) == {"quantity": "must be at most 3"}

    def test_true_is_not_one(self):
        assert refused(validation.whole_number, True, "quantity") == {"quantity": "must be a whole number"}
