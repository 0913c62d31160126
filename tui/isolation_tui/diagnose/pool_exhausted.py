"""All connections of a pool are checked out: "QueuePool limit of size 5 overflow 10 reached"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..model import FailedWait, Run, Test
from .blame import command, failed_waits, holders_as_evidence, named, only_author
from .exceptions import failed_at, matching
from .finding import Evidence, Finding
from .victims_by_cause import VictimsByCause

KIND = "pool-exhausted"

_EXCEPTIONS = frozenset(("TimeoutError",))
_MESSAGE = re.compile(r"QueuePool limit of size (?P<size>\d+) overflow (?P<overflow>-?\d+) reached")


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each author of the connections; one for each combination of several."""
    groups: VictimsByCause[object, tuple[Test, FailedWait | None]] = VictimsByCause()
    waits = failed_waits(run, "pool")
    for test in unexplained:
        if matching(test, _EXCEPTIONS, _MESSAGE) is not None:
            wait = waits.get((test.worker, test.nodeid))
            holders = wait.holders if wait is not None else ()
            author = only_author(holders)
            groups.add(author if author.known else frozenset(holders), (test, wait))
    return [_finding(run, victims) for victims in groups.values()]


def _finding(run: Run, victims: list[tuple[Test, FailedWait | None]]) -> Finding:
    first, wait = victims[0]
    holders = wait.holders if wait is not None else ()
    author = only_author(holders)
    evidence = holders_as_evidence(run, holders, "connection")
    if first.failure is not None:
        place = wait.place if wait is not None and wait.place.file else failed_at(run, first.failure)
        evidence.append(Evidence("one more was requested", place, first.nodeid))
    count = f"all {len(holders)} connections" if holders else "all connections"
    who = named(run, author)
    mine = "in the test itself" if author.nodeid == first.nodeid else "in its teardown"
    remedy = (
        f"Let {who} return what it checks out, {mine}: use a with block around each connection and session, or "
        "close(). A larger pool only delays the error."
        if who
        else "Close each connection and session where it was opened, with a with block or in the fixture's teardown. "
        "A larger pool only delays the error."
    )
    return Finding(
        kind=KIND,
        title=f"The pool is exhausted: {count} are checked out{f' by {who}' if who else ''}",
        tests=tuple(test.nodeid for test, _ in victims),
        evidence=tuple(evidence),
        remedy=remedy,
        author=author,
        command=command(run, author.nodeid, first.nodeid),
        code="F16",
        locations=(wait.database,) if wait is not None and wait.database else (),
    )
