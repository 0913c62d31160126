"""The ledger of rows against a real count: SQLite in memory and in a file, PostgreSQL, MariaDB where there is one.

Each test of :mod:`row_scenarios` is one way of writing rows. When it has ended, the rows of its tables are counted in
the database itself; afterwards they are compared with what the facts add up to.

Known to be wrong without being flagged (:data:`SILENT`): a raw cursor's write; on a server also what stands beside it,
and what a trigger or a cascade writes into another table. On SQLite the count of the table beside it is flagged where
SQLAlchemy wrote on the same connection.
"""

from __future__ import annotations

import json
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
from row_scenarios import CONFTEST, SCENARIOS

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
"""Scenarios whose count is wrong, and which nobody tells of it."""


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

    def written(self, scenario: str) -> list[RowsWritten]:
        return [fact for fact in self.seen.of(RowsWritten) if fact.unit.nodeid.endswith(f"::test_{scenario}")]


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
