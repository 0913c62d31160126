"""A model registered twice: one finding for each cause, with all its victims, and none for a near miss."""

from __future__ import annotations

import pytest

from isolation_tui.diagnose import Finding, diagnose
from pytest_isolation import events as ev
from runstory import ROOT, Story, before

A, B, C, D = (f"test_a.py::test_{number}" for number in range(4))
MODEL = ev.Place("app.models", f"{ROOT}/app/models.py", 5, "<module>")
MESSAGE = "Table 'users' is already defined for this MetaData instance.  Specify 'extend_existing=True' ..."


def caller(line: int, function: str = "create_tables") -> ev.Place:
    return ev.Place("app.db", f"{ROOT}/app/db.py", line, function)


def suite() -> Story:
    return Story().collected([A, B, C, D]).models(["users", "orders"])


def refused(story: Story, nodeid: str, *, line: int = 9, table: str = "users", error: str = MESSAGE, when: str = "call",
            life: int = 0) -> None:  # fmt: skip
    """A test in which the table is refused, and which fails with ``error`` ('' it passes)."""
    story.begin(nodeid)
    if when == "call":
        story.phase(nodeid, "setup")
    unit = ev.Unit(nodeid, when, life, "setup" if life else "")
    story.say(ev.TableRefused(1, table, MODEL, [caller(line)], unit))
    story.phase(
        nodeid, when, "failed" if error else "passed", message=error, exception="InvalidRequestError", life=life
    )
    story.phase(nodeid, "teardown")


def found(story: Story) -> list[Finding]:
    return diagnose(story.finished(1).run)


def test_one_cause_is_one_finding_with_all_its_victims_in_run_order() -> None:
    story = suite()
    for nodeid in (C, A):
        refused(story, nodeid)
    (finding,) = found(story)
    assert finding.tests == (C, A)
    assert (finding.kind, finding.tables) == ("table-already-defined", ("users",))


def test_two_lines_that_register_again_are_two_findings() -> None:
    story = suite()
    refused(story, A, line=9)
    refused(story, B, line=20)
    assert [finding.tests for finding in found(story)] == [(A,), (B,)]


def test_two_tables_are_two_findings() -> None:
    story = suite()
    refused(story, A)
    refused(story, B, table="orders", error=MESSAGE.replace("users", "orders"))
    assert [finding.tables for finding in found(story)] == [("users",), ("orders",)]


def test_the_finding_with_the_most_victims_comes_first() -> None:
    story = suite()
    refused(story, A, line=20)
    refused(story, B)
    refused(story, C)
    assert [len(finding.tests) for finding in found(story)] == [2, 1]


def test_the_evidence_is_who_registered_first_who_again_and_who_caused_it() -> None:
    story = suite()
    refused(story, A)
    (finding,) = found(story)
    assert [(evidence.place.file.rpartition("/")[2], evidence.place.line) for evidence in finding.evidence] == [
        ("users.py", 12),
        ("models.py", 5),
        ("db.py", 9),
    ]


def test_a_fixture_that_registers_again_is_the_culprit() -> None:
    story = suite()
    definition = story.fixture("sample_user", "function", "conftest.py", 30)
    for nodeid in (A, B):
        story.begin(nodeid)
        life = story.set_up(definition, nodeid, error=MESSAGE)
        refused(story, nodeid, when="setup", life=life)
    (finding,) = found(story)
    assert finding.culprit == "fixture sample_user"
    assert finding.tests == (A, B)


def test_a_test_that_registers_again_itself_is_the_culprit() -> None:
    story = suite()
    refused(story, A)
    (finding,) = found(story)
    assert finding.culprit == A


def test_a_refusal_that_the_test_handled_is_no_finding() -> None:
    story = suite()
    refused(story, A, error="")
    assert found(story) == []


def test_a_test_that_handled_a_refusal_and_failed_otherwise_is_no_victim() -> None:
    story = suite()
    refused(story, A, error="assert 2 == 1")
    assert found(story) == []


def test_another_error_of_that_type_is_no_finding() -> None:
    story = suite().begin(A).phase(A, "setup")
    story.phase(A, "call", "failed", exception="InvalidRequestError", message="Can't attach instance").phase(
        A, "teardown"
    )
    assert found(story) == []


def test_an_error_whose_refusal_was_not_seen_is_a_finding_by_its_message_alone() -> None:
    story = suite().begin(A).phase(A, "setup")
    error = f"sqlalchemy.exc.InvalidRequestError: {MESSAGE}"
    story.phase(A, "call", "failed", message=error, place=caller(3)).phase(A, "teardown")
    (finding,) = found(story)
    assert finding.tests == (A,)
    assert finding.evidence[0].text.startswith("Table 'users' is already defined")


def test_an_error_that_another_hides_is_found_in_the_traceback() -> None:
    story = suite().begin(A).phase(A, "setup")
    traceback = f"E   InvalidRequestError: {MESSAGE}\nwhich caused:\napp/db.py:3: in load\nE   RuntimeError: no app"
    story.phase(A, "call", "failed", message="RuntimeError: no app", exception="RuntimeError", traceback=traceback)
    (finding,) = found(story.phase(A, "teardown"))
    assert finding.tests == (A,)


def test_a_test_that_passed_at_last_is_no_victim() -> None:
    story = suite().begin(A).phase(A, "setup")
    story.say(ev.PhaseFinished(A, 1, "call", "rerun", message=MESSAGE)).phase(A, "teardown")
    story.say(ev.TestStarted(A, 2)).phase(A, "setup").phase(A, "call").phase(A, "teardown")
    assert found(story) == []


@pytest.mark.parametrize("text", ["title", "remedy", "culprit", "command"])
def test_a_finding_says_everything_a_person_needs(text: str) -> None:
    story = suite()
    refused(story, A)
    (finding,) = found(story)
    assert getattr(finding, text)


def test_a_run_without_such_an_error_has_no_finding() -> None:
    assert found(suite().test(A).test(B, "failed")) == []


def test_the_demos_story_is_one_finding_with_its_22_victims() -> None:
    (finding,) = diagnose(before().run)
    assert len(finding.tests) == 22
    assert finding.culprit == "fixture sample_category"
