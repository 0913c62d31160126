"""A table is missing: "no such table", 'relation "..." does not exist', "Table '...' doesn't exist".

The observed DDL shows what removed it. Its author is charged only if the table should have been there: made at import,
or by a fixture that was still set up. A fixture that drops its own tables is not to blame for a test that creates none.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..model import UNKNOWN, Author, FixtureLife, NoOpDdl, Run, TableEvent, TableEventKind, Test, author_of
from .blame import by, command, named, names
from .exceptions import FailedStatements, failed_at, matching
from .finding import Evidence, Finding

KIND = "table-missing"

_EXCEPTIONS = frozenset(("OperationalError", "ProgrammingError", "UndefinedTable", "UndefinedTableError"))
_MESSAGE = re.compile(
    r"no such table: (?:main\.|temp\.)?(?P<sqlite>[^\n]+)"
    r"|relation \"(?P<postgresql>[^\"\n]+)\" does not exist"
    r"|Table '(?P<mysql>[^'\n]+)' doesn't exist"
)
_REFLECTED = re.compile(r"^(?P<sqlite>\S+)$")
"""The whole message of SQLAlchemy's NoSuchTableError, raised by reflection."""
_OF_DATABASE = (TableEventKind.CREATED, TableEventKind.DROPPED)
_OUT_OF_METADATA = (TableEventKind.CLEARED, TableEventKind.REMOVED)

MOST_HOLDERS = 64
"""How many databases and MetaData are asked about one table."""


@dataclass(frozen=True, slots=True)
class _Cause:
    """``what`` is how the table came to be missing; ``event`` is what removed it, if that is known."""

    what: str
    event: TableEvent | None = None
    made: TableEvent | None = None
    charged: bool = False


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each unit and line that removed tables, or for each table that was not seen to be created."""
    victims = [(test, match) for test in unexplained if (match := _match(test)) is not None]
    if not victims:
        return []
    causes = _Causes(run)
    groups: dict[object, tuple[_Cause, list[tuple[Test, str]]]] = {}
    for test, match in victims:
        table = _table(match)
        cause = causes.of(test, table, match.string)
        event = cause.event
        key = (event.worker, event.unit, event.place, event.holder) if event is not None else _last(table)
        groups.setdefault((cause.what, key), (cause, []))[1].append((test, table))
    effects: dict[str, list[NoOpDdl]] = defaultdict(list)
    for effect in run.no_effects:
        if effect.call == "create_all":
            effects[effect.unit.nodeid].append(effect)
    return [_finding(run, cause, group, effects[group[0][0].nodeid]) for cause, group in groups.values()]


def missing_table(test: Test) -> str | None:
    """The table that the test's statement did not find; None if it failed otherwise."""
    match = _match(test)
    return _table(match) if match is not None else None


def _match(test: Test) -> re.Match[str] | None:
    return matching(test, _EXCEPTIONS, _MESSAGE) or matching(test, ("NoSuchTableError",), _REFLECTED)


def _table(match: re.Match[str]) -> str:
    return (match["sqlite"] or match["postgresql"] or match["mysql"]).strip()


def _last(table: str) -> str:
    """The name without schema or database, which an error may contain and a model may not."""
    return table.rpartition(".")[2].strip("\"'`[]").lower()


class _Holders(NamedTuple):
    """Labels of MetaData and of databases."""

    metadata: tuple[str, ...]
    databases: tuple[str, ...]


_Drop = tuple[TableEvent | None, TableEvent]
"""(last creation, drop) of a table in one database."""


