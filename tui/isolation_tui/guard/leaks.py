"""What stands of a test, and of the fixtures that ended with it, when it has ended: one small function a kind."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field

from pytest_isolation.events import Place, Unit

from ..model import Database, FixtureLife, Run, SharedSession, Test, Worker
from ..model import authors as charged
from ..model.rows import StandingRows, TableRows
from ..model.tables import IMPORTED
from ..text.sanitize import clean
from ..text.wording import number
from .remnants import MEMORY, Author, Key, Remnant, author_of, base_of, name_of
from .standing import Made, Standing


@dataclass(slots=True)
class Ended:
    """A test that has ended (None: the session has), with the wide fixtures that ended meanwhile."""

    run: Run
    worker: Worker
    test: Test | None
    lives: list[FixtureLife]
    databases: Standing
    metadata: Standing
    reused: set[int] = field(default_factory=set)
    """Numbers of databases that another test used after whoever made them had ended."""
    known: Container[Key] = ()
    """Leaks that were judged before."""
    metadata_makers: dict[int, Unit] = field(default_factory=dict)
    """Number of a MetaData -> who registered its first table, where that was no import; nobody else has since."""

    def charges(self, unit: Unit) -> bool:
        """Whether what this unit left is to be judged now."""
        life = self.worker.lives.get(unit.life)
        if unit.life and (life is None or life.definition.scope != "function"):
            return life in self.lives
        return self.test is not None and unit.nodeid == self.test.nodeid

    def is_private(self, database: int) -> bool:
        """Whether nobody can meet what stands in the database. Its maker has ended, and nobody else has used it: most
        tests that make an engine of their own throw it away, and clean up nothing in it."""
        known = self.worker.databases.get(database)
        if known is None or database in self.reused:
            return False
        return self.has_left(known.maker)

    def ends_with_the_process(self, unit: Unit, database: int = 0) -> bool:
        """Whether it is a session-scoped fixture's, and gone with the suite's own memory."""
        life = self.worker.lives.get(unit.life)
        if life is None or life.definition.scope != "session":
            return False
        known = self.worker.databases.get(database)
        return known is None or name_of(known) == MEMORY

    def are_one(self, one: Unit, other: Unit) -> bool:
        """Whether both are the same fixture, or the same test with the fixtures that are its alone."""
        if one.life == other.life and one.life:
            return True
        lives = [self.worker.lives.get(unit.life) for unit in (one, other)]
        return one.nodeid == other.nodeid and all(life is None or life.definition.scope == "function" for life in lives)

    def has_left(self, unit: Unit) -> bool:
        """Whether the unit is over, and was no import: what is imported is there for good."""
        return bool(unit.nodeid) and self.is_over(unit)

    def is_over(self, unit: Unit) -> bool:
        """Whether the unit's own time has passed."""
        life = self.worker.lives.get(unit.life)
        if life is not None and life.definition.scope != "function":
            return not life.alive
        return True


def left_behind(ended: Ended, kinds: Iterable[str]) -> list[Remnant]:
    """Of these kinds, in their order."""
    found: list[Remnant] = []
    for kind in kinds:
        found += _FINDERS[kind](ended)
    return found


# -- rows ---------------------------------------------------------------------------------------------------------


def _rows(ended: Ended) -> Iterator[Remnant]:
    for database, table in _tables_written(ended):
        if ended.is_private(database):
            continue
        mine: dict[charged.Author, list[StandingRows]] = {}
        for entry in table.standing():
            if entry.open or entry.intended or not ended.charges(entry.unit):
                continue
            if not ended.ends_with_the_process(entry.unit, database):
                mine.setdefault(entry.author, []).append(entry)
        for entries in mine.values():
            yield _row_remnant(ended, database, table, entries)


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


def _row_remnant(ended: Ended, database: int, table: TableRows, entries: list[StandingRows]) -> Remnant:
    last = entries[-1]
    author = author_of(ended.run, last.unit, last.life, last.place)
    rows = sum(entry.rows for entry in entries)
    keys = [key for entry in entries for key in getattr(entry, "keys", ())]
    named = f" [{', '.join(map(clean, keys[:4]))}{', ...' if len(keys) > 4 else ''}]" if keys else ""
    where = _database_name(ended, database)
    escape = ", which escaped the transaction around it" if any(entry.escape for entry in entries) else ""
    return Remnant(
        Key("rows", f"{where}.{table.table}", author.key),
        author,
        f"{number(rows, 'row')} of {clean(table.table)}{named} in {clean(where)}{escape}",
        "delete them in its teardown, or write them in a transaction that it rolls back"
        if author.is_fixture
        else "let a fixture roll the test's transaction back, or empty the table, when the test ends",
        last.place,
        table.inexact or any(entry.inexact for entry in entries),
        f"{table.database}.{table.table}",
    )


# -- tables and MetaData ------------------------------------------------------------------------------------------


