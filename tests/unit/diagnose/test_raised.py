"""What a test failed with: by its type first, by its text second, and never by a text that it merely asserts about."""

from __future__ import annotations

import re

import pytest

from isolation_tui.diagnose.exceptions import FailedStatements, failed_at, matching, raised
from isolation_tui.model import Test as ObservedTest
from pytest_isolation import events as ev
from runstory import ROOT, Story

A, B = "test_a.py::test_a", "test_a.py::test_b"
CLOSED = re.compile("it is closed")


def failed(exception: str, message: str, traceback: str = "") -> ObservedTest:
    story = Story().collected([A]).begin(A).phase(A, "setup")
    story.phase(A, "call", "failed", exception=exception, message=message, traceback=traceback).phase(A, "teardown")
    return story.finished(1).run.tests[A]


def told(test: ObservedTest) -> list[tuple[str, str]]:
    assert test.failure is not None
    return [(each.exception, each.message) for each in raised(test.failure)]


def test_the_type_before_the_message_is_left_out() -> None:
    assert told(failed("Gone", "app.errors.Gone: it is closed")) == [("Gone", "it is closed")]


def test_an_exception_without_a_message() -> None:
    assert told(failed("Gone", "app.errors.Gone")) == [("Gone", "")]


def test_a_type_that_was_not_sent_is_read_from_the_message() -> None:
    assert told(failed("", "app.errors.Gone: it is closed")) == [("Gone", "it is closed")]


def test_a_message_of_several_lines_is_kept() -> None:
    assert told(failed("Gone", "Gone: it is\nclosed")) == [("Gone", "it is\nclosed")]


def test_causes_come_after_what_they_caused() -> None:
    traceback = "E   Gone: it is closed\n    for good\nwhich caused:\nE   Late: too late\nwhich caused:\nE   Bad: no"
    assert told(failed("Bad", "Bad: no", traceback)) == [
        ("Bad", "no"), ("Late", "too late"), ("Gone", "it is closed\nfor good"),
    ]  # fmt: skip


@pytest.mark.parametrize("verdict", ["AssertionError", "Failed"])
def test_what_was_handled_before_an_assertion_failed_is_no_cause(verdict: str) -> None:
    traceback = f"E   Gone: it is closed\nand while that was handled:\ntest_a.py:3: in test_a\nE   {verdict}: no match"
    assert matching(failed(verdict, f"{verdict}: no match", traceback), ("Gone",), CLOSED) is None


def test_the_same_words_of_another_type_do_not_match() -> None:
    assert matching(failed("RuntimeError", "RuntimeError: it is closed"), ("Gone",), CLOSED) is None


def test_a_test_that_passed_matches_nothing() -> None:
    assert matching(Story().collected([A]).test(A).run.tests[A], ("Gone",), CLOSED) is None


def test_the_innermost_line_of_the_project_is_where_it_failed() -> None:
    lines = (
        "test_a.py:3: in test_a\n    work()\napp/db.py:9: in work\n    go()\n/v/site-packages/lib.py:1: in go\nE   Gone"
    )
    story = Story().collected([A]).begin(A).phase(A, "call", "failed", exception="Gone", traceback=lines)
    failure = story.run.tests[A].failure
    assert failure is not None
    assert failed_at(story.run, failure) == ev.Place("", f"{ROOT}/app/db.py", 9, "work")


def test_without_a_line_of_the_project_pytests_own_word_is_taken() -> None:
    place = ev.Place("", "/v/site-packages/lib.py", 1)
    story = Story().collected([A]).begin(A).phase(A, "call", "failed", exception="Gone", place=place)
    failure = story.run.tests[A].failure
    assert failure is not None
    assert failed_at(story.run, failure) == place


def test_an_error_is_recognised_by_its_mark() -> None:
    story = Story()
    for nodeid, text in ((A, "UNIQUE constraint failed: users.name"), (B, "no such table: users")):
        story.say(ev.StatementFailed(1, "Error", ev.mark_of(text), ev.Place(), ev.Unit(nodeid, "call")), after=1)
    statements = FailedStatements(story.run)
    first = statements.latest("main", "(sqlite3.IntegrityError) UNIQUE constraint failed: users.name", story.now)
    assert first is not None
    assert first.unit.nodeid == A
    assert statements.latest("gw0", "no such table: users", story.now) is None
    assert statements.latest("main", "no such table: users", story.now - 0.5) is None
