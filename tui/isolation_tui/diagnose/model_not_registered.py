"""A model refers to another that is not registered: "could not find table", "failed to locate a name"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..model import UNKNOWN, Run, TableEvent, TableEventKind, Test, author_of
from .blame import by, command, named
from .exceptions import failed_at, matching
from .finding import Evidence, Finding

KIND = "model-unknown"

_TABLE = re.compile(r"Foreign key associated with column '(?P<by>[^']+)' could not find table '(?P<name>[^']+)'")
_CLASS = re.compile(r"initializing mapper (?P<by>.+?), expression '(?P<name>[^']+)' failed to locate a name")
_AWAY = (TableEventKind.CLEARED, TableEventKind.REMOVED, TableEventKind.DISPOSED)


@dataclass(frozen=True, slots=True)
class _Cause:
    """``away`` removed the model, ``late`` registered it afterwards; both None if neither was seen."""

    away: TableEvent | None = None
    late: TableEvent | None = None


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each unknown name and each event that made it unknown."""
    groups: dict[object, tuple[re.Match[str], _Cause, list[Test]]] = {}
    meant: dict[str, set[str]] = {}
    for test in unexplained:
        match = matching(test, ("NoReferencedTableError",), _TABLE) or matching(test, ("InvalidRequestError",), _CLASS)
        if match is not None:
            name = match["name"]
            if name not in meant:
                meant[name] = _meant(run, name)
            cause = _cause(run, test, meant[name])
            groups.setdefault((match["by"], name, cause), (match, cause, []))[2].append(test)
    return [_finding(run, *group) for group in groups.values()]


def _meant(run: Run, name: str) -> set[str]:
    """The classes and tables that the name may mean, as table events call them."""
    classes = {model for model in run.models.values() if model.rpartition(".")[2] == name.rpartition(".")[2]}
    return {name, *classes} | {table for (_, table), model in run.models.items() if model in classes}


def _cause(run: Run, test: Test, meant: set[str]) -> _Cause:
    ended = test.failure.ended if test.failure is not None else test.ended
    history, worker = run.table_history, test.worker
    kinds = (*_AWAY, TableEventKind.REGISTERED)
    before = [last for name in meant if (last := history.last(kinds, worker, name, until=ended)) is not None]
    if before:
        last = max(before, key=_at)
        return _Cause(away=last) if last.kind in _AWAY else _Cause()
    late = [first for name in meant if (first := history.first(TableEventKind.REGISTERED, worker, name)) is not None]
    return _Cause(late=min(late, key=_at, default=None))


def _at(event: TableEvent) -> float:
    return event.at


def _finding(run: Run, match: re.Match[str], cause: _Cause, tests: list[Test]) -> Finding:
    name, first, event = match["name"], tests[0], cause.away
    evidence = []
    if event is not None:
        text = f"`{event.table}` removed {by(run, event.worker, event.unit)}"
        evidence.append(Evidence(text, event.place, event.unit.nodeid))
    if first.failure is not None:
        text = f"{match['by']} refers to `{name}`, which is not registered"
        evidence.append(Evidence(text, failed_at(run, first.failure), first.nodeid))
    if cause.late is not None:
        late = cause.late
        text = f"`{late.table}` registered later, {by(run, late.worker, late.unit)}"
        evidence.append(Evidence(text, late.place, late.unit.nodeid))
    charged = author_of(run, event.worker, event.unit) if event is not None else UNKNOWN
    who = named(run, charged)
    return Finding(
        kind=KIND,
        title=f"{match['by']} refers to `{name}`, which is not registered" + (f": {who} removed it" if who else ""),
        tests=tuple(test.nodeid for test in tests),
        evidence=tuple(evidence),
        remedy=_remedy(name, who, cause),
        author=charged,
        command=command(run, event.unit.nodeid if event is not None else "", first.nodeid),
        tables=(name,) if match.re is _TABLE else (),
        code="F4",
    )


def _remedy(name: str, who: str, cause: _Cause) -> str:
    if who:
        return (
            f"Do not remove models in {who}: they register once, when they are imported. A test that needs models of "
            "its own needs its own MetaData (and Base)."
        )
    where = f" {cause.late.place.module or cause.late.place.file}" if cause.late is not None else ""
    return (
        f"Import the module{where} that defines `{name}` together with the other models, for example in the conftest: "
        "all mappers are configured when the first of them is used. Check that the name is spelt as defined, and that "
        "both use the same MetaData."
    )
