"""Several workers of pytest-xdist share one database, and what one does another meets."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from ..model import Run, TableEvent, TableEventKind, Test, in_memory
from .blame import by, command, failed_wait
from .database_locked import is_locked
from .exceptions import failed_at, matching
from .finding import Evidence, Finding

KIND = "database-shared-by-workers"

_EXCEPTIONS = frozenset(
    (
        "OperationalError",
        "ProgrammingError",
        "IntegrityError",
        "DuplicateTable",
        "UniqueViolation",
        "DuplicateTableError",
    )
)
_EXISTS = re.compile(
    r"table \"?(?P<sqlite>[^\"\s]+)\"? already exists"
    r"|relation \"(?P<postgresql>[^\"\n]+)\" already exists"
    r"|Table '(?P<mysql>[^'\n]+)' already exists"
    r"|Key \(typname, typnamespace\)=\((?P<type>[^,]+),"
)
_MISSING = re.compile(
    r"no such table: (?:main\.)?(?P<sqlite>[^\n]+)"
    r"|relation \"(?P<postgresql>[^\"\n]+)\" does not exist"
    r"|Table '(?P<mysql>[^'\n]+)' doesn't exist"
)
_UNIQUE = re.compile(r"UNIQUE constraint failed: (?P<table>[^.\s]+)\.|duplicate key value|Duplicate entry")


@dataclass(frozen=True, slots=True)
class _Met:
    """What another worker had done to ``database`` when the test met it."""

    database: str
    evidence: Evidence
    other: str


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each database that tests failed by because another worker was seen to be at it."""
    if run.worker_count < 2:
        return []
    shared = _shared(run)
    groups: dict[str, list[tuple[Test, _Met]]] = defaultdict(list)
    for test in unexplained if shared else ():
        for database in test.databases_used:
            met = _met(run, test, database) if database in shared else None
            if met is not None:
                groups[database].append((test, met))
                break
    return [_finding(run, database, victims) for database, victims in groups.items()]


def _shared(run: Run) -> set[str]:
    """Databases that more than one worker spoke to."""
    workers: dict[str, set[str]] = defaultdict(set)
    for worker in run.workers.values():
        for database in worker.databases.values():
            workers[database.label].add(worker.name)
    return {label for label, names in workers.items() if len(names) > 1 and not in_memory(label)}


def _met(run: Run, test: Test, database: str) -> _Met | None:
    """None where what the test failed with may as well be its own worker's doing."""
    exists = matching(test, _EXCEPTIONS, _EXISTS)
    if exists is not None:
        table = next(name for name in exists.groups() if name)
        return _met_ddl(run, test, database, table, TableEventKind.CREATED)
    missing = matching(test, _EXCEPTIONS, _MISSING)
    if missing is not None:
        table = next(name for name in missing.groups() if name).strip()
        return _met_ddl(run, test, database, table, TableEventKind.DROPPED)
    unique = matching(test, _EXCEPTIONS, _UNIQUE)
    if unique is not None:
        return _met_rows(run, test, database, unique["table"])
    if is_locked(test):
        told = failed_wait(run, test, "locked")
        return _met_anybody(run, test, database) if told is None or not told.holders else None
    return None


def _met_ddl(run: Run, test: Test, database: str, table: str, kind: TableEventKind) -> _Met | None:
    """The last that happened to the table was that kind of DDL, by another worker."""
    ended = test.failure.ended if test.failure is not None else test.ended
    kinds = (TableEventKind.CREATED, TableEventKind.DROPPED)
    last: TableEvent | None = None
    for event in run.table_events:
        if event.kind in kinds and event.holder == database and event.table == table and event.at <= ended:
            last = event if last is None or event.at >= last.at else last
    if last is None or last.kind is not kind or last.worker == test.worker:
        return None
    text = f"'{table}' {kind.value} by worker {last.worker}, {by(run, last.worker, last.unit)}"
    return _Met(database, Evidence(text, last.place, last.unit.nodeid), last.unit.nodeid)


def _met_rows(run: Run, test: Test, database: str, table: str | None) -> _Met | None:
    if any(found.dirty and table in (None, found.table) for found in test.rows_found):
        return None
    ended = test.failure.ended if test.failure is not None else test.ended
    for other in reversed(run.order):
        if other.worker == test.worker or other.started > ended:
            continue
        for written in other.rows_written:
            stood = written.inserted and written.state == "committed" and written.database == database
            if stood and table in (None, written.table):
                text = (
                    f"rows of '{written.table}' written by worker {other.worker}, {by(run, other.worker, written.unit)}"
                )
                return _Met(database, Evidence(text, written.place, other.nodeid), other.nodeid)
    return None


def _met_anybody(run: Run, test: Test, database: str) -> _Met | None:
    for other in run.order:
        at_once = other.started <= test.ended and other.ended >= test.started
        if other.worker != test.worker and at_once and database in other.databases_used:
            text = f"worker {other.worker} was at it, with {other.nodeid}"
            return _Met(database, Evidence(text, nodeid=other.nodeid), other.nodeid)
    return None


def _finding(run: Run, database: str, victims: list[tuple[Test, _Met]]) -> Finding:
    first, met = victims[0]
    workers = sorted(
        worker.name
        for worker in run.workers.values()
        if any(known.label == database for known in worker.databases.values())
    )
    evidence = [Evidence(f"{', '.join(workers)} speak to {database}"), met.evidence]
    if first.failure is not None:
        message = first.failure.message.partition("\n")[0]
        evidence.append(
            Evidence(f"worker {first.worker} met it: {message}", failed_at(run, first.failure), first.nodeid)
        )
    return Finding(
        kind=KIND,
        title=f"{len(workers)} workers share one database, {database}",
        tests=tuple(test.nodeid for test, _ in victims),
        evidence=tuple(evidence),
        remedy=(
            "Give each worker a database of its own: put pytest-xdist's worker_id into its name or file, where the URL "
            f"{database} is made. Or keep the tests that use it on one worker: xdist_group, and --dist loadgroup."
        ),
        command=command(run, met.other, first.nodeid) + f" -n {len(workers)}",
        code="F18",
        locations=(database,),
    )
