"""Rows of others that a test read, and the leaks that they come to."""

from __future__ import annotations

import time

import pytest

from isolation_tui.model import Leak, leaks
from pytest_isolation import events as ev
from runstory import Story

FILE = "tests/test_a.py"
PLACE = ev.Place("tests", "/home/dev/tests/test_a.py", 7, "it")
UNIQUE = "sqlalchemy.exc.IntegrityError: (sqlite3.IntegrityError) UNIQUE constraint failed: users.email"


class Reads(Story):
    """A story about one database: who writes, who reads, who fails."""

    def __init__(self, tests: int = 4) -> None:
        super().__init__()
        self.names = [f"{FILE}::test_{number}" for number in range(tests)]
        self.collected(self.names)
        self.say(ev.DatabaseSeen(1, "sqlite:///it.db", "sqlite"))

    def writes(self, number: int, rows: int = 1, *, table: str = "users", life: int = 0, **more: object) -> None:
        unit = ev.Unit(self.names[number], "setup" if life else "call", life, "setup" if life else "")
        fact = ev.RowsWritten(1, table, rows, 0, 0, "committed", PLACE, unit, kept=rows)
        self.say(fact._replace(**more), after=0.001)

    def reads(self, number: int, how: str = "scan", *, table: str = "users", phase: str = "call", **more: bool) -> None:
        self.say(ev.TablesRead(1, [table], ev.Unit(self.names[number], phase), PLACE, how=how, **more), after=0.001)

    def ends(
        self, number: int, outcome: str = "passed", *, message: str = "assert 2 == 1", exception: str = ""
    ) -> None:
        nodeid = self.names[number]
        if exception:
            self.phase(nodeid, "setup")
            self.phase(nodeid, "call", "failed", message=message, exception=exception)
            self.phase(nodeid, "teardown")
        else:
            self.test(nodeid, outcome, begun=True, message=message)
        self.say(ev.DatabasesUsed(nodeid, [1]))

    def leaves(self, number: int, rows: int = 1, **more: object) -> None:
        """A whole test that leaves rows."""
        self.begin(self.names[number])
        self.writes(number, rows, **more)  # type: ignore[arg-type]
        self.ends(number)

    def leak(self, author: int = 0) -> Leak:
        (found,) = [leak for leak in leaks(self.run) if leak.author.label == self.names[author]]
        return found


def numbers(story: Reads, tests: list) -> list[int]:  # type: ignore[type-arg]
    return [story.names.index(test.nodeid) for test in tests]


@pytest.fixture
def story() -> Reads:
    story = Reads()
    story.leaves(0, keys=["id=1"])
    return story


def test_a_later_reader_is_named_and_is_a_victim_only_if_it_failed(story: Reads) -> None:
    story.begin(story.names[1])
    story.reads(1)
    story.ends(1)
    story.begin(story.names[2])
    story.reads(2)
    story.ends(2, "failed")
    leak = story.leak()
    assert (numbers(story, leak.readers), numbers(story, leak.victims)) == ([1, 2], [2])
    assert (leak.benign, leak.maybe, leak.amount, leak.keys) == (False, False, 1, ("id=1",))


def test_rows_that_no_test_reads_are_benign(story: Reads) -> None:
    story.begin(story.names[1])
    story.reads(1, table="orders")
    story.ends(1, "failed")
    assert story.leak().benign


def test_its_own_rows_are_no_residue(story: Reads) -> None:
    story.begin(story.names[1])
    story.writes(1, table="orders")
    story.reads(1, table="orders")
    assert not story.run.tests[story.names[1]].residue_met


def test_rows_taken_out_before_are_not_met(story: Reads) -> None:
    story.begin(story.names[1])
    unit = ev.Unit(story.names[1], "setup", 9, "setup")
    story.say(ev.RowsWritten(1, "users", 0, 0, 1, "committed", PLACE, unit, taken=1))
    story.reads(1)
    story.ends(1)
    assert story.leak().benign


def test_a_table_that_the_test_emptied_itself_is_not_met(story: Reads) -> None:
    story.begin(story.names[1])
    story.reads(1, emptied=True)
    story.ends(1)
    assert story.leak().benign


def test_a_dropped_table_is_not_met(story: Reads) -> None:
    story.say(ev.TablesDropped(1, ["users"], "orm", PLACE, ev.Unit(story.names[0], "teardown")))
    story.begin(story.names[1])
    story.reads(1)
    story.ends(1)
    assert story.leak().benign


def test_what_is_read_in_teardown_does_not_count(story: Reads) -> None:
    story.begin(story.names[1])
    story.reads(1, phase="teardown")
    story.ends(1)
    assert story.leak().benign


def test_who_only_looked_up_equals_may_have_read_it(story: Reads) -> None:
    story.begin(story.names[1])
    story.reads(1, "match")
    story.ends(1)
    assert (numbers(story, story.leak().readers), story.leak().maybe) == ([1], True)


def test_the_stronger_reading_is_kept(story: Reads) -> None:
    story.begin(story.names[1])
    for how in ("match", "scan", "key"):
        story.reads(1, how)
    test = story.run.tests[story.names[1]]
    assert [read.how for read in test.tables_read.values()] == ["scan"]
    assert [met.read.how for met in test.residue_met.values()] == ["scan"]


