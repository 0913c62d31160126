"""What is typed into the filter, and which tests it keeps."""

from __future__ import annotations

import pytest

from isolation_tui.model import Test as ObservedTest
from isolation_tui.model.filters import parse
from runstory import API, before


@pytest.fixture(scope="module")
def tests() -> list[ObservedTest]:
    return list(before().run.tests.values())


def kept(tests: list[ObservedTest], text: str) -> int:
    wanted = parse(text)
    return sum(wanted.matches(test) for test in tests)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 290),
        ("is:error", 83),
        ("is:failed", 34),
        ("is:failed,error", 117),
        ("is:bad", 117),
        ("-is:bad", 173),
        ("file:api_integration", 36),
        ("file:api is:passed", 14),
        ("fixture:test_app", 36),
        ("FIXTURE:TEST_APP is:ERR", 22),
        ("table:products file:api is:error", 22),
        ("TestUsersIntegration", 6),
        ("'already defined'", 22),
        ('"already defined for"', 22),
        ("-file:api", 254),
    ],
)
def test_a_filter_keeps_what_it_says(tests, text, count):
    found = kept(tests, text)
    assert found == count


@pytest.mark.parametrize("text", ["is:", "fixture:", '"', "-", ":", "is:,", "file:''"])
def test_a_half_typed_filter_hides_nothing_and_complains_of_nothing(tests, text):
    assert parse(text).problem == ""
    if text not in ("-", ":"):
        found = kept(tests, text)
        assert found == 290


def test_an_unknown_state_is_named_and_hides_nothing(tests):
    wanted = parse("is:blue")
    assert wanted.problem.startswith("is:blue? One of: bad")
    hidden = [test.nodeid for test in tests if not wanted.matches(test)]
    assert not hidden


def test_a_filter_of_blanks_is_none():
    assert not parse("  ")
    assert parse("x")


def test_a_token_of_no_kind_is_plain_text(tests):
    found = kept(tests, f"{API}::TestStock")
    assert found == 10
