"""A statement met no table: "no such table", 'relation "..." does not exist', "Table '...' doesn't exist".

Who took it away is told by the DDL that was seen, and is charged only where the table was meant to stand: made at
import, or by a fixture that still lived. A fixture that drops what it made itself is not to blame for a test that makes
no tables.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from ..model import UNKNOWN, Author, FixtureLife, Run, TableEvent, TableEventKind, Test, author_of
from .blame import by, command, named, names
from .exceptions import failed_at, first_met, matching
from .finding import Evidence, Finding

KIND = "table-missing"

_EXCEPTIONS = frozenset(("OperationalError", "ProgrammingError", "UndefinedTable", "UndefinedTableError"))
_MESSAGE = re.compile(
    r"no such table: (?:main\.|temp\.)?(?P<sqlite>[^\n]+)"
    r"|relation \"(?P<postgresql>[^\"\n]+)\" does not exist"
    r"|Table '(?P<mysql>[^'\n]+)' doesn't exist"
)
_REFLECTED = re.compile(r"^(?P<sqlite>\S+)$")
"""All that SQLAlchemy's NoSuchTableError says, where a table was to be reflected."""
_OF_DATABASE = (TableEventKind.CREATED, TableEventKind.DROPPED)
_OUT_OF_METADATA = (TableEventKind.CLEARED, TableEventKind.REMOVED)


@dataclass(frozen=True, slots=True)
class _Cause:
    """``what`` tells apart how a table came to be missing; ``event`` is what took it away, where that is known."""

    what: str
    event: TableEvent | None = None
    made: TableEvent | None = None
    charged: bool = False


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each unit and line that took tables away, or for each table that nobody was seen to make."""
    victims = [(test, match) for test in unexplained if (match := _match(test)) is not None]
    histories: dict[str, list[TableEvent]] = defaultdict(list)
    for event in run.table_events if victims else ():
        histories[_last(event.table)].append(event)
    groups: dict[object, tuple[_Cause, list[tuple[Test, str]]]] = {}
    for test, match in victims:
        table = _table(match)
        cause = _cause(run, test, table, match.string, histories[_last(table)])
        by_whom = cause.event
        key = (by_whom.worker, by_whom.unit, by_whom.place, by_whom.holder) if by_whom else _last(table)
        groups.setdefault((cause.what, key), (cause, []))[1].append((test, table))
    return [_finding(run, cause, group) for cause, group in groups.values()]


def missing_table(test: Test) -> str | None:
    """The table that the test's statement did not find; None if it failed otherwise."""
    match = _match(test)
    return _table(match) if match is not None else None


def _match(test: Test) -> re.Match[str] | None:
    return matching(test, _EXCEPTIONS, _MESSAGE) or matching(test, ("NoSuchTableError",), _REFLECTED)


def _table(match: re.Match[str]) -> str:
    return (match["sqlite"] or match["postgresql"] or match["mysql"]).strip()


def _last(table: str) -> str:
    """Without its schema or database, which an error may name and a model may not."""
    return table.rpartition(".")[2].strip("\"'`[]").lower()


def _cause(run: Run, test: Test, table: str, error: str, history: Sequence[TableEvent]) -> _Cause:
    failure = test.failure
    ended = failure.ended if failure is not None else test.ended
    mine = [event for event in history if event.worker == test.worker and event.at <= ended]
    drops = _standing_drops(run, test, [event for event in mine if event.kind in _OF_DATABASE], error, ended)
    if len(drops) == 1:
        made, dropped = drops[0]
        return _Cause("dropped", dropped, made, _meant_to_stand(run, test, made, dropped, ended))
    if drops:
        return _Cause("dropped somewhere")
    known: dict[str, TableEvent] = {}
    for event in mine:
        if event.kind is TableEventKind.REGISTERED or event.kind in _OUT_OF_METADATA:
            known[event.holder] = event
    taken = [event for event in known.values() if event.kind in _OUT_OF_METADATA]
    if taken and len(taken) == len(known):
        return _Cause("cleared", taken[-1], charged=True)
    late = _registered_late(run, test, mine, ended)
    if late is not None:
        return _Cause("registered late", late)
    return _Cause("never made" if known else "unknown")


_Drop = tuple[TableEvent | None, TableEvent]
"""(last creation, drop) of a table in one database."""


def _standing_drops(run: Run, test: Test, history: Sequence[TableEvent], error: str, ended: float) -> list[_Drop]:
    """Of the database that the statement was sent to, if the table is gone from that. Where it is not known: of each
    from which it is gone, of those that the test used, or whose tables a fixture of the test made."""
    latest: dict[str, TableEvent] = {}
    made: dict[str, TableEvent] = {}
    for event in history:
        latest[event.holder] = event
        if event.kind is TableEventKind.CREATED:
            made[event.holder] = event
    drops: list[_Drop] = [
        (made.get(holder), event) for holder, event in latest.items() if event.kind is TableEventKind.DROPPED
    ]
    failed = first_met(run, test.worker, error, ended)
    if failed is not None and failed.unit.nodeid == test.nodeid and failed.database:
        return [drop for drop in drops if drop[1].holder == failed.database]
    if len(drops) > 1:
        drops = [drop for drop in drops if drop[1].holder in test.databases_used] or drops
    if len(drops) > 1:
        drops = [drop for drop in drops if _maker(run, drop[0]) in test.lives] or drops
    return drops


