"""A DROP waits for a transaction that another connection holds open: forever, or until a lock timeout."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..model import BlockedDrop, Outcome, Run, Test, author_of
from .blame import by, command, holder_named, holders_as_evidence, named, only_author, sentence
from .exceptions import matching
from .finding import Evidence, Finding
from .victims_by_cause import VictimsByCause

KIND = "drop-waits-for-transaction"

_EXCEPTIONS = frozenset(
    (
        "OperationalError",
        "DBAPIError",
        "InternalError",
        "LockNotAvailable",
        "DeadlockDetected",
        "QueryCanceled",
        "Failed",
        "Timeout",
    )
)
_MESSAGE = re.compile(r"lock timeout|statement timeout|[Ll]ock wait timeout|[Dd]eadlock|^Timeout|^>? ?[\d.]+s")
_NEVER_ENDED = frozenset((Outcome.RUNNING, Outcome.CRASHED, Outcome.NOT_RUN, Outcome.UNKNOWN))


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each author whose transaction a drop waited for; harmless if the drop succeeded.

    SQLite is left out: it does not wait, but fails with "database is locked"."""
    failed = {test.nodeid for test in unexplained if matching(test, _EXCEPTIONS, _MESSAGE) is not None}
    last = {drop.worker: drop for drop in run.awaited_drops}
    groups: VictimsByCause[object, BlockedDrop] = VictimsByCause()
    for drop in run.awaited_drops:
        test = run.tests.get(drop.unit.nodeid)
        if drop.database.startswith("sqlite"):
            continue
        hung = (
            test is not None
            and test.failure is None
            and last[drop.worker] is drop
            and (test in run.running or (run.finished and test.position >= 0 and test.outcome in _NEVER_ENDED))
        )
        harmless = not (hung or drop.unit.nodeid in failed)
        groups.add((harmless, only_author(drop.holders), drop.place), drop)
    return [_finding(run, drops, bool(key[0])) for key, drops in groups.items() if isinstance(key, tuple)]


def _finding(run: Run, drops: list[BlockedDrop], harmless: bool) -> Finding:
    first = drops[0]
    tests = tuple(dict.fromkeys(drop.unit.nodeid for drop in drops if drop.unit.nodeid in run.tests))
    author = only_author(first.holders)
    dropper = named(run, author_of(run, first.worker, first.unit))
    evidence = holders_as_evidence(run, first.holders, "connection with an open transaction")
    text = f"tables were dropped on {first.database} {by(run, first.worker, first.unit)}"
    evidence.append(Evidence(text, first.place, first.unit.nodeid))
    who = named(run, author)
    title = f"drops tables while {who or 'others'} hold{'s' if who else ''} a transaction open"
    return Finding(
        kind=KIND,
        title=sentence(f"{dropper or 'The suite'} {title}") + ("" if harmless else ", and waits for it"),
        tests=tests,
        evidence=tuple(evidence),
        remedy=(
            f"Let {holder_named(run, author)} close its session or roll back before tables are dropped: request it in "
            "the fixture that drops, so that it is torn down first, or call close_all_sessions() there. "
            "SET lock_timeout turns an endless wait into an error."
        ),
        author=author,
        command=command(run, author.nodeid, *tests[:1]),
        code="F11",
        locations=(first.database,),
        harmless=harmless,
    )