def test_rows_of_a_living_wide_fixture_are_meant_and_those_of_a_dead_one_are_left() -> None:
    story = Reads()
    seed = story.fixture("seed", "module", FILE)
    story.begin(story.names[0])
    life = story.number()
    story.writes(0, 3, life=life)
    story.set_up(seed, story.names[0], life=life)
    story.ends(0)
    story.begin(story.names[1])
    story.reads(1)
    story.ends(1)
    assert not story.run.tests[story.names[1]].residue_met
    story.tear_down(life, story.names[1])
    story.begin(story.names[2])
    story.reads(2)
    story.ends(2)
    (leak,) = leaks(story.run)
    assert (leak.author.label, numbers(story, leak.readers)) == ("fixture seed", [2])


def test_authors_are_named_the_oldest_first(story: Reads) -> None:
    story.leaves(1, 5)
    story.begin(story.names[2])
    story.reads(2)
    (met,) = story.run.tests[story.names[2]].residue_met.values()
    assert [(share.author.label, share.rows) for share in met.shares] == [(story.names[0], 1), (story.names[1], 5)]


@pytest.mark.parametrize(
    ("how", "exception", "message", "fits"),
    [
        ("scan", "AssertionError", "assert 2 == 1", True),
        ("scan", "AssertionError", "assert 1 == 2", False),
        ("scan", "AssertionError", "assert 404 == 200", False),
        ("match", "AssertionError", "assert 409 == 201", True),
        ("match", "AssertionError", "assert 2 == 1", True),
        ("match", "AssertionError", "assert 9 == 1", False),
        ("match", "AssertionError", "AssertionError: assert 'a' == 'b'", False),
        ("key", "AssertionError", "AssertionError: assert 'a' == 'b'", True),
        ("clash", "IntegrityError", UNIQUE, True),
        ("scan", "IntegrityError", UNIQUE, False),
        ("clash", "IntegrityError", UNIQUE.replace("users", "orders"), False),
        ("match", "MultipleResultsFound", "sqlalchemy.exc.MultipleResultsFound: Multiple rows were found", True),
        ("match", "Conflict", "src.errors.Conflict: a@x is taken", True),
        ("scan", "InvalidRequestError", "sqlalchemy.exc.InvalidRequestError: Table 'a' is already defined", False),
        ("scan", "KeyError", "KeyError: 'a'", False),
        ("scan", "OperationalError", "sqlalchemy.exc.OperationalError: no such table: users", False),
    ],
)
def test_a_victim_is_whose_failure_may_come_of_it(
    story: Reads, how: str, exception: str, message: str, fits: bool
) -> None:
    story.begin(story.names[1])
    story.reads(1, how)
    story.ends(1, exception=exception, message=message)
    assert numbers(story, story.leak().victims) == ([1] if fits else [])


def test_who_was_refused_a_row_beside_its_own_is_no_victim(story: Reads) -> None:
    story.begin(story.names[1])
    story.reads(1, "clash")
    story.writes(1)
    story.ends(1, exception="IntegrityError", message=UNIQUE)
    assert numbers(story, story.leak().victims) == []


def test_a_rerun_is_one_reader(story: Reads) -> None:
    for _ in range(2):
        story.begin(story.names[1])
        story.reads(1)
        story.ends(1)
    assert numbers(story, story.leak().readers) == [1]


def test_a_table_that_only_another_test_made(story: Reads) -> None:
    story.begin(story.names[1])
    story.say(ev.TablesCreated(1, ["orders"], "orm", PLACE, ev.Unit(story.names[1], "call")))
    story.reads(1, table="orders")
    story.ends(1)
    story.begin(story.names[2])
    story.reads(2, table="orders")
    story.ends(2)
    (leak,) = [leak for leak in leaks(story.run) if leak.what == "table"]
    assert (leak.author.label, leak.location) == (story.names[1], "sqlite:///it.db.orders")
    assert numbers(story, leak.readers) == [2]


def test_a_table_that_the_reader_s_own_fixture_makes_is_no_leak() -> None:
    story = Reads()
    tables = story.fixture("tables", "function", FILE)
    for number in range(2):
        nodeid = story.names[number]
        story.begin(nodeid)
        life = story.number()
        if number == 0:
            unit = ev.Unit(nodeid, "setup", life, "setup")
            story.say(ev.TablesCreated(1, ["users"], "orm", PLACE, unit))
        story.set_up(tables, nodeid, life=life)
        story.reads(number)
        story.test(nodeid, begun=True, uses=[life], ends=[life])
    assert not [leak for leak in leaks(story.run) if leak.what == "table"]


def test_an_open_session_is_a_leak_until_it_is_given_back(story: Reads) -> None:
    story.begin(story.names[1])
    unit = ev.Unit(story.names[1], "call")
    story.say(ev.HeldOpen(story.names[1], 7, 1, "session", True, PLACE, unit))
    story.ends(1)
    (leak,) = [leak for leak in leaks(story.run) if leak.what == "open transaction"]
    assert (leak.author.label, leak.place) == (story.names[1], PLACE)
    story.say(ev.HeldClosed(7, ev.Unit(story.names[2], "setup")))
    assert not [leak for leak in leaks(story.run) if leak.what == "open transaction"]


def test_ten_thousand_tests_and_two_hundred_authors_stay_quick() -> None:
    """Each test reads a table in which as many rows of others stand as are kept one by one."""
    story = Reads(10_000)
    began = time.process_time()
    for number in range(10_000):
        story.begin(story.names[number])
        story.reads(number)
        if number < 200:
            story.writes(number)
        story.ends(number)
    folded = time.process_time() - began
    found = leaks(story.run)
    asked = time.process_time() - began - folded
    assert sum(bool(leak.readers) for leak in found) > 30
    assert folded < 10
    assert asked < 5
