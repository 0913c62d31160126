"""What a test, and the fixtures that ended with it, left behind: one small function a kind of leak."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from pytest_isolation.events import Place, Unit

from ..model import Author, Database, FixtureDefinition, FixtureLife, Run, SharedSession, Test, Worker, author_of
from ..model.authors import AuthorKind
from ..model.ledger import StandingRows, TableRows
from ..model.queries import own
from ..model.table_history import TableOrigin, TableOrigins
from ..model.tables import IMPORTED
from ..text.sanitize import clean
from ..text.wording import number, relative

MEMORY = "memory"
"""What every in-memory database is called."""

_NUMBERED = re.compile(r" \(\d+\)$")
_WORKER = re.compile(r"(?<![a-z])gw\d+")
_XUNIT = re.compile(r"_?(?:xunit|unittest)_(\w+?)_fixture_(.+)")


class LeakKey(NamedTuple):
    """Identifies a leak in every run of the suite, on every machine. Baselines hold these."""

    kind: str
    location: str
    author: str


@dataclass(slots=True)
class LeakFound:
    """State that is there after its author's end. ``what`` and ``remedy`` describe it; ``place`` is the line that made
    it. ``inexact``: it may not be so. ``location`` is what the model calls its place."""

    key: LeakKey
    author: Author
    what: str
    remedy: str
    place: Place
    inexact: bool = False
    location: str = ""
    group: str = ""
    """What it is one of, in words: several are described in one line, which then names each ``thing``."""
    thing: str = ""


@dataclass(slots=True)
class Ended:
    """A test that has ended (None: the session has), and the wide fixtures that ended since the test before it."""

    run: Run
    worker: Worker
    test: Test | None
    lives: list[FixtureLife]
    reused: set[int] = field(default_factory=set)
    """Numbers of databases that another test used after their maker had ended."""
    known: Container[LeakKey] = ()
    """Leaks that were judged before."""
    metadata_makers: dict[int, Unit] = field(default_factory=dict)
    """Number of a MetaData -> the only unit that registered tables in it, where that was no import."""

    def charges(self, unit: Unit) -> bool:
        """Whether what this unit left is to be judged now."""
        life = self.worker.lives.get(unit.life)
        if unit.life and (life is None or life.definition.scope != "function"):
            return life in self.lives
        return self.test is not None and unit.nodeid == self.test.nodeid

    def is_private(self, database: int) -> bool:
        """Whether no test can meet what is in the database: its maker has ended, and no other test has used it. Most
        tests that make an engine of their own throw it away, and clean up nothing in it."""
        known = self.worker.databases.get(database)
        if known is None or database in self.reused:
            return False
        return self.has_left(known.maker)

    def ends_with_the_process(self, unit: Unit, database: int = 0) -> bool:
        """Whether it belongs to a session-scoped fixture and is gone with the memory of the process."""
        life = self.worker.lives.get(unit.life)
        if life is None or life.definition.scope != "session":
            return False
        known = self.worker.databases.get(database)
        return known is None or database_name(known) == MEMORY

    def are_one(self, one: Unit, other: Unit) -> bool:
        """Whether both are the same fixture, or the same test with the fixtures that are its alone."""
        if one.life == other.life and one.life:
            return True
        lives = [self.worker.lives.get(unit.life) for unit in (one, other)]
        return one.nodeid == other.nodeid and all(life is None or life.definition.scope == "function" for life in lives)

    def has_left(self, unit: Unit) -> bool:
        """Whether the unit has ended and was no import: what is imported is there for good."""
        return bool(unit.nodeid) and self.is_over(unit)

    def is_over(self, unit: Unit) -> bool:
        """Whether the unit has ended."""
        life = self.worker.lives.get(unit.life)
        if life is not None and life.definition.scope != "function":
            return not life.alive
        return True


def find_leaks(ended: Ended, kinds: Iterable[str]) -> list[LeakFound]:
    """The leaks of these kinds, in their order."""
    found: list[LeakFound] = []
    for kind in kinds:
        found += _FINDERS[kind](ended)
    return found


# -- rows ---------------------------------------------------------------------------------------------------------


def _rows(ended: Ended) -> Iterator[LeakFound]:
    for database, table in _tables_written(ended):
        if ended.is_private(database):
            continue
        mine: dict[Author, list[StandingRows]] = {}
        for entry in table.standing():
            if entry.open or entry.intended or not ended.charges(entry.unit):
                continue
            if not ended.ends_with_the_process(entry.unit, database):
                mine.setdefault(entry.author, []).append(entry)
        for entries in mine.values():
            yield _of_rows(ended, database, table, entries)


def _tables_written(ended: Ended) -> Iterator[tuple[int, TableRows]]:
    rows = ended.worker.rows
    if ended.lives:
        for database, tables in rows.items():
            for table in tables.values():
                yield database, table
    elif ended.test is not None:
        for database, name in ended.test.tables_written:
            found = rows.get(database, {}).get(name)
            if found is not None:
                yield database, found


def _of_rows(ended: Ended, database: int, table: TableRows, entries: list[StandingRows]) -> LeakFound:
    last = entries[-1]
    author = author_of(ended.run, ended.worker.name, last.unit, last.place)
    rows = sum(entry.rows for entry in entries)
    keys = [key for entry in entries for key in entry.keys]
    named = f" [{', '.join(map(clean, keys[:4]))}{', ...' if len(keys) > 4 else ''}]" if keys else ""
    where = _name_of(ended, database)
    escape = ", which escaped the transaction around it" if any(entry.escape for entry in entries) else ""
    return LeakFound(
        key=LeakKey("rows", f"{where}.{table.table}", author_key(ended.run, author)),
        author=author,
        what=f"{number(rows, 'row')} of {clean(table.table)}{named} in {clean(where)}{escape}",
        remedy="delete them in its teardown, or write them in a transaction that it rolls back"
        if author.is_fixture
        else "let a fixture roll the test's transaction back, or empty the table, when the test ends",
        place=last.place,
        inexact=table.inexact or any(entry.inexact for entry in entries),
        location=f"{table.database}.{table.table}",
    )


# -- tables and MetaData ------------------------------------------------------------------------------------------


def _tables(ended: Ended) -> Iterator[LeakFound]:
    databases = {known.label: known for known in ended.worker.databases.values()}
    for change in _changed(ended, ended.run.table_history.in_databases):
        known, made = databases.get(change.holder), change.origin.event
        if known is None or ended.is_private(known.id) or ended.ends_with_the_process(made.unit, known.id):
            continue
        where, table = database_name(known), clean(made.table)
        which = "missing from" if change.gone else "in"
        yield LeakFound(
            key=LeakKey("tables", f"{where}.{made.table}", author_key(ended.run, change.author)),
            author=change.author,
            what=f"table {table} {which} {clean(where)}",
            remedy="create it again when it ends" if change.gone else "drop it in the same place when it ends",
            place=made.place,
            location=f"{made.holder}.{made.table}",
            group=f"tables {which} {clean(where)}",
            thing=table,
        )


def _metadata(ended: Ended) -> Iterator[LeakFound]:
    labels = {known.label: known for known in ended.worker.metadata.values()}
    for change in _changed(ended, ended.run.table_history.in_metadata):
        known, made = labels.get(change.holder), change.origin.event
        imported = not change.gone and made.place.function == IMPORTED
        if known is None or imported or ended.ends_with_the_process(made.unit):
            continue
        maker = ended.metadata_makers.get(known.id)
        if maker is not None and ended.has_left(maker):
            continue
        where, table = known.label.partition(" (")[0], clean(made.table)
        which = "removed from" if change.gone else "registered in"
        yield LeakFound(
            key=LeakKey("metadata", f"{where}.{made.table}", author_key(ended.run, change.author)),
            author=change.author,
            what=f"table {table} {which} the MetaData of {clean(where)}",
            remedy="put it back when it ends, or work on a MetaData of its own"
            if change.gone
            else "define the model once, in a module; or give it a MetaData of its own",
            place=made.place,
            location=f"{made.holder}.{made.table}",
            group=f"tables {which} the MetaData of {clean(where)}",
            thing=table,
        )


class _Change(NamedTuple):
    """A table that its maker left in a holder, or (``gone``) one of others that it removed and did not put back."""

    gone: bool
    holder: str
    origin: TableOrigin
    author: Author


def _changed(ended: Ended, tables: TableOrigins) -> Iterator[_Change]:
    worker = ended.worker.name
    if ended.lives:
        keys = [key for key in (*tables.present, *tables.missing) if key[0] == worker]
    else:
        events = ended.run.table_history.events  # since the last test was judged
        keys = sorted({(event.worker, event.holder, event.table) for event in events})
    for key in keys:
        origin, gone = tables.present.get(key), False
        if origin is None:
            origin, gone = tables.missing.get(key), True
        if origin is None or not ended.charges(origin.event.unit):
            continue
        if gone and not _is_missed(ended, origin):
            del tables.missing[key]
            continue
        unit, place = origin.event.unit, origin.event.place
        yield _Change(gone, key[1], origin, author_of(ended.run, worker, unit, place))


def _is_missed(ended: Ended, removed: TableOrigin) -> bool:
    """Whether the removed table belonged to another unit, which has not ended."""
    before = removed.before
    if before is None or (ended.has_left(before.event.unit) and ended.has_left(before.last.unit)):
        return False
    return not ended.are_one(before.last.unit, removed.event.unit)


# -- transactions, and the process --------------------------------------------------------------------------------


def _transactions(ended: Ended) -> Iterator[LeakFound]:
    test = ended.test
    if test is not None and any(phase.outcome == "failed" for phase in test.phases):
        return  # its traceback keeps what its frames held
    for held in ended.worker.held.values():
        if not held.in_transaction or not ended.charges(held.unit) or ended.ends_with_the_process(held.unit):
            continue
        database = next((known for known in ended.worker.databases.values() if known.label == held.database), None)
        if database is not None and ended.is_private(database.id):
            continue
        where = database_name(database) if database is not None else "database"
        author = author_of(ended.run, ended.worker.name, held.unit, held.place)
        key = LeakKey("transactions", where, author_key(ended.run, author))
        shared = _shared_session(ended) if held.what == "session" else None
        if shared is not None:
            if shared.intended:
                continue  # the session is a wide fixture's, and ends with it
            firsts = LeakKey("transactions", where, key_of_test(shared.first))
            key = firsts if firsts in ended.known else key
        yield LeakFound(
            key=key,
            author=author,
            what=f"a {held.what} with an open transaction on {clean(where)}",
            remedy=f"close the {held.what}, or roll it back, when it ends",
            place=held.place,
        )


def _shared_session(ended: Ended) -> SharedSession | None:
    """The session that the test used, and another test before it."""
    for shared in reversed(ended.run.shared_sessions):
        if ended.test is not None and shared.unit.nodeid == ended.test.nodeid:
            return shared
    return None


def _process(ended: Ended) -> Iterator[LeakFound]:
    for entry in ended.worker.state.values():
        if entry.what == "module" or not ended.charges(entry.unit) or ended.ends_with_the_process(entry.unit):
            continue
        author = author_of(ended.run, ended.worker.name, entry.unit)
        yield LeakFound(
            key=LeakKey("process", entry.location, author_key(ended.run, author)),
            author=author,
            what=f"{clean(entry.location)} {entry.change}{f' ({clean(entry.detail)})' if entry.detail else ''}",
            remedy="put it back when it ends, as pytest's monkeypatch does",
            place=author.place,
            inexact=len(entry.among) > 1,
            location=entry.location,
        )


_FINDERS = {
    "rows": _rows,
    "tables": _tables,
    "metadata": _metadata,
    "transactions": _transactions,
    "process": _process,
}


def _name_of(ended: Ended, database: int) -> str:
    known = ended.worker.databases.get(database)
    return database_name(known) if known is not None else "database"


def database_name(database: Database) -> str:
    """A database's name that is the same on every machine and for every worker: ``memory``, ``shop.db``, ``shop``."""
    label = _NUMBERED.sub("", database.label)
    path = label.partition("?")[0].partition("://")[2].replace("\\", "/")
    if database.dialect == "sqlite" and (path in ("", "/:memory:") or "mode=memory" in label or ":memory:" in path):
        return MEMORY
    return _WORKER.sub("gw*", path.rpartition("/")[2]) or database.dialect or "database"


