"""SQLite: "database is locked", while another connection's transaction is open."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..model import FailedWait, ResourceHolder, Run, Test
from .blame import command, failed_waits, holder_named, holders_as_evidence, named, only_author
from .exceptions import failed_at, matching
from .finding import Evidence, Finding
from .victims_by_cause import VictimsByCause

KIND = "database-locked"

_EXCEPTIONS = frozenset(("OperationalError",))
_MESSAGE = re.compile(r"database (?:table |schema )?is locked")


def is_locked(test: Test) -> bool:
    """Whether the test failed by it."""
    return matching(test, _EXCEPTIONS, _MESSAGE) is not None


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each set of holders of the database, and one for tests without a known holder."""
    groups: VictimsByCause[tuple[ResourceHolder, ...], tuple[Test, FailedWait | None]] = VictimsByCause()
    waits = failed_waits(run, "locked")
    for test in unexplained:
        if is_locked(test):
            wait = waits.get((test.worker, test.nodeid))
            groups.add(tuple(dict.fromkeys(wait.holders)) if wait is not None else (), (test, wait))
    return [_finding(run, holders, victims) for holders, victims in groups.items()]


def _finding(run: Run, holders: tuple[ResourceHolder, ...], victims: list[tuple[Test, FailedWait | None]]) -> Finding:
    first, wait = victims[0]
    author = only_author(holders)
    evidence = holders_as_evidence(run, holders, "connection with an open transaction")
    if wait is not None and wait.place.file:
        evidence.append(Evidence("waited for the lock until the timeout", wait.place, first.nodeid))
    elif first.failure is not None:
        evidence.append(Evidence("waited for the lock until the timeout", failed_at(run, first.failure), first.nodeid))
    if holders:
        remedy = (
            f"Let {holder_named(run, author)} commit, roll back or close before others write, or let both use one "
            "session or connection: a transaction that has written locks the whole file until it ends."
        )
    else:
        remedy = (
            "No SQLAlchemy connection of this process was seen to hold it. Look for a connection opened with sqlite3 "
            "itself, and for another process; give each worker its own file."
        )
    database = wait.database if wait is not None else ""
    who = f" by {named(run, author)}" if named(run, author) else ""
    return Finding(
        kind=KIND,
        title=f"The database is locked{who}",
        tests=tuple(test.nodeid for test, _ in victims),
        evidence=tuple(evidence),
        remedy=remedy,
        author=author,
        command=command(run, author.nodeid, first.nodeid),
        code="F12",
        locations=(database,) if database else (),
    )
