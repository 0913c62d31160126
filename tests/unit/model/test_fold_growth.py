"""A suite that is twice as large takes about twice as long to fold."""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from isolation_tui.model import Database, Run, Stamped, leaks
from isolation_tui.model.authors import Author
from pytest_isolation import events as ev

PLACE = ev.Place("app", "/suite/app.py", 1)
Said = Iterator[tuple[str, object]]
"""(worker, fact) one after the other."""


def _ids(count: int) -> list[str]:
    return [f"tests/test_{number % 50}.py::test_{number}" for number in range(count)]


def _phases(nodeid: str, *lives: int) -> Iterator[object]:
    for when in ("setup", "call", "teardown"):
        yield ev.PhaseFinished(nodeid, 1, when, "passed", 1_000, list(lives))


def databases(tests: int) -> Said:
    """Each test has a database file of its own, on one of eight workers."""
    for number, nodeid in enumerate(_ids(tests), 1):
        worker, unit = f"gw{number % 8}", ev.Unit(nodeid, "call")
        yield worker, ev.TestStarted(nodeid)
        yield worker, ev.DatabaseSeen(number, f"sqlite:////tmp/{number}/app.db", "sqlite")
        yield worker, ev.TablesCreated(number, ["users"], "orm", PLACE, unit)
        yield worker, ev.RowsWritten(number, "users", 1, 0, 0, "committed", PLACE, unit, kept=1)
        yield from ((worker, fact) for fact in _phases(nodeid))
        yield worker, ev.DatabasesUsed(nodeid, [number])


def engines_of_one_url(tests: int) -> Said:
    """Each test makes an engine of the same URL, and none goes away."""
    for number, nodeid in enumerate(_ids(tests), 1):
        yield "main", ev.TestStarted(nodeid)
        yield "main", ev.DatabaseSeen(number, "sqlite://", "sqlite")
        yield from (("main", fact) for fact in _phases(nodeid))


def lives(count: int) -> Said:
    """Twenty tests share so many parametrised fixtures."""
    yield "main", ev.FixtureDefined(1, "app", "session", "conftest.py", PLACE)
    numbers = range(1, count + 1)
    yield from (("main", ev.FixtureSetUp(number, 1, "a.py::test_0", parameter=str(number))) for number in numbers)
    for number in range(20):
        yield "main", ev.TestStarted(f"a.py::test_{number}")
        yield from (("main", fact) for fact in _phases(f"a.py::test_{number}", *numbers))


def wide_fixtures(tests: int) -> Said:
    """Each test has a module fixture of its own, which fills a database of its own and leaves it so."""
    yield "main", ev.FixtureDefined(1, "database", "module", "conftest.py", PLACE)
    for number, nodeid in enumerate(_ids(tests), 1):
        unit = ev.Unit(nodeid, "setup", number, "setup")
        yield "main", ev.TestStarted(nodeid)
        yield "main", ev.DatabaseSeen(number, f"sqlite:////tmp/{number}/app.db", "sqlite")
        yield "main", ev.RowsWritten(number, "users", 1, 0, 0, "committed", PLACE, unit, kept=1)
        yield "main", ev.FixtureSetUp(number, 1, nodeid)
        yield "main", ev.FixtureTornDown(number, nodeid)
        yield from (("main", fact) for fact in _phases(nodeid, number))


def tables(count: int) -> Said:
    """Five tests create, fill, read and drop so many tables."""
    names = [f"table_{number}" for number in range(count)]
    yield "main", ev.MetadataSeen(1, "", PLACE)
    yield "main", ev.DatabaseSeen(1, "sqlite://", "sqlite")
    for name in names:
        yield "main", ev.TableRegistered(1, name, PLACE, [], ev.Unit("", "import"))
    for nodeid in _ids(5):
        unit = ev.Unit(nodeid, "call")
        yield "main", ev.TestStarted(nodeid)
        yield "main", ev.TablesCreated(1, names, "orm", PLACE, unit)
        for name in names:
            yield "main", ev.RowsWritten(1, name, 1, 0, 0, "committed", PLACE, unit, kept=1)
        yield "main", ev.TablesRead(1, names, unit, PLACE)
        yield from (("main", fact) for fact in _phases(nodeid))
        yield "main", ev.DatabasesUsed(nodeid, [1])
        yield "main", ev.TablesDropped(1, names, "orm", PLACE, unit)


def metadata(tests: int) -> Said:
    """Each test maps a class in a MetaData of its own, which goes away with it."""
    for number, nodeid in enumerate(_ids(tests), 1):
        unit = ev.Unit(nodeid, "call")
        yield "main", ev.TestStarted(nodeid)
        yield "main", ev.MetadataSeen(number, "", PLACE)
        yield "main", ev.TableRegistered(number, f"table_{number}", PLACE, [], unit)
        yield "main", ev.ModelMapped(number, f"table_{number}", f"app.Model{number}", unit, PLACE)
        yield "main", ev.RegistryDisposed([f"app.Model{number}"], PLACE, unit)
        yield from (("main", fact) for fact in _phases(nodeid))
        yield "main", ev.HoldersGone([number], [])


def broken_files(files: int) -> Said:
    """Both workers fail to import so many files."""
    for number in range(files):
        for worker in ("gw0", "gw1"):
            yield worker, ev.CollectionFailed(f"tests/test_{number}.py", "ImportError", "no module")