class _Causes:
    """Answers how a table came to be missing, from indexes made once for all failing tests."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._history = run.table_history
        self._statements = FailedStatements(run)
        self._names: dict[str, list[str]] = defaultdict(list)
        """Name without schema -> the names that table events give it."""
        self._known: dict[tuple[str, ...], _Holders] = {}
        for name in sorted(self._history.tables()):
            self._names[_last(name)].append(name)

    def of(self, test: Test, table: str, error: str) -> _Cause:
        ended = test.failure.ended if test.failure is not None else test.ended
        names = self._names[_last(table)]
        drops = self._standing_drops(test, names, error, ended)
        if len(drops) == 1:
            made, dropped = drops[0]
            return _Cause("dropped", dropped, made, _meant_to_stand(self._run, test, made, dropped, ended))
        if drops:
            return _Cause("dropped somewhere")
        known = self._in_metadata(test.worker, names, ended)
        taken = [event for event in known if event.kind in _OUT_OF_METADATA]
        if taken and len(taken) == len(known):
            return _Cause("cleared", max(taken, key=_at), charged=True)
        late = self._registered_late(test.worker, names, ended)
        if late is not None:
            return _Cause("registered late", late)
        return _Cause("never made" if known else "unknown")

    def _standing_drops(self, test: Test, names: Sequence[str], error: str, ended: float) -> list[_Drop]:
        """The drop in the database that the statement was sent to. If that is not known: in each database that the test
        used, or else whose tables a fixture of the test made."""
        failed = self._statements.latest(test.worker, error, ended)
        if failed is not None and failed.unit.nodeid == test.nodeid and failed.database:
            return self._drops(test.worker, names, (failed.database,), ended)
        drops = self._drops(test.worker, names, test.databases_used, ended)
        drops = drops or self._drops(test.worker, names, self._holders(test.worker, names).databases, ended)
        if len(drops) > 1:
            drops = [drop for drop in drops if _maker(self._run, drop[0]) in test.lives] or drops
        return drops

    def _drops(self, worker: str, names: Sequence[str], holders: Iterable[str], ended: float) -> list[_Drop]:
        drops: list[_Drop] = []
        for holder in holders:
            last = self._latest(_OF_DATABASE, worker, names, holder, ended)
            if last is not None and last.kind is TableEventKind.DROPPED:
                drops.append((self._latest((TableEventKind.CREATED,), worker, names, holder, ended), last))
        return drops

    def _in_metadata(self, worker: str, names: Sequence[str], ended: float) -> list[TableEvent]:
        """What happened to the table last, in each MetaData that knew it."""
        kinds = (TableEventKind.REGISTERED, *_OUT_OF_METADATA)
        events = (self._latest(kinds, worker, names, each, ended) for each in self._holders(worker, names).metadata)
        return [event for event in events if event is not None]

    def _registered_late(self, worker: str, names: Sequence[str], ended: float) -> TableEvent | None:
        """Its registration, if tables were created before it, and none after it."""
        firsts = [self._history.first(TableEventKind.REGISTERED, worker, name) for name in names]
        first = min((event for event in firsts if event is not None and event.at <= ended), key=_at, default=None)
        creation = self._history.last((TableEventKind.CREATED,), worker, until=ended)
        return first if first is not None and creation is not None and creation.at < first.at else None

    def _latest(
        self, kinds: Sequence[TableEventKind], worker: str, names: Sequence[str], holder: str, ended: float
    ) -> TableEvent | None:
        events = [self._history.last(kinds, worker, name, holder, until=ended) for name in names]
        return max((event for event in events if event is not None), key=_at, default=None)

    def _holders(self, worker: str, names: Sequence[str]) -> _Holders:
        """The databases and MetaData that had the table, the latest of them: a suite may make one for each test."""
        known = self._known.get((worker, *names))
        if known is None:
            metadata, databases = dict[str, None](), dict[str, None]()
            for name in names:
                for holder in self._history.holders(worker, name):
                    created = any(self._history.first(kind, worker, name, holder) for kind in _OF_DATABASE)
                    (databases if created else metadata)[holder] = None
            known = _Holders(tuple(metadata)[-MOST_HOLDERS:], tuple(databases)[-MOST_HOLDERS:])
            self._known[worker, *names] = known
        return known


def _at(event: TableEvent) -> float:
    return event.at


def _maker(run: Run, made: TableEvent | None) -> FixtureLife | None:
    return run.life_of_unit(made.worker, made.unit) if made is not None else None


def _meant_to_stand(run: Run, test: Test, made: TableEvent | None, dropped: TableEvent, ended: float) -> bool:
    if made is None:
        return False
    if dropped.unit.nodeid == test.nodeid and dropped.unit.step != "teardown":
        return True  # the test dropped it itself
    life = _maker(run, made)
    if life is None:
        return not made.unit.nodeid
    alive = life.torn_down is None or life.torn_down > ended
    return alive and life is not run.life_of_unit(dropped.worker, dropped.unit)


# -- in words -----------------------------------------------------------------------------------------------------


def _finding(run: Run, cause: _Cause, victims: list[tuple[Test, str]], effects: list[NoOpDdl]) -> Finding:
    first, table = victims[0]
    tables = tuple(dict.fromkeys(table for _, table in victims))
    event = cause.event
    charged = author_of(run, event.worker, event.unit) if event is not None and cause.charged else UNKNOWN
    author = event.unit.nodeid if event is not None else ""
    return Finding(
        kind=KIND,
        title=_title(run, cause, tables, charged),
        tests=tuple(test.nodeid for test, _ in victims),
        evidence=tuple(_evidence(run, cause, first, table, effects)),
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
    them = "it" if len(tables) == 1 else "them"
    event = cause.event
    if event is None:
        return (
            f"{missing}: dropped, and not created again"
            if cause.what == "dropped somewhere"
            else f"{missing}: nothing created {them}"
        )
    who = named(run, author_of(run, event.worker, event.unit)) or "an import"
    if cause.what == "cleared":
        return f"{missing}: {who} removed {them} from the MetaData"
    if cause.what == "registered late":
        return f"{missing}: registered after create_all()"
    if cause.charged:
        return f"{missing}: {who} dropped {them}"
    return f"{missing}: not created again after {who} dropped {them}"


def _evidence(run: Run, cause: _Cause, first: Test, table: str, effects: list[NoOpDdl]) -> list[Evidence]:
    evidence = []
    made, event, failure = cause.made, cause.event, first.failure
    if made is not None:
        evidence.append(
            Evidence(f"`{made.table}` created {by(run, made.worker, made.unit)}", made.place, made.unit.nodeid)
        )
    if event is not None:
        word = {
            TableEventKind.DROPPED: "dropped",
            TableEventKind.REGISTERED: "registered, after the tables were created,",
        }
        what = word.get(event.kind, "removed from its MetaData")
        how = " (its creation was rolled back)" if event.by == "rollback" else ""
        text = f"`{event.table}` {what} {by(run, event.worker, event.unit)}{how}"
        evidence.append(Evidence(text, event.place, event.unit.nodeid))
    for effect in effects:
        text = f"create_all() created nothing, with {effect.known} tables known, {by(run, effect.worker, effect.unit)}"
        evidence.append(Evidence(text, effect.place, effect.unit.nodeid))
    if event is None:
        evidence.append(Evidence(f"no CREATE TABLE of `{table}` was seen, or it was dropped since"))
    if failure is not None:
        evidence.append(Evidence(f"the query for `{table}` failed", failed_at(run, failure), first.nodeid))
    return evidence


def _remedy(run: Run, cause: _Cause, tables: tuple[str, ...], charged: Author) -> str:
    event, made = cause.event, cause.made
    text = names(tables)
    if cause.what == "cleared":
        return (
            f"Do not clear the MetaData in {named(run, charged) or 'the suite'}: models register once, when they are "
            "imported, and create_all() creates registered tables only. Drop and create tables instead."
        )
    if cause.what == "registered late":
        return f"Import the model of {text} before create_all() is called: in the conftest, or next to that fixture."
    if cause.what == "dropped" and event is not None and made is not None:
        maker = _maker(run, made)
        if cause.charged:
            again = named(run, maker.author) if maker is not None else "the fixture that made them"
            return (
                f"Let {named(run, charged)} create again what it drops, or give it its own database; or create the "
                f"tables for each test, not once in {again}."
            )
        return (
            f"Let these tests request the fixture that creates {text}: they relied on tables of other tests, which are "
            "rightly dropped again."
        )
    return (
        f"Create {text} in a fixture that these tests request, on the engine that they use; import every model before "
        "create_all() is called."
    )
