"""Drawing conclusions stays linear in the number of failing tests: twice the tests, less than three times the work."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from isolation_tui.diagnose.conclusions import conclude
from pytest_isolation import events as ev
from runstory import ROOT, Story

MISSING = "sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) no such table: orders"
UNIQUE = "sqlalchemy.exc.IntegrityError: (sqlite3.IntegrityError) UNIQUE constraint failed: users.email"
MODEL = (
    "sqlalchemy.exc.InvalidRequestError: When initializing mapper Mapper[Order(orders)], expression 'User' failed to "
    "locate a name ('User')."
)
LOCKED = "sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) database is locked"
ABORTED = (
    "sqlalchemy.exc.InternalError: current transaction is aborted, commands ignored until end of transaction block"
)
POOL = "sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out"
INDEX = "sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) index ix_day already exists"
TWICE = "sqlalchemy.exc.InvalidRequestError: Table 'users' is already defined for this MetaData instance."
PLACE = ev.Place("tests", f"{ROOT}/test_a.py", 7, "test")


def failing(story: Story, nodeid: str, message: str, worker: str, *facts: Any, database: int = 1) -> None:
    """A test that does what the facts say, and fails with the message."""
    story.begin(nodeid, worker=worker)
    for fact in facts:
        story.say(fact, worker, 0.001)
    exception = message.partition(":")[0].rpartition(".")[2]
    story.phase(nodeid, "setup", worker=worker)
    story.phase(nodeid, "call", "failed", worker=worker, message=message, exception=exception)
    story.say(ev.DatabasesUsed(nodeid, [database]), worker)
    story.phase(nodeid, "teardown", worker=worker)


def missing(story: Story, number: int, worker: str) -> None:
    nodeid = f"test_a.py::test_{number}"
    unit = ev.Unit(nodeid, "call")
    facts = (
        ev.TablesCreated(1, ["orders", "users"], "orm", PLACE, unit),
        ev.TablesDropped(1, ["orders", "users"], "orm", PLACE, unit),
        ev.NothingDone(1, 1, "create_all", 0, PLACE, unit),
    )
    failing(story, nodeid, MISSING, worker, *facts)


def missing_in_a_database_of_its_own(story: Story, number: int, worker: str) -> None:
    nodeid = f"test_a.py::test_{number}"
    unit = ev.Unit(nodeid, "call")
    facts = (
        ev.DatabaseSeen(100 + number, f"sqlite:///{number}.db", "sqlite"),
        ev.TablesCreated(100 + number, ["orders"], "orm", PLACE, unit),
        ev.TablesDropped(100 + number, ["orders"], "orm", PLACE, unit),
    )
    failing(story, nodeid, MISSING, worker, *facts, database=100 + number)


def model_unknown(story: Story, number: int, worker: str) -> None:
    nodeid = f"test_a.py::test_{number}"
    unit = ev.Unit(nodeid, "call")
    facts = (ev.TableRegistered(1, "users", PLACE, [], unit), ev.TableRemoved(1, "users", PLACE, unit))
    failing(story, nodeid, MODEL, worker, *facts)


def unique(story: Story, number: int, worker: str) -> None:
    nodeid = f"test_a.py::test_{number}"
    failing(story, nodeid, UNIQUE, worker)


def of_message(message: str) -> Callable[[Story, int, str], None]:
    def fails(story: Story, number: int, worker: str) -> None:
        nodeid = f"test_a.py::test_{number}"
        unit = ev.Unit(nodeid, "call")
        failed = ev.StatementFailed(1, "Error", ev.mark_of(message.partition(": ")[2]), PLACE, unit)
        holder = ev.Unit("test_a.py::test_0", "call")
        waits = [ev.WaitedInVain(1, why, [PLACE], [holder], PLACE, unit) for why in ("locked", "pool", "in use")]
        again = ev.IndexRepeated(1, "ix_day", "users", PLACE, [], unit)
        refused = ev.TableRefused(1, "users", PLACE, [PLACE], unit)
        failing(story, nodeid, message, worker, failed, *waits, again, refused)

    return fails


STORIES: dict[str, Callable[[Story, int, str], None]] = {
    "a table is missing": missing,
    "a table is missing in a database of its own": missing_in_a_database_of_its_own,
    "a model is not registered": model_unknown,
    "a row is not unique": unique,
    "the database is locked": of_message(LOCKED),
    "a transaction is aborted": of_message(ABORTED),
    "the pool is exhausted": of_message(POOL),
    "an index exists": of_message(INDEX),
    "a table is defined twice": of_message(TWICE),
}


def told(fails: Callable[[Story, int, str], None], tests: int, workers: int) -> Story:
    story = Story(workers=workers)
    names = [name for name in story.run.workers if name not in ("observer",)] if workers > 1 else ["main"]
    names = [name for name in names if name.startswith("gw")] or ["main"]
    for name in names:
        story.say(ev.MetadataSeen(1, "", PLACE), name)
        story.say(ev.DatabaseSeen(1, "sqlite:///it.db", "sqlite"), name)
    for number in range(tests):
        fails(story, number, names[number % len(names)])
    return story


def lines_run(work: Callable[[], object]) -> int:
    """How many lines of the product run, loops counted: the same on every machine."""
    count = 0

    def line(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return line

    def call(frame: FrameType, event: str, argument: object) -> Any:
        return line if "isolation_tui" in frame.f_code.co_filename else None

    before = sys.gettrace()
    sys.settrace(call)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("name", STORIES)
def test_twice_the_failing_tests_take_less_than_three_times_the_work(name: str, workers: int) -> None:
    once, twice = (told(STORIES[name], tests, workers).run for tests in (200, 400))
    conclude(told(STORIES[name], 3, workers).run)
    assert lines_run(lambda: conclude(twice)) < 3 * lines_run(lambda: conclude(once))
