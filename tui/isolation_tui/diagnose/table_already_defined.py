"""A table is registered twice: "Table ... is already defined for this MetaData instance"."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_isolation.events import CollectionFailed, Place

from ..model import UNKNOWN, Author, FixtureLife, Run, TableEvent, TableEventKind, Test
from ..model.authors import author_of_test
from .blame import by, named
from .exceptions import failed_at, match_in, matching
from .finding import Evidence, Finding
from .victims_by_cause import VictimsByCause

KIND = "table-already-defined"

_EXCEPTIONS = frozenset(("InvalidRequestError",))
_MESSAGE = re.compile(r"Table '([^']+)' is already defined for this MetaData instance")


@dataclass(frozen=True, slots=True)
class _Victim:
    """A test, or a file that could not be collected, with the refused registration, if that was seen."""

    nodeid: str
    table: str
    error: str
    place: Place
    """Where it failed."""
    refusal: TableEvent | None
    life: FixtureLife | None = None
    collected: bool = True
    ends_pytest: bool = False
    """A conftest that pytest loads before collection."""


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each line that registers a table again.

    A refused registration counts only if the test failed with that error; one that the suite catches is harmless. If
    the refusal was not seen (SQLAlchemy cannot be observed in this suite), the message is the only evidence. Files that
    could not be collected are victims as well.
    """
    victims = [_of_test(run, test, match) for test in unexplained if (match := matching(test, _EXCEPTIONS, _MESSAGE))]
    for error in run.collection_errors:
        match = match_in(error.exception, error.message, error.traceback, _EXCEPTIONS, _MESSAGE)
        if match is not None:
            victims.append(_of_file(run, error, match))
    groups: VictimsByCause[object, _Victim] = VictimsByCause()
    for victim in victims:
        where = _caller(victim.refusal) if victim.refusal is not None else victim.place
        who = victim.life.author if victim.life is not None else None
        groups.add((victim.table, where.file, where.line, who), victim)
    return [_finding(run, group) for group in groups.values()]


def already_defined(run: Run) -> int:
    """How many tests failed by it."""
    return sum(len(finding.tests) for finding in find(run, run.order))


def _of_test(run: Run, test: Test, match: re.Match[str]) -> _Victim:
    failure, table = test.failure, match.group(1)
    life = run.life(test.worker, failure.life) if failure is not None else None
    place = failed_at(run, failure) if failure is not None else Place()
    return _Victim(
        nodeid=test.nodeid,
        table=table,
        error=match.string,
        place=place,
        refusal=_refusal(test.table_events, table),
        life=life,
    )


def _of_file(run: Run, error: CollectionFailed, match: re.Match[str]) -> _Victim:
    table = match.group(1)
    here = [
        event
        for event in run.table_events
        if event.kind is TableEventKind.REFUSED and any(_is_in_file(place, error.nodeid) for place in _stack(event))
    ]
    return _Victim(
        nodeid=error.nodeid,
        table=table,
        error=match.string,
        place=error.place,
        refusal=_refusal(here, table),
        life=None,
        collected=False,
        ends_pytest=error.ends_pytest,
    )


def _stack(event: TableEvent) -> tuple[Place, ...]:
    return (event.place, *event.via)


def _is_in_file(place: Place, nodeid: str) -> bool:
    return place.file.replace("\\", "/").endswith("/" + nodeid)


def _refusal(events: Sequence[TableEvent], table: str) -> TableEvent | None:
    return next(
        (event for event in reversed(events) if event.kind is TableEventKind.REFUSED and event.table == table), None
    )


def _caller(refusal: TableEvent) -> Place:
    """What ran the definition again: the nearest caller outside the model's file."""
    return next((place for place in refusal.via if place.file != refusal.place.file), refusal.place)


def _two_names(origin: TableEvent | None, refusal: TableEvent | None) -> bool:
    """Whether one file was imported under two names."""
    if origin is None or refusal is None:
        return False
    first, again = origin.place, refusal.place
    return first.file == again.file and first.module != again.module and first.function == "<module>"


