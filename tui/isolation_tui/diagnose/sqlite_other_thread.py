"""A SQLite connection is used in another thread than the one that opened it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pytest_isolation.events import Place

from ..model import Run, Test, in_memory
from .blame import command
from .exceptions import failed_at, matching
from .finding import Evidence, Finding
from .victims_by_cause import VictimsByCause

KIND = "sqlite-in-another-thread"

_EXCEPTIONS = frozenset(("ProgrammingError",))
_MESSAGE = re.compile(r"SQLite objects created in a thread can only be used in that same thread")


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each line that raised it."""
    groups: VictimsByCause[Place, Test] = VictimsByCause()
    for test in unexplained:
        failure = test.failure
        if failure is not None and matching(test, _EXCEPTIONS, _MESSAGE) is not None:
            groups.add(failed_at(run, failure), test)
    return [_finding(run, place, tests) for place, tests in groups.items()]


def _finding(run: Run, place: Place, tests: list[Test]) -> Finding:
    first = tests[0]
    used = first.databases_used
    evidence = [Evidence("used here, in another thread than the one that opened it", place, first.nodeid)]
    evidence += [Evidence(f"the test uses {database}", nodeid=first.nodeid) for database in used]
    if used and all(map(in_memory, used)):
        remedy = (
            "Let all threads share the one in-memory database: "
            'create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}).'
        )
    else:
        remedy = (
            "Open a session or connection in the thread that uses it, do not pass one on; or allow it with "
            'create_engine(..., connect_args={"check_same_thread": False}), and use it from one thread at a time.'
        )
    return Finding(
        kind=KIND,
        title="A SQLite connection is used in another thread than its own",
        tests=tuple(test.nodeid for test in tests),
        evidence=tuple(evidence),
        remedy=remedy,
        command=command(run, first.nodeid),
        code="F21",
        locations=used,
    )
