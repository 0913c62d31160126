"""A model was registered twice: "Table ... is already defined for this MetaData instance"."""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from collections.abc import Sequence

from pytest_isolation.events import Place

from ..model import FixtureLife, Run, TableEvent, TableEventKind, Test
from .finding import Evidence, Finding

KIND = "table-already-defined"

_MESSAGE = re.compile(r"Table '([^']+)' is already defined for this MetaData instance")


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each line that registers a table again, with every test that failed by it.

    A refusal counts as a victim's cause only if that very error is what the test failed with; one that was caught and
    handled harms nobody. Where the error is seen but not the refusal (a suite in which SQLAlchemy cannot be listened
    to), the finding has the message as its only evidence.
    """
    groups: dict[tuple[str, tuple[str, int], str], list[tuple[Test, TableEvent | None]]] = defaultdict(list)
    for test in unexplained:
        failure = test.failure
        match = _MESSAGE.search(failure.message) or _MESSAGE.search(failure.traceback) if failure else None
        if failure is None or match is None:
            continue
        table = match.group(1)
        refusal = _refusal(test, table)
        where = _caller(refusal) if refusal else failure.place
        life = run.life(test.worker, failure.life)
        groups[table, (where.file, where.line), life.definition.name if life else ""].append((test, refusal))
    return [_finding(run, key[0], victims) for key, victims in groups.items()]


def already_defined(run: Run) -> int:
    """How many tests failed by it: the figure that the before/after tables lead with."""
    return sum(len(finding.tests) for finding in find(run, run.order))


def _refusal(test: Test, table: str) -> TableEvent | None:
    return next(
        (
            event
            for event in reversed(test.table_events)
            if event.kind is TableEventKind.REFUSED and event.table == table
        ),
        None,
    )


def _caller(refusal: TableEvent) -> Place:
    """Whoever caused the definition to run again: the nearest caller outside the model's own file."""
    return next((place for place in refusal.via if place.file != refusal.place.file), refusal.place)


def _finding(run: Run, table: str, victims: list[tuple[Test, TableEvent | None]]) -> Finding:
    first, refusal = victims[0]
    tests = tuple(test.nodeid for test, _ in victims)
    failure = first.failure
    life = run.life(first.worker, failure.life) if failure else None
    evidence = []
    origin = run.registrations.get((refusal.holder, table)) if refusal else None
    if origin is not None:
        evidence.append(Evidence(f"registered {_by(run, origin)}", origin.place, origin.unit.nodeid))
    if refusal is not None:
        caller = _caller(refusal)
        evidence.append(Evidence(f"again, and refused, {_by(run, refusal)}", refusal.place, first.nodeid))
        if caller != refusal.place:
            evidence.append(Evidence(f"which {caller.function or caller.module} caused", caller, first.nodeid))
    if failure is not None and refusal is None:
        evidence.append(Evidence(failure.message.splitlines()[0], failure.place, first.nodeid))
    return Finding(
        kind=KIND,
        title=f"Table '{table}' is registered a second time" + (f" by fixture {life.name}" if life else ""),
        tests=tests,
        evidence=tuple(evidence),
        remedy=_remedy(table, origin, refusal, life),
        culprit=f"fixture {life.name}" if life else first.nodeid,
        command=f"python -m pytest {shlex.quote(first.nodeid)}",
        tables=(table,),
        code="F2",
    )


def _by(run: Run, event: TableEvent) -> str:
    life = run.life_of_unit(event.worker, event.unit)
    if life is not None:
        return f"in fixture {life.name}" + (f" ({event.unit.step})" if event.unit.step == "teardown" else "")
    if event.unit.phase in ("import", "collect", ""):
        return "at import"
    return f"in the {event.unit.phase} of {event.unit.nodeid}"


def _remedy(table: str, origin: TableEvent | None, refusal: TableEvent | None, life: FixtureLife | None) -> str:
    if refusal is None:
        return f"Define the model of '{table}' once, at module level, and import it everywhere under one name."
    here, caller = refusal.place, _caller(refusal)
    if origin is not None and origin.place.file == here.file and origin.place.module != here.module:
        return (
            f"One file is imported under two names, {origin.place.module} and {here.module}. Import it under one: "
            "look at sys.path, at pytest's rootdir and pythonpath, and at imports that leave out the package."
        )
    if caller.file == here.file and not here.function.startswith("<"):
        where = f"fixture {life.name}" if life is not None else f"{here.function}()"
        return (
            f"The model of '{table}' is defined inside {where}, each time it runs. Define it once, at module level, "
            "and import it; extend_existing=True would hide this, and make indexes exist twice."
        )
    again = f"{caller.function}()" if caller.function and not caller.function.startswith("<") else caller.module
    return (
        f"Let {again} register models once per process: skip what the MetaData holds already. "
        "Give each test fresh tables with drop_all() and create_all(), not fresh models; "
        "neither metadata.clear() nor extend_existing=True mends this."
    )
