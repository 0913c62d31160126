"""What an assertion compared, and whether there was more than expected."""

from __future__ import annotations

import pytest

from isolation_tui.model.assertion_message import compared


@pytest.mark.parametrize(
    ("message", "sides"),
    [
        ("assert 3 == 1", (3, "==", 1)),
        ("AssertionError: assert ['a', 'b'] == ['a']\n  Left contains one more item: 'b'", (["a", "b"], "==", ["a"])),
        ("AssertionError: two users?\nassert 2 == 1\n +  where 2 = count()", (2, "==", 1)),
        ("AssertionError: assert {'a': 1, '...} == {'a': 1}", ("{'a': 1, '...}", "==", {"a": 1})),
        ("assert None is None", (None, "is", None)),
        ("assert 5 not in [5]", (5, "not in", [5])),
        ("assert not [1]", ([1], "not", None)),
        ("AssertionError: 3 != 1", (3, "", 1)),
        ("AssertionError: Lists differ: [1, 2] != [1]\n\nFirst list contains 1 additional", ([1, 2], "", [1])),
    ],
)
def test_the_sides_of_a_comparison(message: str, sides: tuple[object, str, object]) -> None:
    comparison = compared(message)
    assert comparison is not None
    assert (comparison.left, comparison.operator, comparison.right) == sides


@pytest.mark.parametrize(
    "message", ["", "AssertionError", "AssertionError: no users", "assert is_valid()", "KeyError: 3"]
)
def test_no_comparison(message: str) -> None:
    assert compared(message) is None


@pytest.mark.parametrize(
    "message",
    [
        "assert 3 == 1", "assert [1, 2] == [2]", "assert [1] == [2]", "assert 'R' == 'U'", "assert {'a': 1} == {}",
        "assert 'Hugo' is None", "assert 3 < 2", "assert 5 not in [5]", "assert not [1]", "assert True == False",
        "AssertionError: 3 != 1", "AssertionError: assert ['a', '... ] == ['x']\n  Left contains 6 more items",
    ],
)  # fmt: skip
def test_more_or_other_than_expected(message: str) -> None:
    comparison = compared(message)
    assert comparison is not None
    assert comparison.more


@pytest.mark.parametrize(
    "message",
    [
        "assert 1 == 3", "assert [] == [1]", "assert None == 'x'", "assert None is not None", "assert 1 > 2",
        "assert 5 in [1]", "assert 3 != 3", "assert not False", "assert False == True", "AssertionError: None != 3",
        "AssertionError: assert ['a', '... ] == ['x']\n  Right contains 6 more items",
    ],
)  # fmt: skip
def test_less_than_expected(message: str) -> None:
    comparison = compared(message)
    assert comparison is not None
    assert not comparison.more


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ("assert 409 == 201\n +  where 409 = <Response [409 CONFLICT]>.status_code", True),
        ("assert 404 == 200", True),
        ("assert 6050 == 1250", False),
        ("assert 3 == 1", False),
    ],
)
def test_statuses_of_http_are_no_numbers_of_rows(message: str, status: bool) -> None:
    comparison = compared(message)
    assert comparison is not None
    assert comparison.status is status
