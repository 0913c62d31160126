"""An error's signature is the same when the failure is, and differs when it is another one."""

import time

import pytest

from isolation_tui.experiments.signature import signature


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("assert 3 == 1", "assert 17 == 1"),
        ("<Session object at 0x7f3a12>", "<Session object at 0xdeadbeef>"),
        ("row 6f9619ff-8b86-d011-b42d-00cf4fc964ff", "row 123e4567-e89b-12d3-a456-426614174000"),
        (
            "no such file: /tmp/pytest-of-ann/pytest-3/test_a0/x.db",
            "no such file: /tmp/pytest-of-ann/pytest-41/test_a0/x.db",
        ),
        ("cannot open '/home/ann/project/shop.db'", "cannot open '/mnt/copy/shop.db'"),
        ("two  blanks\there", "two blanks here"),
        (
            "UNIQUE constraint failed: users.mail\n[SQL: INSERT 1]",
            "UNIQUE constraint failed: users.mail\n[SQL: INSERT]",
        ),
        ("assert ['a', 'b', 'c'] == ['c']", "assert ['b', 'c'] == ['c']"),
        ("assert [<User(id=1)>, <User(id=[2])>] == []", "assert [<User(id=7)>] == []"),
        ("assert 'A' not in environ({'B': '{x...', 'C': '1'})", "assert 'A' not in environ({'B': '[', 'D': ...: 1}'})"),
        ("assert [{'a': 1}, {'b'...2}, 'c'] == []", "assert ['c'] == []"),
        ("assert {'detail': 'error in x'} == {}", "assert {'detail': 'is not found'} == {}"),
    ],
)
def test_what_changes_from_run_to_run_is_left_out(one: str, other: str) -> None:
    assert signature("ValueError", one) == signature("ValueError", other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("KeyError", "'currency'", "call"), ("KeyError", "'country'", "call")),
        (("ValueError", "no", "call"), ("TypeError", "no", "call")),
        (("ValueError", "no", "call"), ("ValueError", "no", "setup")),
        (("AssertionError", "assert [] == ['a']", "call"), ("AssertionError", "assert ['a'] == []", "call")),
        (("E", "UNIQUE constraint failed: a.b", "call"), ("E", "UNIQUE constraint failed: a.c", "call")),
    ],
)
def test_another_failure_has_another_signature(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    assert signature(*one) != signature(*other)


def test_the_type_is_known_whether_it_is_dotted_or_repeated_in_the_message() -> None:
    plain = signature("IntegrityError", "no row")
    assert signature("sqlalchemy.exc.IntegrityError", "no row") == plain
    assert signature("sqlalchemy.exc.IntegrityError", "sqlalchemy.exc.IntegrityError: no row") == plain
    assert plain == "call: IntegrityError: no row"


def test_an_error_without_a_message_has_a_signature() -> None:
    assert signature("AssertionError", "", "setup") == "setup: AssertionError"
    assert signature("", "") == "call: error"
    assert signature("ValueError", "ValueError") == signature("ValueError", "") == "call: ValueError"


def test_a_missing_fixture_is_known_by_its_name() -> None:
    reported = signature("FixtureLookupError", "fixture 'shop' not found\navailable fixtures: ...", "setup")
    raised = signature("_pytest.fixtures.FixtureLookupError", "('shop', <SubRequest 'a' for <Function b>>)", "setup")
    assert reported == raised
    assert reported != signature("FixtureLookupError", "fixture 'store' not found", "setup")


def test_a_long_message_is_looked_at_once() -> None:
    began = time.perf_counter()
    for text in ("[" * 100_000, "0" * 100_000, "a1" * 50_000, "/tmp/" + "x/" * 50_000, "'/" * 50_000):
        signature("ValueError", f"assert {text}")
    assert time.perf_counter() - began < 1