def author_key(run: Run, author: Author) -> str:
    """The author as baselines name it: ``fixture users in tests/conftest.py``, a test without its parameters."""
    if author.nodeid:
        return key_of_test(author.nodeid)
    definition = definition_of(run, author)
    if definition is None:
        return f"import of {file_of(run, author.place) or 'a module'}"
    name, file = xunit_name(definition)
    if name:
        return f"{name} in {file}"
    place = author.place
    return f"{clean(author.label)} in {file_of(run, place) if own(run, place) else place.module}"


def key_of_test(nodeid: str) -> str:
    """A node id without its parameters, of which there may be many.

    >>> key_of_test("tests/test_a.py::TestUsers::test_it[a-::-1]")
    'tests/test_a.py::TestUsers::test_it'
    """
    file, separator, rest = nodeid.partition("::")
    return file + separator + rest.partition("[")[0].partition("@")[0]


def definition_of(run: Run, author: Author) -> FixtureDefinition | None:
    """The definition of a fixture; None for other authors."""
    if author.kind is not AuthorKind.FIXTURE:
        return None
    return run.definitions.get((author.label.removeprefix("fixture "), *author.identity))


def xunit_name(definition: FixtureDefinition) -> tuple[str, str]:
    """(``setup_class of TestOld``, its file) for a fixture that pytest makes of the suite's own method, else ''."""
    xunit = _XUNIT.match(definition.name)
    if xunit is None:
        return "", ""
    return f"{xunit[1]} of {clean(xunit[2])}", definition.baseid.partition("::")[0]


def file_of(run: Run, place: Place) -> str:
    """The file, relative to the root, with slashes."""
    return relative(place.file, run.rootdir).replace("\\", "/")
