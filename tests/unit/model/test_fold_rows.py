"""What the rows that units wrote add up to: found, written, left, and by whom."""

from __future__ import annotations

from typing import Any

import pytest

from isolation_tui.model import RowsAtStart
from isolation_tui.model.ledger import NEWEST_KEPT, OLDER_KEPT
from pytest_isolation import events as ev
from runstory import Story

FILE = "tests/test_a.py"
PLACE = ev.Place("tests", "/home/dev/tests/test_a.py", 7, "it")


class Rows(Story):
    """A story about one database, whose tests use it."""

    def __init__(self, tests: int = 4) -> None:
        super().__init__()
        self.names = [f"{FILE}::test_{number}" for number in range(tests)]
        self.collected(self.names)
        self.say(ev.DatabaseSeen(1, "sqlite:///it.db", "sqlite"))

    def wrote(
        self, nodeid: str, inserted: int = 0, deleted: int = 0, *, state: str = "committed", life: int = 0,
        kept: int | None = None, taken: int | None = None, table: str = "users", step: str = "setup",
        phase: str = "call", **more: Any,
    ) -> Rows:  # fmt: skip
        kept = max(inserted - deleted, 0) if kept is None else kept
        taken = max(deleted - inserted, 0) if taken is None else taken
        unit = ev.Unit(nodeid, phase, life, step if life else "")
        fact = ev.RowsWritten(1, table, inserted, 0, deleted, state, PLACE, unit, kept=kept, taken=taken, **more)
        self.say(fact, after=0.001)
        return self

    def whole(self, number: int, *, ends: tuple[int, ...] = (), uses: tuple[int, ...] = ()) -> None:
        """The rest of a test that has begun."""
        nodeid = self.names[number]
        self.test(nodeid, begun=True, ends=ends, uses=uses)
        self.say(ev.DatabasesUsed(nodeid, [1]))

    def found(self, number: int) -> dict[str, int]:
        return {found.table: found.rows for found in self.of(number)}

    def of(self, number: int) -> tuple[RowsAtStart, ...]:
        return self.run.tests[self.names[number]].rows_found

    def left(self, number: int) -> dict[str, int]:
        left: dict[str, int] = {}
        for each in self.run.tests[self.names[number]].rows_left:
            left[each.table] = left.get(each.table, 0) + each.rows
        return left


@pytest.fixture
def story() -> Rows:
    return Rows()


def test_committed_rows_are_left_and_found_with_their_author(story: Rows) -> None:
    story.begin(story.names[0])
    story.wrote(story.names[0], 3).whole(0)
    story.begin(story.names[1])
    story.whole(1)
    assert story.found(0) == {}
    assert story.left(0) == {"users": 3}
    (found,) = story.of(1)
    assert (found.rows, found.intended, found.dirty) == (3, 0, True)
    assert [(share.author.label, share.rows, share.place.line) for share in found.shares] == [(story.names[0], 3, 7)]
    assert story.run.tests[story.names[1]].dirty_start
    assert story.left(1) == {}


def test_a_test_that_used_no_database_found_nothing(story: Rows) -> None:
    story.begin(story.names[0])
    story.wrote(story.names[0], 3).whole(0)
    story.begin(story.names[1]).test(story.names[1], begun=True)
    assert not story.run.tests[story.names[1]].dirty_start


def test_rolled_back_rows_never_stand(story: Rows) -> None:
    story.begin(story.names[0])
    story.wrote(story.names[0], 3, state="rolled back").whole(0)
    story.begin(story.names[1])
    story.whole(1)
    assert story.found(1) == story.left(0) == {}
    (written,) = story.run.tests[story.names[0]].rows_written
    assert (written.inserted, written.state) == (3, "rolled back")


@pytest.mark.parametrize(("outcome", "remaining"), [("committed", 2), ("rolled back", 0)])
def test_open_rows_become_what_their_transaction_becomes(story: Rows, outcome: str, remaining: int) -> None:
    story.begin(story.names[0])
    story.wrote(story.names[0], 2, state="open").whole(0)
    assert [left.open for left in story.run.tests[story.names[0]].rows_left] == [True]
    story.begin(story.names[1])
    story.wrote(story.names[0], 2, state=outcome, settled=True).whole(1)
    story.begin(story.names[2])
    story.whole(2)
    assert story.found(1) == {"users": 2}
    assert story.found(2) == ({"users": remaining} if remaining else {})
    assert [written.state for written in story.run.tests[story.names[0]].rows_written] == [outcome]