def _tables(ended: Ended) -> Iterator[Remnant]:
    for gone, (holder, table), made, author in _changed(ended, ended.databases):
        if not (ended.is_private(holder) or ended.ends_with_the_process(made.unit, holder)):
            where = _database_name(ended, holder)
            yield Remnant(
                Key("tables", f"{where}.{table}", author.key),
                author,
                f"table {clean(table)} {'missing from' if gone else 'in'} {clean(where)}",
                "create it again when it ends" if gone else "drop it in the same place when it ends",
                made.place,
                group=f"tables {'missing from' if gone else 'in'} {clean(where)}",
                thing=clean(table),
            )


def _metadata(ended: Ended) -> Iterator[Remnant]:
    for gone, (holder, table), made, author in _changed(ended, ended.metadata):
        known = ended.worker.metadata.get(holder)
        if known is None or ended.ends_with_the_process(made.unit) or (not gone and made.place.function == IMPORTED):
            continue
        maker = ended.metadata_makers.get(holder)
        if maker is not None and ended.has_left(maker):
            continue
        where = known.label.partition(" (")[0]
        yield Remnant(
            Key("metadata", f"{where}.{table}", author.key),
            author,
            f"table {clean(table)} {'taken out of' if gone else 'registered in'} the MetaData of {clean(where)}",
            "put it back when it ends, or work on a MetaData of its own"
            if gone
            else "define the model once, in a module; or give it a MetaData of its own",
            made.place,
            group=f"tables {'taken out of' if gone else 'registered in'} the MetaData of {clean(where)}",
            thing=clean(table),
        )


def _changed(ended: Ended, standing: Standing) -> Iterator[tuple[bool, tuple[int, str], Made, Author]]:
    """Tables that were made and stand, and tables of others that were taken away (True) and not put back."""
    where_to_look = list(standing.present) + list(standing.missing) if ended.lives else sorted(standing.fresh)
    for where in where_to_look:
        made, gone = standing.present.get(where), False
        if made is None:
            made, gone = standing.missing.get(where), True
        if made is None or not ended.charges(made.unit):
            continue
        if gone:
            before = made.before
            owned = before is not None and not (ended.has_left(before.unit) and ended.has_left(before.last))
            if before is None or not owned or ended.are_one(before.last, made.unit):
                del standing.missing[where]  # its own, or what one before it had left: nobody misses it
                continue
        life = ended.worker.lives.get(made.unit.life)
        yield gone, where, made, author_of(ended.run, made.unit, life, made.place)


# -- transactions, and the process --------------------------------------------------------------------------------


def _transactions(ended: Ended) -> Iterator[Remnant]:
    test = ended.test
    if test is not None and any(phase.outcome == "failed" for phase in test.phases):
        return  # its traceback keeps what its frames held
    for held in ended.worker.held.values():
        if not held.in_transaction or not ended.charges(held.unit) or ended.ends_with_the_process(held.unit):
            continue
        database = next((known for known in ended.worker.databases.values() if known.label == held.database), None)
        if database is not None and ended.is_private(database.id):
            continue
        where = name_of(database) if database is not None else "database"
        author = author_of(ended.run, held.unit, held.life, held.place)
        key = Key("transactions", where, author.key)
        shared = _shared_session(ended) if held.what == "session" else None
        if shared is not None:
            if shared.intended:
                continue  # the session is a wide fixture's, and ends with it
            firsts = Key("transactions", where, base_of(shared.first))
            key = firsts if firsts in ended.known else key
        yield Remnant(
            key,
            author,
            f"a {held.what} with an open transaction on {clean(where)}",
            f"close the {held.what}, or roll it back, when it ends",
            held.place,
        )


def _shared_session(ended: Ended) -> SharedSession | None:
    """The session that the test used, and another before it."""
    for shared in reversed(ended.run.shared_sessions):
        if ended.test is not None and shared.unit.nodeid == ended.test.nodeid:
            return shared
    return None


def _process(ended: Ended) -> Iterator[Remnant]:
    for entry in ended.worker.state.values():
        if entry.what == "module" or not ended.charges(entry.unit) or ended.ends_with_the_process(entry.unit):
            continue
        life = ended.worker.lives.get(entry.unit.life)
        author = author_of(ended.run, entry.unit, life, Place())
        yield Remnant(
            Key("process", entry.location, author.key),
            author,
            f"{clean(entry.location)} {entry.change}{f' ({clean(entry.detail)})' if entry.detail else ''}",
            "put it back when it ends, as pytest's monkeypatch does",
            author.home,
            len(entry.among) > 1,
            entry.location,
        )


_FINDERS = {
    "rows": _rows,
    "tables": _tables,
    "metadata": _metadata,
    "transactions": _transactions,
    "process": _process,
}


def _database_name(ended: Ended, number_: int) -> str:
    known: Database | None = ended.worker.databases.get(number_)
    return name_of(known) if known is not None else "database"
