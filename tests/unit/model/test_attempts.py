"""A test that runs again starts with nothing of its earlier attempts."""

from __future__ import annotations

from isolation_tui.model import Outcome, TableEventKind
from pytest_isolation import events as ev
from runstory import Story

A, B = "test_a.py::test_one", "test_a.py::test_two"
PLACE = ev.Place("app", "/suite/app.py", 1)


def attempt(story: Story, number: int, fixture: int, outcome: str) -> Story:
    """One attempt: a fixture of its own, a subtest, a table, a row that stays."""
    story.say(ev.TestStarted(A, number, "test_a.py", 3))
    life = story.set_up(fixture, A)
    story.phase(A, "setup", uses=[life])
    story.say(ev.PhaseFinished(A, number, "call", outcome, subtest=f"[{number}]"))
    story.say(ev.TableRegistered(1, f"made_{number}", PLACE, [], ev.Unit(A, "call")))
    story.say(ev.RowsWritten(1, "users", 1, 0, 0, "committed", PLACE, ev.Unit(A, "call"), kept=1))
    story.phase(A, "call", outcome, uses=[life]).tear_down(life, A)
    return story.phase(A, "teardown")


def rerun() -> Story:
    """``test_one`` needs three attempts, ``test_two`` one."""
    story = Story().collected([A, B]).models(["users"])
    fixture = story.fixture("client", "function", "conftest.py")
    for number, outcome in enumerate(("rerun", "rerun", "passed"), 1):
        attempt(story, number, fixture, outcome)
    return story


def test_a_rerun_has_the_fixtures_of_its_last_attempt() -> None:
    test = rerun().run.tests[A]
    assert [life.name for life in test.lives] == ["client"]
    assert len(test.lives[0].definition.lives) == 3
    assert test.attempt == 3


def test_a_rerun_has_the_subtests_of_its_last_attempt() -> None:
    assert rerun().run.tests[A].subtests == [("[3]", "passed")]


def test_a_rerun_has_the_table_events_of_its_last_attempt() -> None:
    run = rerun().run
    test = run.tests[A]
    assert [event.table for event in test.table_events] == ["made_3"]
    assert "made_2" in test.metadata_at_start["src.database"]
    registered = [event.table for event in run.table_events if event.kind is TableEventKind.REGISTERED]
    assert registered == ["users", "made_1", "made_2", "made_3"]


def test_rows_of_each_attempt_are_counted_once() -> None:
    run = rerun().run
    test = run.tests[A]
    assert [left.rows for left in test.rows_left] == [1]
    assert [total.rows for total in run.residue.values()] == [3]


def test_reruns_are_counted_and_only_the_last_attempt_decides() -> None:
    run = rerun().run
    assert (run.counts.reruns, run.counts.passed, run.done) == (2, 1, 1)
    assert run.tests[A].outcome is Outcome.PASSED


def test_a_wide_fixture_serves_a_test_that_ran_again_once() -> None:
    story = Story().collected([A, B])
    life = story.set_up(story.fixture("app", "module", "test_a.py"), A)
    for number in (1, 2):
        story.say(ev.TestStarted(A, number)).phase(A, "setup", uses=[life]).phase(A, "teardown")
    story.test(B, uses=[life])
    (app,) = story.run.lives
    assert [test.nodeid for test in app.users] == [A, B]
    assert story.run.tests[A].lives == [app]


def test_a_test_counts_once_among_those_that_started_with_rows_whatever_its_attempts() -> None:
    story = Story().collected([B, A]).say(ev.DatabaseSeen(1, "sqlite:///it.db", "sqlite"))
    for nodeid, number, outcome in ((B, 1, "passed"), (A, 1, "rerun"), (A, 2, "rerun"), (A, 3, "passed")):
        story.say(ev.TestStarted(nodeid, number, "test_a.py", 3))
        if nodeid == B:
            story.say(ev.RowsWritten(1, "users", 1, 0, 0, "committed", PLACE, ev.Unit(B, "call"), kept=1))
        for when in ("setup", "call", "teardown"):
            story.say(ev.PhaseFinished(nodeid, number, when, outcome if when == "call" else "passed"))
        story.say(ev.DatabasesUsed(nodeid, [1]))
    (total,) = story.run.residue.values()
    assert total.met == 1