def test_a_deletion_by_another_clears(story: Rows) -> None:
    story.begin(story.names[0])
    story.wrote(story.names[0], 3).whole(0)
    story.begin(story.names[1])
    story.wrote(story.names[1], deleted=3).whole(1)
    story.begin(story.names[2])
    story.whole(2)
    assert story.found(1) == {"users": 3}
    assert story.found(2) == {}


def test_the_oldest_go_first_and_whose_they_were_is_a_guess(story: Rows) -> None:
    for number in range(2):
        story.begin(story.names[number])
        story.wrote(story.names[number], 2).whole(number)
    story.begin(story.names[2])
    story.wrote(story.names[2], deleted=3).whole(2)
    story.begin(story.names[3])
    story.whole(3)
    (found,) = story.of(3)
    assert [(share.author.label, share.rows) for share in found.shares] == [(story.names[1], 1)]
    assert found.inexact


def test_a_deletion_of_what_the_same_test_wrote_leaves_others_alone(story: Rows) -> None:
    story.begin(story.names[0])
    story.wrote(story.names[0], 2).whole(0)
    story.begin(story.names[1])
    story.wrote(story.names[1], 1, phase="setup")
    story.wrote(story.names[1], deleted=1, phase="teardown").whole(1)
    story.begin(story.names[2])
    story.whole(2)
    assert story.left(1) == {}
    (found,) = story.of(2)
    assert [(share.author.label, share.rows) for share in found.shares] == [(story.names[0], 2)]
    assert not found.inexact


def test_a_drop_clears(story: Rows) -> None:
    story.begin(story.names[0])
    story.wrote(story.names[0], 3).whole(0)
    story.begin(story.names[1])
    story.say(ev.TablesDropped(1, ["users"], "orm", PLACE, ev.Unit(story.names[1], "call")))
    story.whole(1)
    story.begin(story.names[2])
    story.whole(2)
    assert story.found(1) == {"users": 3}
    assert story.found(2) == {}


def test_an_emptied_table_holds_what_came_after(story: Rows) -> None:
    story.begin(story.names[0])
    story.wrote(story.names[0], 3).whole(0)
    story.begin(story.names[1])
    story.wrote(story.names[1], 1, emptied=True).whole(1)
    story.begin(story.names[2])
    story.whole(2)
    assert story.found(2) == {"users": 1}


def test_a_database_that_is_gone_takes_its_rows_along(story: Rows) -> None:
    story.begin(story.names[0])
    story.wrote(story.names[0], 3).whole(0)
    story.say(ev.HoldersGone(databases=[1]))
    story.begin(story.names[1])
    story.whole(1)
    assert story.found(1) == {}


def test_rows_of_a_wide_fixture_are_intended_until_its_teardown(story: Rows) -> None:
    seed = story.fixture("seed", "module", FILE)
    story.begin(story.names[0])
    story.wrote(story.names[0], 5, life=90, phase="setup")
    life = story.set_up(seed, story.names[0], life=90)
    story.whole(0, uses=(life,))
    story.begin(story.names[1])
    story.whole(1, ends=(life,))
    story.begin(story.names[2])
    story.whole(2)
    assert story.left(0) == {}
    (alive,), (gone,) = story.of(1), story.of(2)
    assert (alive.rows, alive.intended, alive.dirty) == (5, 5, False)
    assert (gone.rows, gone.intended, gone.dirty) == (5, 0, True)
    assert [(share.author.label, share.intended) for share in gone.shares] == [("fixture seed", False)]
    (tally,) = story.run.residue.values()
    assert (tally.author.label, tally.rows, tally.met) == ("fixture seed", 5, 1)


def test_rows_of_a_function_scoped_fixture_are_left_by_its_test(story: Rows) -> None:
    user = story.fixture("user", "function", FILE)
    for number in range(2):
        story.begin(story.names[number])
        story.wrote(story.names[number], 1, life=91 + number, phase="setup")
        life = story.set_up(user, story.names[number], life=91 + number)
        story.whole(number, uses=(life,), ends=(life,))
    story.begin(story.names[2])
    story.whole(2)
    assert [left.author.label for left in story.run.tests[story.names[1]].rows_left] == ["fixture user"]
    (found,) = story.of(2)
    assert [(share.author.label, share.rows) for share in found.shares] == [("fixture user", 2)]
    (tally,) = story.run.residue.values()
    assert (tally.rows, tally.met) == (2, 2)


