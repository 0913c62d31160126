"""The libraries that suites are made with, all in one suite, a module for each: what happens is charged to whom it is
due, and the run is what it is without us."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

import environments
from isolation_tui.model import Outcome, TableEventKind
from isolation_tui.model import Test as ObservedTest
from library_suite import ASYNCIO, ASYNCPG, STRICT, SUITE, TABLES, module
from observing import Ended, Seen, as_last_line, bare, comparable, observe, write
from postgres import Server
from pytest_isolation.events import Unit

pytestmark = pytest.mark.slow

ASYNC_ROWS = {
    "test_asyncio.py::test_in_its_own_session": ["call: notes +1 committed in test_in_its_own_session"],
    "test_asyncio.py::test_in_the_fixtures_session": [
        "two setup: notes +2 committed in two",
        "call: notes +1 rolled back in test_in_the_fixtures_session",
        "two teardown: notes -1 committed in two",
    ],
    "test_asyncio.py::test_in_a_loop_of_its_own": ["call: notes +1 committed in test_in_a_loop_of_its_own"],
}

ROWS = {
    "test_anyio.py::test_writes": [
        "one setup: notes +1 committed in one",
        "call: notes +1 committed in test_writes",
        "one teardown: notes -2 committed in one",
    ],
    "test_anyio.py::test_leaves": ["call: notes +1 committed in test_leaves"],
    **ASYNC_ROWS,
    "test_factory.py::test_batch": [
        "author setup: authors +1 committed in author",
        "call: books +3 rolled back in test_batch",
    ],
    "test_factory.py::test_sub_factory": [
        "call: authors +1 committed in test_sub_factory",
        "call: books +1 rolled back in test_sub_factory",
    ],
    **{f"test_flask.py::test_by_request[{kind}]": ["call: customer +1 committed in create"]
       for kind in ("memory", "file")},
    **{f"test_flask.py::test_beside_what_was_left[{kind}]": ["ada setup: customer +1 committed in ada",
                                                             "ada teardown: customer -1 committed in ada"]
       for kind in ("memory", "file")},
    "test_reruns.py::test_needs_three_tries": [
        "one setup: notes +1 committed in one",
        "call: notes +1 committed in test_needs_three_tries",
    ],
    "test_reruns.py::test_after": [],
    "test_sqlmodel.py::test_commits": ["call: hero +1 committed in test_commits"],
    "test_sqlmodel.py::test_flushes": ["call: hero +1 rolled back in test_flushes"],
    "test_subtests.py::test_parts": ["call: notes +1 committed in test_parts"] * 3,
    "test_unittest.py::Notes::test_1_leaves": [
        "_unittest_setUpClass_fixture_Notes setup: notes +1 committed in setUpClass",
        "call: notes +2-1 committed in setUp",
    ],
    "test_unittest.py::Notes::test_2_finds": [
        "call: notes +1 committed in setUp",
        "call: notes -1 committed in tearDown",
    ],
    "test_unittest.py::AsyncNotes::test_3_writes": ["call: notes +1 committed in test_3_writes"],
}  # fmt: skip


DIRTY = {
    "test_asyncio.py::test_in_the_fixtures_session": {"test_asyncio.py::test_in_its_own_session": 1},
    "test_factory.py::test_sub_factory": {"fixture author": 1},
    **{f"test_flask.py::test_beside_what_was_left[{kind}]": {f"test_flask.py::test_by_request[{kind}]": 1}
       for kind in ("memory", "file")},
    # Its third attempt found what the first two left.
    "test_reruns.py::test_needs_three_tries": {"fixture one": 2, "test_reruns.py::test_needs_three_tries": 2},
    "test_reruns.py::test_after": {"fixture one": 3, "test_reruns.py::test_needs_three_tries": 3},
    "test_sqlmodel.py::test_flushes": {"test_sqlmodel.py::test_commits": 1},
    "test_unittest.py::Notes::test_2_finds": {"test_unittest.py::Notes::test_1_leaves": 1},
}  # fmt: skip
"""What tests started with that was not meant for them. No other test of the suite did."""

TABLES_MADE = {
    "test_anyio.py": {"notes created by engine setup in engine"},
    "test_asyncio.py": {
        "notes created by engine setup in created",
        "notes created by call in created",
        "notes dropped by engine teardown in engine",
    },
    "test_factory.py": {"authors created by engine setup in engine", "books created by engine setup in engine"},
    "test_flask.py": {
        f"customer {what} in app"
        for kind in ("memory", "file")
        for what in (f"created by app[{kind}] setup", f"dropped by app[{kind}] teardown")
    },
    "test_reruns.py": {"notes created by engine setup in engine"},
    "test_sqlmodel.py": {"hero created by engine setup in engine"},
    "test_subtests.py": {"notes created by call in test_parts"},
    "test_unittest.py": {
        "notes created by _unittest_setUpClass_fixture_Notes setup in setUpClass",
        "notes dropped by _unittest_setUpClass_fixture_Notes teardown in tearDownClass",
        "notes created by call in asyncSetUp",
    },
}


@dataclass
class Both:
    """The suite by itself, and the suite observed."""

    alone: Ended
    said: str
    seen: Seen
    said_to_us: str


def run_both(folder: Path, files: Mapping[str, str], *args: str, env: Mapping[str, str] = {}) -> Both:
    python = environments.LIBRARIES.interpreter
    one, other = write(folder / "bare" / "suite", files), write(folder / "seen" / "suite", files)
    with ThreadPoolExecutor(1) as beside:
        running = beside.submit(bare, one, *args, python=python, env=env)
        seen = observe(other, *args, python=python, env=env)
        alone = running.result()
    return Both(alone, comparable(alone.output, one), seen, comparable(seen.output, other))


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return run_both(tmp_path_factory.mktemp("libraries"), SUITE, "-q", "-p", "no:randomly")


@pytest.fixture(scope="module")
def seen(both: Both) -> Seen:
    return both.seen


def test_the_run_is_the_bare_one(both: Both) -> None:
    assert both.said_to_us == both.said
    assert both.seen.status == both.alone.status == 1
    assert not both.seen.run.disabled_probes
    assert both.seen.run.dropped == 0


def test_the_counts_are_those_of_the_last_line(both: Both) -> None:
    counts = both.seen.run.counts
    assert {**as_last_line(counts), "subtests passed": counts.subtests_passed} == both.alone.last_line


def who(seen: Seen, worker: str, unit: Unit) -> str:
    life = seen.run.life_of_unit(worker, unit)
    return f"{life.name} {unit.step}" if life else unit.phase


def rows_of(seen: Seen, test: ObservedTest) -> list[str]:
    told = []
    for row in test.rows_written:
        numbers = "".join(
            f"{sign}{n}" for sign, n in zip("+~-", (row.inserted, row.updated, row.deleted), strict=True) if n
        )
        doubt = " or so" if row.inexact else ""
        unit = who(seen, test.worker, row.unit)
        told.append(f"{unit}: {row.table} {numbers}{doubt} {row.state} in {row.place.function}")
    return told


@pytest.mark.parametrize("nodeid", ROWS)
def test_rows_are_charged_to_who_wrote_them(seen: Seen, nodeid: str) -> None:
    assert rows_of(seen, seen.run.tests[nodeid]) == ROWS[nodeid]


def test_no_test_is_left_out(seen: Seen) -> None:
    assert set(seen.run.tests) == set(ROWS)


def dirty(seen: Seen) -> dict[str, dict[str, int]]:
    return {
        test.nodeid: {share.author.label: share.rows for found in test.rows_found for share in found.shares
                      if not share.intended}
        for test in seen.run.order if test.dirty_start
    }  # fmt: skip


def test_what_a_test_started_with_is_its_authors(seen: Seen) -> None:
    assert dirty(seen) == DIRTY


def ddl(seen: Seen, file: str) -> set[str]:
    told = set()
    for event in seen.run.table_events:
        if event.kind in (TableEventKind.CREATED, TableEventKind.DROPPED) and event.place.file.endswith(file):
            unit = who(seen, event.worker, event.unit)
            told.add(f"{event.table} {event.kind.value} by {unit} in {event.place.function}")
    return told


@pytest.mark.parametrize("file", TABLES_MADE)
def test_tables_are_charged_to_who_made_and_dropped_them(seen: Seen, file: str) -> None:
    assert ddl(seen, file) == TABLES_MADE[file]


def test_a_fixture_of_an_event_loop_serves_the_tests_of_its_module(seen: Seen) -> None:
    lives = {life.users[0].file: life for life in seen.run.lives if life.definition.name == "engine"}
    assert [len(lives[file].users) for file in ("test_anyio.py", "test_asyncio.py")] == [2, 2]
    assert all(life.torn_down is not None for life in lives.values())


def test_each_attempt_has_a_life_of_a_function_fixture(seen: Seen) -> None:
    test = seen.test("::test_needs_three_tries")
    lives = [life for life in seen.run.lives if life.definition.name == "one" and test in life.users]
    assert (test.attempt, len(lives)) == (3, 3)


# -- in any order -------------------------------------------------------------------------------------------------


def test_a_shuffled_suite_is_charged_alike(tmp_path: Path) -> None:
    files = {name: SUITE[name] for name in ("pytest.ini", "tables.py", "test_asyncio.py", "test_sqlmodel.py")}
    both = run_both(tmp_path, files, "-v", "--randomly-seed=5")
    assert both.said_to_us == both.said
    assert as_last_line(both.seen.run.counts) == both.alone.last_line
    passed = [test for test in both.seen.run.order if test.outcome is Outcome.PASSED]  # some count what others left
    assert len(passed) >= 2
    for test in passed:
        assert rows_of(both.seen, test) == ROWS[test.nodeid]


# -- asyncpg ------------------------------------------------------------------------------------------------------


def test_asyncpg_is_charged_as_aiosqlite_is(tmp_path: Path, postgres: Server) -> None:
    files = {"pytest.ini": STRICT, "tables.py": TABLES, "test_asyncio.py": module(ASYNCIO, ASYNCPG)}
    urls = {name: postgres.url("notes", "asyncpg") for name in ("URL", "OTHER_URL")}
    seen = observe(
        write(tmp_path / "suite", files), "-q", "-p", "no:randomly", python=environments.LIBRARIES.interpreter, env=urls
    )
    assert seen.status == 0, seen.output
    assert not seen.run.disabled_probes
    assert {nodeid: rows_of(seen, test) for nodeid, test in seen.run.tests.items()} == ASYNC_ROWS
    assert dirty(seen) == {nodeid: DIRTY[nodeid] for nodeid in DIRTY if nodeid.startswith("test_asyncio.py")}
    assert ddl(seen, "test_asyncio.py") == TABLES_MADE["test_asyncio.py"]
