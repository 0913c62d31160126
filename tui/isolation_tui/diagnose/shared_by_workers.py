"""Several workers of pytest-xdist use one database, and change it for each other."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from ..model import RowWrite, Run, TableEventKind, Test, in_memory
from .blame import by, command, failed_waits
from .database_locked import is_locked
from .exceptions import failed_at, matching
from .finding import Evidence, Finding
from .victims_by_cause import VictimsByCause

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
    """What another worker did to ``database`` before the test failed."""

    database: str
    evidence: Evidence
    other: str


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each database in which failing tests met what another worker had done."""
    if run.worker_count < 2:
        return []
    shared = _shared(run)
    others = _OtherWorkers(run) if shared else None
    groups: VictimsByCause[str, tuple[Test, _Met]] = VictimsByCause()
    for test in unexplained if others is not None else ():
        for database in test.databases_used:
            met = others.met(test, database) if others is not None and database in shared else None
            if met is not None:
                groups.add(database, (test, met))
                break
    return [_finding(run, database, victims) for database, victims in groups.items()]


def _shared(run: Run) -> set[str]:
    """Databases that more than one worker used."""
    workers: dict[str, set[str]] = defaultdict(set)
    for worker in run.workers.values():
        for database in worker.databases.values():
            workers[database.label].add(worker.name)
    return {label for label, names in workers.items() if len(names) > 1 and not in_memory(label)}


class _OtherWorkers:
    """What workers did to the databases that they share, indexed once for all failing tests."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._waits = failed_waits(run, "locked")
        self._writes: dict[tuple[str, str | None], list[tuple[Test, RowWrite]]] = defaultdict(list)
        """(database, table) -> committed inserts in the order their tests started; None for any table."""
        for test in run.order:
            for write in test.rows_written:
                if write.inserted and write.state == "committed":
                    self._writes[write.database, write.table].append((test, write))
                    self._writes[write.database, None].append((test, write))

    def met(self, test: Test, database: str) -> _Met | None:
        """What the test met of another worker; None if its failure may as well be its own worker's doing."""
        exists = matching(test, _EXCEPTIONS, _EXISTS)
        if exists is not None:
            table = next(name for name in exists.groups() if name)
            return self._ddl(test, database, table, TableEventKind.CREATED)
        missing = matching(test, _EXCEPTIONS, _MISSING)
        if missing is not None:
            table = next(name for name in missing.groups() if name).strip()
            return self._ddl(test, database, table, TableEventKind.DROPPED)
        unique = matching(test, _EXCEPTIONS, _UNIQUE)
        if unique is not None:
            return self._rows(test, database, unique["table"])
        if is_locked(test):
            wait = self._waits.get((test.worker, test.nodeid))
            return self._use(test, database) if wait is None or not wait.holders else None
        return None

    def _ddl(self, test: Test, database: str, table: str, kind: TableEventKind) -> _Met | None:
        """The table's last CREATE or DROP, if it was of that kind and by another worker."""
        run, ended = self._run, _ended(test)
        kinds = (TableEventKind.CREATED, TableEventKind.DROPPED)
        events = (run.table_history.last(kinds, worker, table, database, until=ended) for worker in run.workers)
        last = max((event for event in events if event is not None), key=lambda event: event.at, default=None)
        if last is None or last.kind is not kind or last.worker == test.worker:
            return None
        text = f"`{table}` {kind.value} by worker {last.worker}, {by(run, last.worker, last.unit)}"
        return _Met(database, Evidence(text, last.place, last.unit.nodeid), last.unit.nodeid)

    def _rows(self, test: Test, database: str, table: str | None) -> _Met | None:
        """The latest rows that another worker committed there."""
        if any(found.dirty and table in (None, found.table) for found in test.rows_found):
            return None
        writes = self._writes.get((database, table), [])
        for number in range(bisect_right(writes, _ended(test), key=lambda each: each[0].started) - 1, -1, -1):
            other, write = writes[number]
            if other.worker != test.worker:
                whose = by(self._run, other.worker, write.unit)
                text = f"rows of `{write.table}` written by worker {other.worker}, {whose}"
                return _Met(database, Evidence(text, write.place, other.nodeid), other.nodeid)
        return None

    def _use(self, test: Test, database: str) -> _Met | None:
        """A test of another worker that used the database at the same time."""
        for worker in self._run.workers.values():
            number = bisect_right(worker.order, test.ended, key=lambda each: each.started)
            other = worker.order[number - 1] if number else None
            at_once = other is not None and other.ended >= test.started
            if other is not None and at_once and worker.name != test.worker and database in other.databases_used:
                text = f"worker {worker.name} used it at the same time, in {other.nodeid}"
                return _Met(database, Evidence(text, nodeid=other.nodeid), other.nodeid)
        return None


def _ended(test: Test) -> float:
    return test.failure.ended if test.failure is not None else test.ended


def _finding(run: Run, database: str, victims: list[tuple[Test, _Met]]) -> Finding:
    first, met = victims[0]
    workers = sorted(
        worker.name
        for worker in run.workers.values()
        if any(known.label == database for known in worker.databases.values())
    )
    evidence = [Evidence(f"{', '.join(workers)} use {database}"), met.evidence]
    if first.failure is not None:
        message = first.failure.message.partition("\n")[0]
        evidence.append(
            Evidence(f"a test of worker {first.worker} failed: {message}", failed_at(run, first.failure), first.nodeid)
        )
    return Finding(
        kind=KIND,
        title=f"{len(workers)} workers share one database, {database}",
        tests=tuple(test.nodeid for test, _ in victims),
        evidence=tuple(evidence),
        remedy=(
            "Give each worker its own database: put pytest-xdist's worker_id into its name or file, where the URL "
            f"{database} is built. Or keep the tests that use it on one worker: xdist_group, and --dist loadgroup."
        ),
        command=command(run, met.other, first.nodeid) + f" -n {len(workers)}",
        code="F18",
        locations=(database,),
    )
