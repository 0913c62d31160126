"""DROP DATABASE is refused: 'database "x" is being accessed by other users'."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from ..model import UNKNOWN, Run, Test
from .blame import command, failed_wait, holders_as_evidence, named, only_author
from .exceptions import failed_at, matching
from .finding import Evidence, Finding

KIND = "database-in-use"

_EXCEPTIONS = frozenset(("OperationalError", "DBAPIError", "ObjectInUse", "ObjectInUseError"))
_MESSAGE = re.compile(r"database \"(?P<name>[^\"\n]+)\" is being accessed by other users")


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each line at which a database was to be dropped, or taken as a template."""
    groups: dict[object, list[tuple[Test, str]]] = defaultdict(list)
    for test in unexplained:
        match = matching(test, _EXCEPTIONS, _MESSAGE)
        if match is not None and test.failure is not None:
            told = failed_wait(run, test, "in use")
            author = only_author(told.holders) if told is not None else UNKNOWN
            groups[failed_at(run, test.failure), author].append((test, match["name"]))
    return [_finding(run, victims) for victims in groups.values()]


def _finding(run: Run, victims: list[tuple[Test, str]]) -> Finding:
    first, name = victims[0]
    told = failed_wait(run, first, "in use")
    holders = told.holders if told is not None else ()
    author = only_author(holders)
    evidence = holders_as_evidence(run, holders, "connection")
    database = _label(run, first, name)
    users = [test for test in run.order if database in test.databases_used and test is not first]
    if database and users:
        text = f"{database} was spoken to last in {users[-1].name}: its pool keeps connections until dispose()"
        evidence.append(Evidence(text, nodeid=users[-1].nodeid))
    if first.failure is not None:
        evidence.append(Evidence(f"'{name}' is in use", failed_at(run, first.failure), first.nodeid))
    who = named(run, author)
    closing = f"Let {who} close its connection, and call" if who else "Call"
    return Finding(
        kind=KIND,
        title=f"Database '{name}' is in use" + (f" by {who}" if who else "") + " when it is to be dropped",
        tests=tuple(test.nodeid for test, _ in victims),
        evidence=tuple(evidence),
        remedy=(
            f"{closing} engine.dispose() on every engine of '{name}' before it is dropped: connections that were given "
            "back stay open in their pool. NullPool keeps none; DROP DATABASE ... WITH (FORCE) ends what is left."
        ),
        author=author,
        command=command(run, author.nodeid, first.nodeid),
        code="F17",
        locations=(database,) if database else (),
    )


def _label(run: Run, test: Test, name: str) -> str:
    """Of the database with that name, as far as an engine of this process spoke to it."""
    known = run.worker(test.worker).databases.values()
    labels = (held.label for held in known)
    return next((label for label in labels if label.partition("?")[0].rpartition("/")[2] == name), "")
