"""The ledger of rows against a real count: SQLite in memory and in a file, PostgreSQL; MariaDB where one is named.

Each test of :mod:`row_scenarios` is one way of writing rows. When it has ended, the rows of its tables are counted in
the database itself; afterwards they are compared with what the facts add up to.

Known to be wrong without being flagged (:data:`SILENT`): a raw cursor's write; on a server also what is beside it,
and what a trigger or a cascade writes into another table. On SQLite the count of the table beside it is flagged where
SQLAlchemy wrote on the same connection.
"""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import environments
from isolation_tui.model import Outcome
from observing import Seen, observe, write
from postgres import Server
from pytest_isolation.events import DatabasesUsed, RowsWritten
from row_databases import CONFTEST
from row_scenarios import SCENARIOS

FLAGGED = {
    "upsert",
    "or_replace",
    "create_table_as",
    "trigger_on_the_same_table",
    "trigger_into_another_table",
    "cascade",
    "raw_commit",
    "raw_cursor_beside",
}
"""Scenarios whose count may be wrong, and which say so."""

SILENT = {
    "raw_cursor[memory]",
    "raw_cursor[file]",
    "raw_cursor[postgresql]",
    "raw_cursor_beside[postgresql]",
    "trigger_into_another_table[postgresql]",
    "cascade[postgresql]",
}
"""Scenarios whose count is wrong without being flagged."""


@dataclass
class Compared:
    """One scenario: ``ledger`` is table -> (rows, inexact?)."""

    name: str
    real: dict[str, int]
    ledger: dict[str, tuple[int, bool]]

    @property
    def verdict(self) -> str:
        if any(inexact for _, inexact in self.ledger.values()):
            return "flagged"
        rows = {table: count for table, (count, _) in self.ledger.items() if count}
        return "exact" if rows == {table: count for table, count in self.real.items() if count} else "wrong"


def compared(seen: Seen, counts: Path) -> list[Compared]:
    real = json.loads(counts.read_text())
    used = {fact.nodeid: fact.databases for fact in seen.of(DatabasesUsed)}
    rows = seen.run.workers["main"].rows
    return [
        Compared(
            nodeid.partition("::test_")[2],
            real[nodeid],
            {
                name: (sum(entry.rows for entry in table.standing()), bool(found and found.inexact) or table.inexact)
                for number in used[nodeid]
                for name, table in rows.get(number, {}).items()
                for found in [table.found()]
            },
        )
        for nodeid in real
        if seen.run.tests[nodeid].outcome is not Outcome.SKIPPED
    ]


@dataclass
class Told:
    """One run of the scenarios on all databases."""

    seen: Seen
    compared: list[Compared]

    def written(self, scenario: str, table: str = "a") -> list[RowsWritten]:
        """What the test itself wrote, not its fixtures."""
        facts = [fact for fact in self.seen.of(RowsWritten) if fact.unit.nodeid.endswith(f"::test_{scenario}")]
        return [fact for fact in facts if fact.table == table and not fact.unit.life]

    def keys(self, scenario: str, table: str = "a") -> list[str]:
        return [key for fact in self.written(scenario, table) for key in fact.keys]

    def ways(self, scenario: str) -> list[tuple[str, str]]:
        return [(fact.state, fact.way) for fact in self.written(scenario)]


@pytest.fixture(scope="module", params=["current", "old"])
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgres: Server) -> Told:
    """Our own environment has the newest SQLAlchemy, psycopg 3, asyncpg and aiosqlite; the old one SQLAlchemy 1.4,
    psycopg2 and the same asynchronous drivers."""
    old = request.param == "old"
    python = environments.OLD_DATABASES.interpreter if old else sys.executable
    url = postgres.url("scenarios", "psycopg2" if old else "psycopg")
    root = write(tmp_path_factory.mktemp("rows") / "suite", {"conftest.py": CONFTEST, "test_it.py": SCENARIOS})
    counts = root.parent / "counts.json"
    env = {
        "COUNTS": str(counts),
        "KINDS": "memory,file,postgresql",
        "POSTGRESQL": url,
        "POSTGRESQL_ASYNC": re.sub(r"\+\w+", "+asyncpg", url),
    }
    seen = observe(root, "-q", python=python, env=env)
    assert seen.run.counts.failed == 0, seen.output
    assert seen.run.counts.errors == 0, seen.output
    assert seen.run.disabled_probes == []
    return Told(seen, compared(seen, counts))


def test_only_what_is_known_to_be_silent_is_wrong_without_being_flagged(told: Told) -> None:
    assert {each.name for each in told.compared if each.verdict == "wrong"} == SILENT


@pytest.mark.parametrize("kind", ["memory", "file", "postgresql"])
def test_at_least_85_of_100_are_exact(told: Told, kind: str) -> None:
    mine = [each for each in told.compared if each.name.endswith(f"[{kind}]")]
    exact = [each for each in mine if each.verdict == "exact"]
    assert len(mine) >= 60
    assert len(exact) / len(mine) >= 0.85


