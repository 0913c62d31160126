"""DROP DATABASE is refused: 'database "x" is being accessed by other users'."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..model import UNKNOWN, FailedWait, Run, Test
from .blame import command, failed_waits, holders_as_evidence, named, only_author
from .exceptions import failed_at, matching
from .finding import Evidence, Finding
from .victims_by_cause import VictimsByCause

KIND = "database-in-use"

_EXCEPTIONS = frozenset(("OperationalError", "DBAPIError", "ObjectInUse", "ObjectInUseError"))
_MESSAGE = re.compile(r"database \"(?P<name>[^\"\n]+)\" is being accessed by other users")


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each line that drops a database or uses it as a template, and each author of connections."""
    groups: VictimsByCause[object, tuple[Test, str, FailedWait | None]] = VictimsByCause()
    waits = failed_waits(run, "in use")
    for test in unexplained:
        match = matching(test, _EXCEPTIONS, _MESSAGE)
        if match is not None and test.failure is not None:
            wait = waits.get((test.worker, test.nodeid))
            author = only_author(wait.holders) if wait is not None else UNKNOWN
            groups.add((failed_at(run, test.failure), author), (test, match["name"], wait))
    return [_finding(run, victims) for victims in groups.values()]


def _finding(run: Run, victims: list[tuple[Test, str, FailedWait | None]]) -> Finding:
    first, name, wait = victims[0]
    holders = wait.holders if wait is not None else ()
    author = only_author(holders)
    evidence = holders_as_evidence(run, holders, "connection")
    database = _label(run, first, name)
    latest = _latest_user(run, database, first) if database else None
    if latest is not None:
        text = f"{latest.name} was the last test to use {database}: its pool keeps connections until dispose()"
        evidence.append(Evidence(text, nodeid=latest.nodeid))
    if first.failure is not None:
        evidence.append(Evidence(f"`{name}` is in use", failed_at(run, first.failure), first.nodeid))
    who = named(run, author)
    closing = f"Let {who} close its connection, and call" if who else "Call"
    return Finding(
        kind=KIND,
        title=f"Database `{name}` is in use" + (f" by {who}" if who else "") + " when it is dropped",
        tests=tuple(test.nodeid for test, _, _ in victims),
        evidence=tuple(evidence),
        remedy=(
            f"{closing} engine.dispose() on every engine of `{name}` before it is dropped: returned connections "
            "stay open in their pool. NullPool keeps none; DROP DATABASE ... WITH (FORCE) closes the others."
        ),
        author=author,
        command=command(run, author.nodeid, first.nodeid),
        code="F17",
        locations=(database,) if database else (),
    )


def _latest_user(run: Run, database: str, victim: Test) -> Test | None:
    return next((test for test in reversed(run.order) if database in test.databases_used and test is not victim), None)


def _label(run: Run, test: Test, name: str) -> str:
    """The label of the database with that name; '' if no engine of this process used it."""
    known = run.worker(test.worker).databases.values()
    labels = (held.label for held in known)
    return next((label for label in labels if label.partition("?")[0].rpartition("/")[2] == name), "")
