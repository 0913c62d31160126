"""From an observed run to the question of a hunt: what each test leaves, reads and cleans up."""

from __future__ import annotations

import pytest

from isolation_tui.experiments.hunt.evidence import hunt_question
from isolation_tui.experiments.hunt.question import HuntQuestion
from isolation_tui.experiments.trial import Location
from pytest_isolation import events as ev
from runstory import Story

DATABASE = "sqlite:///it.db"
USERS = f"rows {DATABASE}.users"
A, B, C = (f"tests/test_a.py::test_{name}" for name in "abc")


class Shop(Story):
    """Three tests that use one database."""

    def __init__(self) -> None:
        super().__init__()
        self.collected([A, B, C])
        self.say(ev.DatabaseSeen(1, DATABASE, "sqlite"))

    def ran(self, nodeid: str, *facts: object, outcome: str = "passed") -> Shop:
        self.begin(nodeid)
        for fact in facts:
            self.say(fact, after=0.001)
        self.test(nodeid, outcome, begun=True)
        self.say(ev.DatabasesUsed(nodeid, [1]))
        return self

    def question(self) -> HuntQuestion:
        self.finished(0)
        return hunt_question(self.run)


def wrote(nodeid: str, inserted: int = 0, updated: int = 0, deleted: int = 0, state: str = "committed") -> object:
    unit = ev.Unit(nodeid, "call")
    return ev.RowsWritten(1, "users", inserted, updated, deleted, state, ev.Place(), unit, kept=inserted - deleted)


def read(nodeid: str) -> object:
    return ev.TablesRead(1, ["users"], ev.Unit(nodeid, "call"), how="scan")


def test_rows_that_a_test_leaves_and_a_later_or_earlier_test_reads() -> None:
    question = Shop().ran(A, read(A)).ran(B, wrote(B, inserted=1)).ran(C, read(C)).question()
    assert [(left.nodeid, left.place, left.location) for left in question.left] == [
        (B, USERS, Location("rows", "users", DATABASE))
    ]
    assert question.reads is not None
    assert {nodeid for nodeid, places in question.reads.items() if USERS in places} == {A, C}
    assert [test.nodeid for test in question.tests] == [A, B, C]
    assert question.tests[2].suspects[0].tests == (B,)


def test_a_test_that_deletes_rows_cleans_up_and_changes_what_others_read() -> None:
    question = Shop().ran(A, wrote(A, inserted=2)).ran(B, wrote(B, deleted=2)).ran(C).question()
    assert question.cleans == {B: (USERS,)}
    assert [(left.nodeid, left.reason) for left in question.left] == [
        (A, "left rows in users"),
        (B, "changed or deleted rows of users"),
    ]


@pytest.mark.parametrize("facts", [(), (wrote(A, updated=1, state="rolled back"),)])
def test_what_is_rolled_back_is_not_left(facts: tuple[object, ...]) -> None:
    question = Shop().ran(A, *facts).ran(B).ran(C).question()
    assert question.left == ()
    assert question.cleans == {}


def test_changed_state_is_left_unless_the_test_restores_it() -> None:
    unit = ev.Unit(A, "call")
    story = Shop().ran(A, ev.StateChanged("env", "CURRENCY", "changed", unit))
    story.ran(B, ev.StateChanged("env", "CURRENCY", "restored", ev.Unit(B, "call")))
    question = story.ran(C).question()
    assert [(left.nodeid, left.location) for left in question.left] == [(A, Location("environment", "CURRENCY"))]
    assert question.cleans == {B: ("env:CURRENCY",)}


def test_state_that_the_test_itself_restores_is_not_left() -> None:
    unit = ev.Unit(A, "call")
    changes = [ev.StateChanged("env", "CURRENCY", change, unit) for change in ("changed", "restored")]
    assert Shop().ran(A, *changes).ran(B).ran(C).question().left == ()


def test_a_failing_test_has_its_signature() -> None:
    question = Shop().ran(A).ran(B, outcome="failed").ran(C).question()
    assert [test.passed for test in question.tests] == [True, False, True]
    assert question.tests[1].signature.startswith("call: ")