def _finding(run: Run, victims: list[_Victim]) -> Finding:
    first = victims[0]
    refusal, life, table = first.refusal, first.life, first.table
    origin = run.table_history.registration(refusal) if refusal is not None else None
    evidence = []
    if origin is not None:
        text = f"registered {_as(origin)}{by(run, origin.worker, origin.unit)}"
        evidence.append(Evidence(text, origin.place, origin.unit.nodeid))
    if refusal is not None:
        caller = _caller(refusal)
        text = f"refused {_as(refusal)}{by(run, refusal.worker, refusal.unit)}"
        evidence.append(Evidence(text, refusal.place, first.nodeid))
        if caller != refusal.place:
            evidence.append(Evidence(f"called by {_called(caller)}", caller, first.nodeid))
    else:
        evidence.append(Evidence(first.error.partition("\n")[0], first.place, first.nodeid))
    return Finding(
        kind=KIND,
        title=_title(run, table, life, origin, refusal),
        tests=tuple(victim.nodeid for victim in victims),
        evidence=tuple(evidence),
        remedy=_remedy(table, origin, refusal, life),
        author=_author(run, first),
        command=_command(run, first, origin),
        tables=(table,),
        code="F2",
        locations=(f"metadata:{table}",),
    )


def _author(run: Run, first: _Victim) -> Author:
    """The fixture that registered it again, else the test; unknown for a file that could not be collected."""
    if first.life is not None:
        return first.life.author
    return author_of_test(run, first.nodeid) if first.collected else UNKNOWN


def _as(event: TableEvent) -> str:
    return f"as {event.place.module} " if event.place.module and event.place.function == "<module>" else ""


def _called(caller: Place) -> str:
    named = caller.function and not caller.function.startswith("<")
    return caller.function if named else caller.module.rpartition(".")[2] or caller.file.rpartition("/")[2]


def _title(
    run: Run, table: str, life: FixtureLife | None, origin: TableEvent | None, refusal: TableEvent | None
) -> str:
    title = f"Table `{table}` is registered a second time"
    if _two_names(origin, refusal) and origin is not None and refusal is not None:
        return f"{title}: one file, imported as {origin.place.module} and as {refusal.place.module}"
    return title + (f" by {named(run, life.author)}" if life else "")


def _command(run: Run, first: _Victim, origin: TableEvent | None) -> str:
    """The command that repeats it; a file that could not be collected needs the one that registered first, too."""
    if first.ends_pytest:
        return "python -m pytest"
    nodeids = [first.nodeid]
    if not first.collected and origin is not None:
        files = dict.fromkeys(test.file for test in run.tests.values())
        nodeids[:0] = [file for file in files if any(_is_in_file(place, file) for place in _stack(origin))][:1]
    return f"python -m pytest {' '.join(map(shlex.quote, nodeids))}"


def _remedy(table: str, origin: TableEvent | None, refusal: TableEvent | None, life: FixtureLife | None) -> str:
    if refusal is None:
        return f"Define the model of `{table}` once, at module level, and import it everywhere under one name."
    here, caller = refusal.place, _caller(refusal)
    if origin is not None and _two_names(origin, refusal):
        return (
            f"One file is imported under two names, {origin.place.module} and {here.module}. Import it under one "
            "name: check sys.path, pytest's rootdir and pythonpath, and imports without the package."
        )
    if caller.file == here.file and not here.function.startswith("<"):
        where = f"fixture `{life.name}`" if life is not None else f"{here.function}()"
        return (
            f"The model of `{table}` is defined inside {where}, each time it runs. Define it once, at module level, "
            "and import it; extend_existing=True would hide the error and create indexes twice."
        )
    if origin is not None and origin.place.file != here.file:
        return (
            f"Two files define `{table}`: {_file(origin.place)} and {_file(here)}. Keep one of them, or give the "
            "other its own MetaData."
        )
    again = f"{caller.function}()" if caller.function and not caller.function.startswith("<") else caller.module
    return (
        f"Register models once per process in {again}: skip tables that the MetaData already has. "
        "Give each test fresh tables with drop_all() and create_all(), not fresh models; "
        "neither metadata.clear() nor extend_existing=True fixes this."
    )


def _file(place: Place) -> str:
    return place.file.replace("\\", "/").rpartition("/")[2]
