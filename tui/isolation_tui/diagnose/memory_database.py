"""In-memory SQLite has a database per connection: the table is in another one than the test queried."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..model import Run, TableEvent, TableEventKind, Test, in_memory
from .blame import by, command
from .exceptions import failed_at, matching
from .finding import Evidence, Finding
from .victims_by_cause import VictimsByCause

KIND = "in-memory-database-per-connection"

_EXCEPTIONS = frozenset(("OperationalError",))
_MESSAGE = re.compile(r"no such table: (?:main\.|temp\.)?(?P<table>[^\n]+)")


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    """``holder`` is the database that had the table; ``made`` is its creation, if that was seen. ``shared``: the test
    used the same pool, whose connections each have a database of their own."""

    table: str
    holder: str
    made: TableEvent | None
    shared: bool


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each line that created the tables, and for each way of missing them."""
    groups: VictimsByCause[object, tuple[Test, _Elsewhere]] = VictimsByCause()
    for test in unexplained:
        match = matching(test, _EXCEPTIONS, _MESSAGE)
        found = _elsewhere(run, test, match["table"].strip()) if match is not None else None
        if found is not None:
            groups.add((found.made and found.made.place, found.shared), (test, found))
    return [_finding(run, victims) for victims in groups.values()]


def _elsewhere(run: Run, test: Test, table: str) -> _Elsewhere | None:
    """Where the table is; None if the test used other kinds of databases too, or the table was dropped from its own."""
    used = test.databases_used
    if not used or not all(map(in_memory, used)):
        return None
    ended = test.failure.ended if test.failure is not None else test.ended
    kinds = (TableEventKind.CREATED, TableEventKind.DROPPED)
    mine = [event for event in test.table_events if event.table == table and event.kind in kinds]
    latest = {event.holder: event for event in mine if event.worker == test.worker and event.at <= ended}
    if any(latest[holder].kind is TableEventKind.DROPPED for holder in used if holder in latest):
        return None
    standing = [holder for holder, event in latest.items() if event.kind is TableEventKind.CREATED]
    standing += [holder for holder, held in test.database_at_start.items() if table in held and holder not in latest]
    standing = sorted(filter(in_memory, standing), key=lambda holder: holder not in used)
    if not standing:
        return None
    holder = standing[0]
    created = run.table_history.last((TableEventKind.CREATED,), test.worker, table, holder, until=ended)
    return _Elsewhere(table, holder, created, holder in used)


def _finding(run: Run, victims: list[tuple[Test, _Elsewhere]]) -> Finding:
    first, found = victims[0]
    made, table = found.made, found.table
    evidence = []
    if made is not None:
        text = f"`{table}` created in {found.holder} {by(run, made.worker, made.unit)}"
        evidence.append(Evidence(text, made.place, made.unit.nodeid))
    if not found.shared:
        evidence.append(Evidence(f"the test uses {', '.join(first.databases_used)}", nodeid=first.nodeid))
    if first.failure is not None:
        evidence.append(Evidence(f"the query for `{table}` failed", failed_at(run, first.failure), first.nodeid))
    if found.shared:
        remedy = (
            "Every connection of this engine, and every thread, opens its own empty in-memory database. Use one "
            'connection: create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}).'
        )
    else:
        where = f"{made.place.function}()" if made is not None and made.place.function.isidentifier() else "the suite"
        remedy = (
            "Each engine with an in-memory URL has its own database. Let these tests use the engine on which "
            f"{where} creates the tables, or use the URL of one file everywhere."
        )
    return Finding(
        kind=KIND,
        title=f"Table `{table}` is in another in-memory database",
        tests=tuple(test.nodeid for test, _ in victims),
        evidence=tuple(evidence),
        remedy=remedy,
        command=command(run, first.nodeid),
        tables=tuple(dict.fromkeys(each.table for _, each in victims)),
        code="F5",
        locations=(f"{found.holder}.{table}",),
    )
