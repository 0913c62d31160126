"""All connections of a pool are out: "QueuePool limit of size 5 overflow 10 reached"."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from ..model import FailedWait, Run, Test
from .blame import command, short
from .exceptions import failed_at, matching
from .finding import Evidence, Finding
from .holders import as_evidence, in_vain, named, only_author

KIND = "pool-exhausted"

_EXCEPTIONS = frozenset(("TimeoutError",))
_MESSAGE = re.compile(r"QueuePool limit of size (?P<size>\d+) overflow (?P<overflow>-?\d+) reached")


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each who took the connections; one for each mixture where there were several."""
    groups: dict[object, list[tuple[Test, FailedWait | None]]] = defaultdict(list)
    for test in unexplained:
        if matching(test, _EXCEPTIONS, _MESSAGE) is not None:
            told = in_vain(run, test, "pool")
            holders = told.holders if told is not None else ()
            groups[only_author(holders) or frozenset(holders)].append((test, told))
    return [_finding(run, victims) for victims in groups.values()]


def _finding(run: Run, victims: list[tuple[Test, FailedWait | None]]) -> Finding:
    first, told = victims[0]
    holders = told.holders if told is not None else ()
    author = only_author(holders)
    evidence = as_evidence(run, holders, "connection")
    if first.failure is not None:
        place = told.place if told is not None and told.place.file else failed_at(run, first.failure)
        evidence.append(Evidence("one more was asked for", place, first.nodeid))
    count = f"all {len(holders)} connections" if holders else "all connections"
    who = f" by {short(author)}" if author and author != "import" else ""
    mine = "in the test itself" if author == first.nodeid else "in its teardown"
    remedy = (
        f"Let {named(author)} give back what it takes, {mine}: a with block around each connection and session, or "
        "close(). A larger pool only puts it off."
        if author
        else "Close each connection and session where it was opened, with a with block or in the fixture's teardown. "
        "A larger pool only puts it off."
    )
    return Finding(
        kind=KIND,
        title=f"The pool is exhausted: {count} are out{', taken' + who if who else ''}",
        tests=tuple(test.nodeid for test, _ in victims),
        evidence=tuple(evidence),
        remedy=remedy,
        culprit=author if author != "import" else "",
        command=command(run, author if author in run.tests else "", first.nodeid),
        code="F16",
        locations=(told.database,) if told is not None and told.database else (),
    )
