"""A session, connection or transaction is used out of turn: SQLAlchemy's errors about begin() and closed ones."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pytest_isolation.events import Place

from ..model import Run, Test
from .blame import command, wide_lives
from .exceptions import failed_at, matching
from .finding import Evidence, Finding
from .victims_by_cause import VictimsByCause

KIND = "transaction-out-of-turn"

_EXCEPTIONS = frozenset(("InvalidRequestError", "ResourceClosedError", "IllegalStateChangeError"))
_REMEDIES = (
    (
        re.compile(
            r"^A transaction is already begun on this Session|^This connection has already initialized a SQLAlchemy Tr"
        ),
        "A transaction begins automatically with the first statement: leave out this begin(), or commit or roll back "
        "before it. A fixture that wraps the test in a transaction has to begin it before any statement; the test "
        "uses begin_nested() within it.",
    ),
    (
        re.compile(r"^This Connection is closed|^This transaction is (?:closed|inactive)|^This Session has been perma"),
        "Use a connection, session or transaction only within the fixture or with block that opened it; close it only "
        "there, and give each test its own.",
    ),
    (
        re.compile(r"^Can't operate on closed transaction inside context manager"),
        "Do not commit or roll back inside 'with session.begin():', which commits at its end: leave the block first, "
        "or use a session without the block.",
    ),
)


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each message and line. No author is charged: a test may do it all by itself. Tests that share the
    object are evidence."""
    groups: VictimsByCause[object, tuple[Test, str, Place]] = VictimsByCause()
    remedies: dict[object, str] = {}
    for test in unexplained:
        for pattern, remedy in _REMEDIES:
            match, failure = matching(test, _EXCEPTIONS, pattern), test.failure
            if match is not None and failure is not None:
                place = failed_at(run, failure)
                key = (match.group(0), place.file, place.line)
                sentence = re.split(r"[.;] ", match.string.partition("\n")[0])[0].rstrip(".")
                groups.add(key, (test, sentence, place))
                remedies[key] = remedy
                break
    return [_finding(run, victims, remedies[key]) for key, victims in groups.items()]


def _finding(run: Run, victims: list[tuple[Test, str, Place]], remedy: str) -> Finding:
    test, sentence, place = victims[0]
    evidence = []
    author = ""
    for life in wide_lives(test):
        if any(given.what in ("session", "connection") for given in life.gave):
            given = next(given.what for given in life.gave if given.what in ("session", "connection"))
            text = f"{life.definition.scope}-scoped fixture `{life.name}` gives one {given} to {len(life.users)} tests"
            author = author or life.users[0].nodeid
            evidence.append(Evidence(text, life.definition.place, life.users[0].nodeid))
    evidence.append(Evidence(sentence, place, test.nodeid))
    return Finding(
        kind=KIND,
        title=f"{sentence}: {place.function or place.file.rpartition('/')[2]} uses it out of turn",
        tests=tuple(victim.nodeid for victim, _, _ in victims),
        evidence=tuple(evidence),
        remedy=remedy,
        command=command(run, author, test.nodeid),
        code="F24",
    )