def _maker(run: Run, made: TableEvent | None) -> FixtureLife | None:
    return run.life_of_unit(made.worker, made.unit) if made is not None else None


def _meant_to_stand(run: Run, test: Test, made: TableEvent | None, dropped: TableEvent, ended: float) -> bool:
    if made is None:
        return False
    if dropped.unit.nodeid == test.nodeid and dropped.unit.step != "teardown":
        return True  # by itself, before it looked
    life = _maker(run, made)
    if life is None:
        return not made.unit.nodeid
    alive = life.torn_down is None or life.torn_down > ended
    return alive and life is not run.life_of_unit(dropped.worker, dropped.unit)


def _registered_late(run: Run, test: Test, history: Sequence[TableEvent], ended: float) -> TableEvent | None:
    """Its registration, where tables had been created before it, and none since."""
    registered = [event for event in history if event.kind is TableEventKind.REGISTERED]
    if not registered:
        return None
    creations = [
        event.at
        for event in run.table_events
        if event.worker == test.worker and event.kind is TableEventKind.CREATED and event.at <= ended
    ]
    return registered[0] if creations and max(creations) < registered[0].at else None


# -- in words -----------------------------------------------------------------------------------------------------


def _finding(run: Run, cause: _Cause, victims: list[tuple[Test, str]]) -> Finding:
    first, table = victims[0]
    tables = tuple(dict.fromkeys(table for _, table in victims))
    event = cause.event
    charged = author_of(run, event.worker, event.unit) if event is not None and cause.charged else UNKNOWN
    author = event.unit.nodeid if event is not None else ""
    return Finding(
        kind=KIND,
        title=_title(run, cause, tables, charged),
        tests=tuple(test.nodeid for test, _ in victims),
        evidence=tuple(_evidence(run, cause, first, table)),
        remedy=_remedy(run, cause, tables, charged),
        author=charged,
        command=command(run, author, first.nodeid),
        tables=tables,
        code="F4",
        locations=tuple(f"{event.holder}.{table}" for table in tables) if event is not None and event.holder else (),
    )


def _title(run: Run, cause: _Cause, tables: tuple[str, ...], charged: Author) -> str:
    text = names(tables)
    missing = f"{text[0].upper()}{text[1:]} {'are' if len(tables) > 1 else 'is'} missing"
    event = cause.event
    if event is None:
        return (
            f"{missing}: dropped, and not made again"
            if cause.what == "dropped somewhere"
            else f"{missing}: nothing made it"
        )
    who = named(run, author_of(run, event.worker, event.unit)) or "an import"
    if cause.what == "cleared":
        return f"{missing}: {who} took it out of its MetaData"
    if cause.what == "registered late":
        return f"{missing}: its model came after create_all()"
    if cause.charged:
        return f"{missing}: {who} dropped {'it' if len(tables) == 1 else 'them'}"
    return f"{missing}: nothing made it again after {who} dropped it"


def _evidence(run: Run, cause: _Cause, first: Test, table: str) -> list[Evidence]:
    told = []
    made, event, failure = cause.made, cause.event, first.failure
    if made is not None:
        told.append(Evidence(f"'{made.table}' created {by(run, made.worker, made.unit)}", made.place, made.unit.nodeid))
    if event is not None:
        word = {TableEventKind.DROPPED: "dropped", TableEventKind.REGISTERED: "registered, after tables were created,"}
        what = word.get(event.kind, "taken out of its MetaData")
        how = " (its creation was rolled back)" if event.by == "rollback" else ""
        text = f"'{event.table}' {what} {by(run, event.worker, event.unit)}{how}"
        told.append(Evidence(text, event.place, event.unit.nodeid))
    for effect in run.no_effects:
        if effect.worker == first.worker and effect.call == "create_all" and effect.unit.nodeid == first.nodeid:
            text = (
                f"create_all() created nothing, with {effect.known} tables known, {by(run, effect.worker, effect.unit)}"
            )
            told.append(Evidence(text, effect.place, effect.unit.nodeid))
    if event is None:
        told.append(Evidence(f"no CREATE TABLE of '{table}' was seen that still stood"))
    if failure is not None:
        told.append(Evidence(f"'{table}' is asked for, and missing", failed_at(run, failure), first.nodeid))
    return told


def _remedy(run: Run, cause: _Cause, tables: tuple[str, ...], charged: Author) -> str:
    event, made = cause.event, cause.made
    text = names(tables)
    if cause.what == "cleared":
        return (
            f"Do not clear the MetaData in {named(run, charged) or 'the suite'}: models register themselves once, when "
            "they are imported, and create_all() makes only what is registered. Drop and create tables instead."
        )
    if cause.what == "registered late":
        return (
            f"Import the model of {text} before create_all() is called: in the conftest, or where that fixture lives."
        )
    if cause.what == "dropped" and event is not None and made is not None:
        maker = _maker(run, made)
        if cause.charged:
            again = named(run, maker.author) if maker is not None else "what made them"
            return (
                f"Let {named(run, charged)} put back what it drops, or give it a database of its own; or create the "
                f"tables for each test, rather than once by {again}."
            )
        return (
            f"Let these tests ask for the fixture that creates {text}: they relied on tables that others had made, and "
            "that are rightly dropped again."
        )
    return (
        f"Create {text} in a fixture that these tests ask for, on the engine that they use; import every model before "
        "create_all() is called."
    )