def test_what_could_not_be_counted_makes_the_table_inexact(story: Rows) -> None:
    story.begin(story.names[0])
    story.wrote(story.names[0], 1)
    story.wrote(story.names[0], inexact=True).whole(0)
    story.begin(story.names[1])
    story.whole(1)
    assert [found.inexact for found in story.of(1)] == [True]


def test_ten_thousand_authors_are_not_kept_one_by_one() -> None:
    story = Rows(10_000)
    for number, nodeid in enumerate(story.names):
        story.begin(nodeid)
        story.wrote(nodeid, 1)
        story.whole(number)
    table = story.run.workers["main"].rows[1]["users"]
    assert len(table.standing()) <= NEWEST_KEPT + OLDER_KEPT + 1
    assert story.found(9_999) == {"users": 9_999}
    assert len(story.of(9_999)[0].shares) == 3
    assert story.left(9_999) == {"users": 1}


def test_rows_of_databases_that_a_test_does_not_use_cost_it_nothing() -> None:
    """A suite that makes a database file for each of its tests."""
    story = Rows(3)
    for number in range(2, 50):
        story.say(ev.DatabaseSeen(number, f"sqlite:///{number}.db", "sqlite"))
        story.say(ev.RowsWritten(number, "users", 1, 0, 0, "committed", PLACE, ev.Unit("", "collect"), kept=1))
    story.begin(story.names[0])
    story.whole(0)
    assert story.of(0) == ()


def _keys(story: Rows) -> list[tuple[str, int, tuple[str, ...]]]:
    table = story.run.workers["main"].rows[1]["users"]
    return [(entry.author.label, entry.rows, tuple(entry.keys)) for entry in table.standing()]


def test_a_row_deleted_by_its_key_is_taken_from_whom_it_was(story: Rows) -> None:
    first, second, third = story.names[:3]
    for number, nodeid in enumerate((first, second)):
        story.begin(nodeid)
        story.wrote(nodeid, 2, keys=[f"id={number}0", f"id={number}1"]).whole(number)
    story.begin(third)
    story.wrote(third, 0, 1, gone=["id=10"]).whole(2)
    assert _keys(story) == [(first, 2, ("id=00", "id=01")), (second, 1, ("id=11",))]
    assert not any(found.inexact for found in story.of(2))


def test_a_row_deleted_by_an_unlisted_key_leaves_the_listed_ones(story: Rows) -> None:
    story.begin(story.names[0])
    story.wrote(story.names[0], 9, keys=["id=1", "id=2"]).whole(0)
    story.begin(story.names[1])
    story.wrote(story.names[1], 0, 1, gone=["id=8"]).whole(1)
    assert _keys(story) == [(story.names[0], 8, ("id=1", "id=2"))]


def test_rows_deleted_without_a_key_leave_nothing_known_of_the_rest(story: Rows) -> None:
    story.begin(story.names[0])
    story.wrote(story.names[0], 3, keys=["id=1", "id=2", "id=3"]).whole(0)
    story.begin(story.names[1])
    story.wrote(story.names[1], 0, 1).whole(1)
    assert _keys(story) == [(story.names[0], 2, ())]


def _counted(story: Rows, number: int, rows: int) -> bool | None:
    story.say(ev.RowsCounted(story.names[number], 1, [("users", rows)]))
    return story.run.tests[story.names[number]].verified[-1].agrees


def test_a_count_is_laid_beside_the_ledger(story: Rows) -> None:
    story.say(ev.TablesCreated(1, ["users"], "orm", PLACE, ev.Unit("", "collect")))
    story.begin(story.names[0])
    story.wrote(story.names[0], 3).whole(0)
    assert _counted(story, 0, 3) is True
    assert _counted(story, 0, 4) is False


def test_rows_that_were_there_before_the_suite_are_no_disagreement(story: Rows) -> None:
    story.begin(story.names[0])
    story.wrote(story.names[0], 3).whole(0)
    assert _counted(story, 0, 103) is True
    story.begin(story.names[1])
    story.wrote(story.names[1], 1).whole(1)
    assert _counted(story, 1, 104) is True
    assert _counted(story, 1, 105) is False


def test_what_could_not_be_counted_says_why(story: Rows) -> None:
    story.begin(story.names[0])
    story.wrote(story.names[0], 3).whole(0)
    story.say(ev.RowsCounted(story.names[0], 1, [], "a transaction is open"))
    (answer,) = story.run.tests[story.names[0]].verified
    assert (answer.agrees, answer.counted, answer.why_not) == (None, None, "a transaction is open")