def tables_left(tests: int) -> Said:
    """Each test leaves a table in the same database, and in the same MetaData."""
    yield "main", ev.MetadataSeen(1, "", PLACE)
    yield "main", ev.DatabaseSeen(1, "sqlite:////tmp/app.db", "sqlite")
    for number, nodeid in enumerate(_ids(tests)):
        unit = ev.Unit(nodeid, "call")
        yield "main", ev.TestStarted(nodeid)
        yield "main", ev.TableRegistered(1, f"table_{number}", PLACE, [], unit)
        yield "main", ev.TablesCreated(1, [f"table_{number}"], "orm", PLACE, unit)
        yield from (("main", fact) for fact in _phases(nodeid))


def state_left(tests: int) -> Said:
    """Each test leaves an environment variable of its own."""
    for number, nodeid in enumerate(_ids(tests)):
        yield "main", ev.TestStarted(nodeid)
        yield "main", ev.StateChanged("env", f"VARIABLE_{number}", "set", ev.Unit(nodeid, "call"))
        yield from (("main", fact) for fact in _phases(nodeid))


def _facts(story: Callable[[int], Said], size: int) -> list[Stamped]:
    return [Stamped(worker, number / 1e3, fact) for number, (worker, fact) in enumerate(story(size), 1)]


def _seconds(facts: list[Stamped]) -> float:
    run = Run()
    gc.collect()
    gc.disable()
    began = time.process_time()
    for fact in facts:
        run.apply(fact)
    took = time.process_time() - began
    gc.enable()
    return took


@pytest.mark.parametrize(
    ("story", "size"),
    [
        (databases, 3_000),
        (engines_of_one_url, 1_500),
        (lives, 1_000),
        (wide_fixtures, 2_000),
        (tables, 400),
        (metadata, 1_000),
        (broken_files, 2_000),
        (tables_left, 2_000),
        (state_left, 2_000),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_the_fold_takes_time_in_proportion_to_the_suite(story: Callable[[int], Said], size: int) -> None:
    once, twice = _facts(story, size), _facts(story, 2 * size)
    # A busy machine slows one of two measurements: only what is slow each time grows too fast.
    assert any(_seconds(twice) < 3 * _seconds(once) for _ in range(4))


def leftover_rows(tests: int) -> Said:
    """Thirty tests leave rows in a table, and the others read it and roll back what they write."""
    yield "main", ev.DatabaseSeen(1, "sqlite:////tmp/app.db", "sqlite")
    for number, nodeid in enumerate(_ids(tests)):
        unit, kept = ev.Unit(nodeid, "call"), int(number < 30)
        state = "committed" if kept else "rolled back"
        yield "main", ev.TestStarted(nodeid)
        yield "main", ev.TablesRead(1, ["users"], unit, PLACE)
        yield (
            "main",
            ev.RowsWritten(1, "users", 1, 0, 0, state, PLACE, unit, kept=kept),
        )
        yield from (("main", fact) for fact in _phases(nodeid))
        yield "main", ev.DatabasesUsed(nodeid, [1])


def test_leftover_rows_are_added_up_when_they_change_and_not_at_each_read(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[Author] = []
    own_hash = Author.__hash__

    def counted(author: Author) -> int:
        looked_up.append(author)
        return own_hash(author)

    monkeypatch.setattr(Author, "__hash__", counted)
    run, tests = Run(), 300
    for fact in _facts(leftover_rows, 30):
        run.apply(fact)
    few = len(looked_up)
    run = Run()
    for fact in _facts(leftover_rows, tests):
        run.apply(fact)
    many = len(looked_up) - few
    assert many - few < tests
    assert {total.met for total in run.residue.values()} == set(range(tests - 30, tests))


def _folded(facts: list[Stamped]) -> Run:
    run = Run()
    for fact in facts:
        run.apply(fact)
    return run


def _kilobytes(facts: list[Stamped]) -> float:
    """What a run keeps in memory."""
    tracemalloc.start()
    run = _folded(facts)
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert run.done
    return kept / 1e3


@pytest.mark.parametrize("story", [tables_left, state_left])
def test_what_every_test_leaves_takes_memory_in_proportion_to_the_suite(story: Callable[[int], Said]) -> None:
    assert _kilobytes(_facts(story, 1_000)) < 3 * _kilobytes(_facts(story, 500))


def test_each_test_found_the_tables_and_state_of_those_before_it() -> None:
    run = _folded(_facts(tables_left, 200))
    for number in (0, 1, 64, 65, 66, 130, 199):
        names = frozenset(f"table_{each}" for each in range(number))
        test = run.order[number]
        assert test.database_at_start == {"sqlite:////tmp/app.db": names}
        assert test.database_at_end == {"sqlite:////tmp/app.db": names | {f"table_{number}"}}
    run = _folded(_facts(state_left, 200))
    for number in (0, 1, 64, 65, 66, 130, 199):
        assert list(run.order[number].state_found) == [f"env:VARIABLE_{each}" for each in range(number)]
    assert {leak.author.nodeid: leak.met for leak in leaks(run)} == {
        test.nodeid: 199 - number for number, test in enumerate(run.order)
    }


def test_tables_that_come_and_go_are_those_of_each_moment() -> None:
    database, kept, expected = Database(1, "app.db"), [], []
    for number in range(400):
        database.add([f"table_{number}", f"table_{number % 90}"])
        database.remove([f"table_{number - 80}", f"table_{number * 7 % 400}"])
        kept.append(database.version)
        expected.append(database.tables)
    assert [version.contents for version in kept] == expected
    assert all(kept[number].get(name) for number in range(0, 400, 20) for name in expected[number])
    assert not any(version.get(f"table_{number + 1}") for number, version in enumerate(kept) if number > 90)
