"""An index is created twice: "index ... already exists", "Duplicate key name '...'"."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence

from ..model import UNKNOWN, RepeatedIndex, Run, Test, author_of
from .blame import by, command, named
from .exceptions import failed_at, matching
from .finding import Evidence, Finding
from .victims_by_cause import VictimsByCause

KIND = "index-already-exists"

_EXCEPTIONS = frozenset(("OperationalError", "ProgrammingError", "DuplicateTable", "DuplicateTableError"))
_MESSAGE = re.compile(
    r"index (?P<sqlite>\S+) already exists"
    r"|relation \"(?P<postgresql>[^\"\n]+)\" already exists(?=.*CREATE (?:UNIQUE )?INDEX)"
    r"|Duplicate key name '(?P<mysql>[^'\n]+)'",
    re.DOTALL,
)


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each index and each line that declares it again."""
    groups: VictimsByCause[object, tuple[Test, str, RepeatedIndex | None]] = VictimsByCause()
    declared: dict[tuple[str, str], list[RepeatedIndex]] = defaultdict(list)
    for repeated in run.repeated_indexes:
        declared[repeated.worker, repeated.name].append(repeated)
    for test in unexplained:
        match = matching(test, _EXCEPTIONS, _MESSAGE)
        if match is not None:
            name = (match["sqlite"] or match["postgresql"] or match["mysql"]).strip("\"'`")
            again = _latest(declared[test.worker, name], test)
            who = author_of(run, again.worker, again.unit) if again is not None else UNKNOWN
            by_fixture = who if who.is_fixture else UNKNOWN
            groups.add((name, again and again.place, by_fixture), (test, name, again))
    return [_finding(run, victims) for victims in groups.values()]


def _latest(declared: list[RepeatedIndex], test: Test) -> RepeatedIndex | None:
    """The latest declaration before the test failed."""
    ended = test.failure.ended if test.failure is not None else test.ended
    number = bisect_right(declared, ended, key=lambda repeated: repeated.at)
    return declared[number - 1] if number else None


def _finding(run: Run, victims: list[tuple[Test, str, RepeatedIndex | None]]) -> Finding:
    first, name, again = victims[0]
    evidence, tables = [], []
    charged = UNKNOWN
    if again is not None:
        tables = [again.table]
        charged = author_of(run, again.worker, again.unit)
        origin = run.table_history.registration(again)
        if origin is not None:
            text = f"table `{again.table}` registered {by(run, origin.worker, origin.unit)}"
            evidence.append(Evidence(text, origin.place, origin.unit.nodeid))
        text = f"declared again, with a second index {name}, {by(run, again.worker, again.unit)}"
        evidence.append(Evidence(text, again.place, again.unit.nodeid))
        caller = next((place for place in again.via if place.function != again.place.function), None)
        if caller is not None:
            evidence.append(Evidence(f"called by {caller.function}", caller, again.unit.nodeid))
    if first.failure is not None:
        evidence.append(Evidence(f"CREATE INDEX {name} failed", failed_at(run, first.failure), first.nodeid))
    return Finding(
        kind=KIND,
        title=f"Index `{name}` exists already"
        + (f": {named(run, charged)} declares its table again" if charged.culprit else ""),
        tests=tuple(test.nodeid for test, _, _ in victims),
        evidence=tuple(evidence),
        remedy=_remedy(name, again),
        author=charged,
        command=command(run, again.unit.nodeid if again is not None else "", first.nodeid),
        tables=tuple(tables),
        code="F3",
    )


def _remedy(name: str, again: RepeatedIndex | None) -> str:
    if again is None:
        return (
            f"Use the name `{name}` for one table only, and create the index once: create_all() creates an Index of a "
            "model, so it needs no Index.create() or CREATE INDEX."
        )
    where = f"{again.place.function}()" if again.place.function.isidentifier() else again.place.module
    return (
        f"Declare `{again.table}` once and keep it: {where} declares it each time it runs, and extend_existing=True "
        f"adds `{name}` to the indexes that it already has. If columns must differ, use a new MetaData each time."
    )
