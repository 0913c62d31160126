"""A session that failed once and was never rolled back: "This Session's transaction has been rolled back"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..model import FixtureLife, Run, Test
from .finding import Evidence, Finding
from .naming import command, short, wide_lives
from .raised import failed_at, matching, raised

KIND = "session-not-rolled-back"

_EXCEPTIONS = frozenset(("PendingRollbackError", "InvalidRequestError"))
_MESSAGE = re.compile(
    r"This Session's transaction has been rolled back"
    r"|Can't reconnect until invalid (?:savepoint )?transaction is rolled back"
)
_ORIGINAL = re.compile(r"Original exception was: ([^\n]+)")


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each first failure, with the tests that met the session as that had left it."""
    groups: dict[object, list[tuple[Test, Test | None, FixtureLife | None]]] = {}
    for test in unexplained:
        if matching(test, _EXCEPTIONS, _MESSAGE) is None:
            continue
        held = _holder(test)
        first = _first_failure(run, test, held)
        groups.setdefault((held and (held.worker, held.id), first and first.nodeid), []).append((test, first, held))
    return [_finding(run, victims) for victims in groups.values()]


def _holder(test: Test) -> FixtureLife | None:
    """The wide fixture that gave the session, if there is just one that may have."""
    lives = wide_lives(test)
    givers = [life for life in lives if any(given.what == "session" for given in life.gave)]
    return givers[0] if len(givers) == 1 else None


def _first_failure(run: Run, test: Test, held: FixtureLife | None) -> Test | None:
    """The latest test before this one that failed with the error that the session tells of."""
    original = matching(test, _EXCEPTIONS, _ORIGINAL)
    if original is None:
        return None
    text = original.group(1).strip()
    before = [other for other in run.order if other.worker == test.worker and other.position <= test.position]
    for other in reversed(before):
        failure = other.failure
        if failure is None or other is test or (held is not None and held not in other.lives):
            continue
        if any(each.first_line.strip() == text for each in raised(failure)):
            return other
    return None


def _finding(run: Run, victims: list[tuple[Test, Test | None, FixtureLife | None]]) -> Finding:
    test, first, held = victims[0]
    charged = f"fixture {held.definition.name}" if held is not None else ""
    evidence = []
    if held is not None:
        text = f"{held.definition.scope}-scoped fixture {held.name} gives one session to {len(held.users)} tests"
        evidence.append(Evidence(text, held.definition.place, held.asked_by.nodeid if held.asked_by else ""))
    if first is not None and first.failure is not None:
        error = next(raised(first.failure))
        evidence.append(Evidence(error.first_line, failed_at(run, first.failure), first.nodeid))
    else:
        original = matching(test, _EXCEPTIONS, _ORIGINAL)
        if original is not None:
            evidence.append(Evidence(f"an earlier error, in no test that failed: {original.group(1)}"))
    if test.failure is not None:
        evidence.append(Evidence("the session still waits for its rollback", failed_at(run, test.failure), test.nodeid))
    return Finding(
        kind=KIND,
        title=_title(first, held),
        tests=tuple(victim.nodeid for victim, _, _ in victims),
        evidence=tuple(evidence),
        remedy=_remedy(held),
        culprit=charged,
        command=command(run, first.nodeid if first is not None else "", test.nodeid),
        code="F15",
    )


def _title(first: Test | None, held: FixtureLife | None) -> str:
    session = f"The session of fixture {held.name}" if held is not None else "A session"
    return f"{session} was not rolled back after {'an error' if first is None else short(first.nodeid) + ' failed'}"


def _remedy(held: FixtureLife | None) -> str:
    if held is None:
        return (
            "Give each test a session of its own, and roll it back in the fixture's teardown; code that catches an "
            "error of flush() or commit() has to call rollback() before the session is used again."
        )
    return (
        f"Give each test a session of its own: let fixture {held.definition.name} be function-scoped, and roll back in "
        "its teardown. The first failure has a cause of its own; this only stops it from spreading."
    )