def test_only_what_cannot_be_known_is_flagged(told: Told) -> None:
    flagged = {re.sub(r"\[.*", "", each.name) for each in told.compared if each.verdict == "flagged"}
    assert flagged <= FLAGGED


KINDS = ["memory", "file", "postgresql"]
everywhere = pytest.mark.parametrize("kind", KINDS)
on_two_connections = pytest.mark.parametrize("kind", ["file", "postgresql"])


@everywhere
def test_keys_of_remaining_rows_are_listed_where_they_are_known(told: Told, kind: str) -> None:
    assert told.keys(f"add_one[{kind}]") == ["id=1"]
    assert told.keys(f"core_insert[{kind}]") == ["id=1"]
    assert told.keys(f"several_values[{kind}]", "several") == ["id=7", "id=8", "id=20", "id=21", "id=22"]
    assert told.keys(f"text[{kind}]") == []


@everywhere
def test_the_first_few_keys_are_enough(told: Told, kind: str) -> None:
    assert len(told.keys(f"add_thousands[{kind}]")) <= 5


@everywhere
def test_keys_of_rows_that_the_test_deleted_are_not_listed(told: Told, kind: str) -> None:
    assert told.keys(f"given_keys[{kind}]") == ["id=11", "id=33"]
    assert told.keys(f"some_of_its_own[{kind}]") == []  # which of them is not known
    assert [
        key for fact in told.written(f"rollback_then_commit[{kind}]") if fact.state == "committed" for key in fact.keys
    ]


@everywhere
def test_deleting_anothers_row_by_its_key_leaves_that_authors_other_rows(told: Told, kind: str) -> None:
    (fact,) = told.written(f"key_of_another[{kind}]")
    assert (fact.taken, fact.gone) == (1, ["id=5"])
    test = told.seen.test(f"test_key_of_another[{kind}]")
    (left,) = [left for left in test.rows_left if left.table == "a"]
    assert (left.rows, left.author.label) == (1, "fixture pair")
    tally = told.seen.run.residue[left.author, left.database, "a"]
    assert tally.keys == ("id=6",)


@everywhere
def test_keys_are_plain_values_and_no_other_column_is_sent(told: Told, kind: str) -> None:
    name = f"kinds_of_keys[{kind}]"
    assert told.keys(name, "composite") == ["k0=3,k1=x", "k0=4,k1=y"]
    assert told.keys(name, "long") == ["k0=" + "x" * 39 + "\N{HORIZONTAL ELLIPSIS}"]
    assert told.keys(name, "binary") == ["k0=3 bytes"]
    assert told.keys(name, "hostile") == []
    assert "s3cret" not in told.seen.recorded.read_text()


def test_a_savepoint_that_held_nothing_is_a_way_of_escape(told: Told) -> None:
    assert ("committed", "savepoint") in told.ways("escape[file]")
    assert told.ways("escape[postgresql]") == [("rolled back", "")]


@on_two_connections
def test_a_commit_beside_a_transaction_that_a_fixture_holds_is_a_way_of_escape(told: Told, kind: str) -> None:
    assert told.ways(f"beside_what_is_held[{kind}]") == [("committed", "beside")]
    assert told.ways(f"beside_it_in_a_thread[{kind}]") == [("committed", "thread")]
    assert ("committed", "") not in told.ways(f"within_what_is_held[{kind}]")
    assert {way for _, way in told.ways(f"within_what_is_held[{kind}]")} == {""}


@everywhere
def test_nothing_escapes_where_nothing_is_held(told: Told, kind: str) -> None:
    assert {way for _, way in told.ways(f"two_engines[{kind}]") + told.ways(f"thread[{kind}]")} == {""}


# -- MariaDB: not needed by anything else here

MARIADB = "ISOLATION_TUI_TEST_MYSQL"
"""Names the URL of a database on a server where the scenarios may make others: ``mysql+pymysql://root@localhost/it``."""

SILENT_ON_MARIADB = {
    "raw_cursor[mysql]",
    "raw_cursor_beside[mysql]",
    "raw_commit[mysql]",
    "trigger_into_another_table[mysql]",
    "cascade[mysql]",
}


@pytest.mark.skipif(MARIADB not in os.environ, reason=f"needs PyMySQL, and a server's URL in {MARIADB}")
def test_mariadb_and_the_ddl_that_commits_there(tmp_path: Path) -> None:
    root = write(tmp_path / "suite", {"conftest.py": CONFTEST, "test_it.py": SCENARIOS})
    counts = tmp_path / "counts.json"
    seen = observe(root, "-q", env={"COUNTS": str(counts), "KINDS": "mysql", "MYSQL": os.environ[MARIADB]})
    assert (seen.run.counts.failed, seen.run.counts.errors) == (0, 0), seen.output
    told = Told(seen, compared(seen, counts))
    assert {each.name for each in told.compared if each.verdict == "wrong"} == SILENT_ON_MARIADB
    assert len([each for each in told.compared if each.verdict == "exact"]) >= 0.85 * len(told.compared)
    assert told.ways("rows_then_ddl[mysql]") == [("committed", "ddl")]
