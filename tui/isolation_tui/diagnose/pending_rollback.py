"""A session or connection that failed once and was never rolled back: "This Session's transaction has been rolled
back", and PostgreSQL's "current transaction is aborted"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..model import UNKNOWN, FailedStatement, FixtureLife, Run, Test, author_of
from .blame import by, command, named, short, wide_lives
from .exceptions import FailedStatements, failed_at, matching
from .finding import Evidence, Finding
from .victims_by_cause import VictimsByCause

KIND = "session-not-rolled-back"

_EXCEPTIONS = frozenset(("PendingRollbackError", "InvalidRequestError"))
_MESSAGE = re.compile(
    r"This Session's transaction has been rolled back"
    r"|Can't reconnect until invalid (?:savepoint )?transaction is rolled back"
)
_ABORTED = re.compile(r"current transaction is aborted, commands ignored until end of transaction block")
_OF_ABORTED = frozenset(
    ("InternalError", "DBAPIError", "InFailedSqlTransaction", "InFailedSQLTransactionError", "OperationalError")
)
_ORIGINAL = re.compile(r"Original exception was: ([^\n]+)")


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each error after which a session was not rolled back."""
    groups: VictimsByCause[object, _Victim] = VictimsByCause()
    statements = FailedStatements(run)
    for test in unexplained:
        if matching(test, _EXCEPTIONS, _MESSAGE) or matching(test, _OF_ABORTED, _ABORTED):
            held, first = _holder(test), _first(statements, test)
            key = (held and (held.worker, held.id), first and (first.worker, first.unit, first.place))
            groups.add(key, _Victim(test, first, held))
    return [_finding(run, victims) for victims in groups.values()]


@dataclass(frozen=True, slots=True)
class _Victim:
    test: Test
    first: FailedStatement | None
    """The statement that failed first, if that was seen."""
    held: FixtureLife | None
    """The wide fixture that returned the session or connection."""


def _holder(test: Test) -> FixtureLife | None:
    """The only wide fixture that may have returned it, else None."""
    for what in ("session", "connection"):
        givers = [life for life in wide_lives(test) if any(given.what == what for given in life.gave)]
        if givers:
            return givers[0] if len(givers) == 1 else None
    return None


def _first(statements: FailedStatements, test: Test) -> FailedStatement | None:
    if test.failure is None:
        return None
    original = matching(test, _EXCEPTIONS, _ORIGINAL)
    if original is not None:
        return statements.latest(test.worker, original.group(1), test.failure.ended)
    aborted = matching(test, _OF_ABORTED, _ABORTED)
    last = statements.latest(test.worker, aborted.string, test.failure.ended) if aborted is not None else None
    return statements.other_before(last) if last is not None else None


def _finding(run: Run, victims: list[_Victim]) -> Finding:
    test, first, held = victims[0].test, victims[0].first, victims[0].held
    author = run.tests.get(first.unit.nodeid) if first is not None else None
    swallowed = author is not None and author.failure is None
    evidence = []
    if held is not None:
        text = f"{held.definition.scope}-scoped fixture `{held.name}` serves {len(held.users)} tests"
        evidence.append(Evidence(text, held.definition.place, held.asked_by.nodeid if held.asked_by else ""))
    original = matching(test, _EXCEPTIONS, _ORIGINAL)
    error = original.group(1) if original is not None else first.error if first is not None else ""
    what = "connection" if held is not None and all(given.what != "session" for given in held.gave) else "session"
    if first is not None:
        how = ", which passed" if swallowed else ""
        text = f"{error} {by(run, first.worker, first.unit)}{how}"
        evidence.append(Evidence(text, first.place, first.unit.nodeid))
    elif error:
        evidence.append(Evidence(f"{error}: when it happened was not seen"))
    if test.failure is not None:
        evidence.append(Evidence(f"the {what} has not been rolled back", failed_at(run, test.failure), test.nodeid))
    charged = UNKNOWN
    if held is not None and any(victim.test is not author for victim in victims):
        charged = held.author
    elif first is not None and swallowed:
        charged = author_of(run, first.worker, first.unit)
    return Finding(
        kind=KIND,
        title=_title(
            run, what, author, held, "failed" if author not in (None, test) and not swallowed else "met an error"
        ),
        tests=tuple(victim.test.nodeid for victim in victims),
        evidence=tuple(evidence),
        remedy=_remedy(held, author if swallowed else None),
        author=charged,
        command=command(run, first.unit.nodeid if first is not None else "", test.nodeid),
        code="F15",
    )


def _title(run: Run, what: str, author: Test | None, held: FixtureLife | None, verb: str) -> str:
    session = f"The {what} of {named(run, held.author)}" if held is not None else f"A {what}"
    if author is None:
        return f"{session} was not rolled back after an error"
    return f"{session} was not rolled back after {short(author.nodeid)} {verb}"


def _remedy(held: FixtureLife | None, author: Test | None) -> str:
    if held is not None:
        return (
            f"Give each test its own: make fixture `{held.definition.name}` function-scoped, and roll back in its "
            "teardown. The first error has its own cause; this only stops it from spreading."
        )
    if author is not None:
        return (
            f"Let {short(author.nodeid)} call rollback() on the session after the error that it expects, and give each "
            "test its own session."
        )
    return (
        "Give each test its own session, and roll it back in the fixture's teardown; code that catches an error of "
        "flush() or commit() has to call rollback() before it uses the session again."
    )
