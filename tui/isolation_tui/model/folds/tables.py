"""Folding what happens to tables, in MetaData and in databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_isolation import events as ev

from ..mappings import Mapping
from ..schema import in_memory
from ..statements import FailedStatement
from ..tables import Database, Metadata, RepeatedIndex, TableEvent, TableEventKind, tables_held
from . import rows
from .registry import folds

if TYPE_CHECKING:
    from ..run import Run, Worker


SHARED_DATABASE = "workers share databases"


@folds(ev.MetadataSeen)
def metadata_seen(run: Run, worker: Worker, at: float, fact: ev.MetadataSeen) -> None:
    label = worker.metadata_labels.assign(fact.name or fact.place.module or "metadata")
    worker.metadata[fact.metadata] = Metadata(fact.metadata, label, fact.place)


@folds(ev.DatabaseSeen)
def database_seen(run: Run, worker: Worker, at: float, fact: ev.DatabaseSeen) -> None:
    label = worker.database_labels.assign(fact.url)
    worker.databases[fact.database] = Database(fact.database, label, fact.dialect, maker=fact.maker)
    if in_memory(label):
        return
    workers = run.database_workers.setdefault(label, set())
    workers.add(worker.name)
    if len(workers) > 1 and not any(limit.startswith(SHARED_DATABASE) for limit in run.limits):
        run.limits.append(
            f"{SHARED_DATABASE} ({label} by {' and '.join(sorted(workers))}): rows that a test found there are known "
            "only as far as its own worker wrote them"
        )


@folds(ev.TableRegistered)
def table_registered(run: Run, worker: Worker, at: float, fact: ev.TableRegistered) -> None:
    held = _metadata(worker, fact.metadata)
    held.add((fact.table,))
    _note(
        run,
        TableEvent(
            TableEventKind.REGISTERED, fact.table, held.label, worker.name, at, fact.place, tuple(fact.via), fact.unit
        ),
    )


@folds(ev.ModelMapped)
def model_mapped(run: Run, worker: Worker, at: float, fact: ev.ModelMapped) -> None:
    held = _metadata(worker, fact.metadata)
    run.models[held.label, fact.table] = fact.model
    worker.mapped.add(
        Mapping(fact.model, fact.table, held.label, held.generation, fact.place, fact.unit, worker.name, at)
    )


@folds(ev.TableRefused)
def table_refused(run: Run, worker: Worker, at: float, fact: ev.TableRefused) -> None:
    held = _metadata(worker, fact.metadata)
    _note(
        run,
        TableEvent(
            TableEventKind.REFUSED, fact.table, held.label, worker.name, at, fact.place, tuple(fact.via), fact.unit
        ),
    )


@folds(ev.IndexRepeated)
def index_repeated(run: Run, worker: Worker, at: float, fact: ev.IndexRepeated) -> None:
    holder = _metadata(worker, fact.metadata).label
    run.repeated_indexes.append(
        RepeatedIndex(fact.name, fact.table, holder, worker.name, at, fact.place, tuple(fact.via), fact.unit)
    )


@folds(ev.StatementFailed)
def statement_failed(run: Run, worker: Worker, at: float, fact: ev.StatementFailed) -> None:
    database = worker.databases.get(fact.database)
    label = database.label if database is not None else ""
    run.failed_statements.append(FailedStatement(label, fact.error, fact.mark, fact.place, fact.unit, worker.name, at))


@folds(ev.TableRemoved)
def table_removed(run: Run, worker: Worker, at: float, fact: ev.TableRemoved) -> None:
    held = _metadata(worker, fact.metadata)
    held.remove((fact.table,))
    _note(run, TableEvent(TableEventKind.REMOVED, fact.table, held.label, worker.name, at, fact.place, (), fact.unit))


@folds(ev.MetadataCleared)
def metadata_cleared(run: Run, worker: Worker, at: float, fact: ev.MetadataCleared) -> None:
    held = _metadata(worker, fact.metadata)
    held.replace(())
    held.generation += 1
    for table in fact.tables:
        _note(run, TableEvent(TableEventKind.CLEARED, table, held.label, worker.name, at, fact.place, (), fact.unit))


@folds(ev.RegistryDisposed)
def registry_disposed(run: Run, worker: Worker, at: float, fact: ev.RegistryDisposed) -> None:
    for model in fact.models:
        worker.mapped.end_model(model, at)
        _note(run, TableEvent(TableEventKind.DISPOSED, model, "", worker.name, at, fact.place, (), fact.unit))


@folds(ev.TablesCreated)
def tables_created(run: Run, worker: Worker, at: float, fact: ev.TablesCreated) -> None:
    held = _database(worker, fact.database)
    held.add(fact.tables)
    rows.tables_created(worker, fact)
    _note_tables(run, worker, at, TableEventKind.CREATED, held, fact)


@folds(ev.TablesDropped)
def tables_dropped(run: Run, worker: Worker, at: float, fact: ev.TablesDropped) -> None:
    held = _database(worker, fact.database)
    held.remove(fact.tables)
    rows.tables_dropped(worker, fact)
    _note_tables(run, worker, at, TableEventKind.DROPPED, held, fact)


def _note_tables(
    run: Run,
    worker: Worker,
    at: float,
    kind: TableEventKind,
    held: Database,
    fact: ev.TablesCreated | ev.TablesDropped,
) -> None:
    for table in fact.tables:
        _note(run, TableEvent(kind, table, held.label, worker.name, at, fact.place, (), fact.unit, fact.by))


@folds(ev.TableSets)
def table_sets(run: Run, worker: Worker, at: float, fact: ev.TableSets) -> None:
    """The belt to the events' braces: what the sets really were at a test's edge."""
    for metadata, tables in fact.metadata:
        _metadata(worker, metadata).replace(tables)
    for database, tables in fact.database:
        _database(worker, database).replace(tables)
    test = run.tests.get(fact.nodeid)
    if test is None:
        return
    metadata_now = tables_held(worker.metadata)
    database_now = tables_held(worker.databases)
    if fact.edge == "start":
        test.latest.metadata_at_start, test.latest.database_at_start = metadata_now, database_now
    else:
        test.latest.metadata_at_end, test.latest.database_at_end = metadata_now, database_now


@folds(ev.HoldersGone)
def holders_gone(run: Run, worker: Worker, at: float, fact: ev.HoldersGone) -> None:
    """A suite may make a MetaData or a database for each test: those that are no more are not carried along."""
    for number in fact.metadata:
        gone = worker.metadata.pop(number, None)
        if gone is None:
            continue
        run.table_history.add_end(worker.name, gone.label, at)
        worker.metadata_labels.release(gone.label)
        worker.mapped.end_metadata(gone.label, at)
    for number in fact.databases:
        ended = worker.databases.pop(number, None)
        if ended is not None:
            worker.database_labels.release(ended.label)
            run.database_workers.get(ended.label, set()).discard(worker.name)
            run.table_history.add_end(worker.name, ended.label, at)
        rows.database_gone(worker, number)


def _note(run: Run, event: TableEvent) -> None:
    run.table_history.add(event)
    test = run.tests.get(event.unit.nodeid)
    if test is not None:
        test.table_events.append(event)


def _metadata(worker: Worker, number: int) -> Metadata:
    if number not in worker.metadata:  # its first mention was among dropped facts
        label = worker.metadata_labels.assign(f"metadata {number}")
        worker.metadata[number] = Metadata(number, label)
    return worker.metadata[number]


def _database(worker: Worker, number: int) -> Database:
    if number not in worker.databases:
        worker.databases[number] = Database(number, worker.database_labels.assign(f"database {number}"))
    return worker.databases[number]
