"""Fold what happens to tables, in MetaData and in databases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pytest_isolation import events as ev

from ..mappings import Mapping
from ..tables import Database, Metadata, RepeatedIndex, TableEvent, TableEventKind, in_memory, tables_held
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
    worker.databases[fact.database] = Database(fact.database, label, fact.dialect, fact.maker)
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
    metadata = _metadata(worker, fact.metadata)
    metadata.add((fact.table,))
    _add_event(run, worker, at, TableEventKind.REGISTERED, fact.table, metadata.label, fact, fact.via)


@folds(ev.ModelMapped)
def model_mapped(run: Run, worker: Worker, at: float, fact: ev.ModelMapped) -> None:
    metadata = _metadata(worker, fact.metadata)
    run.models[metadata.label, fact.table] = fact.model
    worker.mapped.add(
        Mapping(
            model=fact.model,
            table=fact.table,
            metadata=metadata.label,
            generation=metadata.generation,
            place=fact.place,
            unit=fact.unit,
            worker=worker.name,
            at=at,
        )
    )


@folds(ev.TableRefused)
def table_refused(run: Run, worker: Worker, at: float, fact: ev.TableRefused) -> None:
    label = _metadata(worker, fact.metadata).label
    _add_event(run, worker, at, TableEventKind.REFUSED, fact.table, label, fact, fact.via)


@folds(ev.IndexRepeated)
def index_repeated(run: Run, worker: Worker, at: float, fact: ev.IndexRepeated) -> None:
    run.repeated_indexes.append(
        RepeatedIndex(
            name=fact.name,
            table=fact.table,
            holder=_metadata(worker, fact.metadata).label,
            worker=worker.name,
            at=at,
            place=fact.place,
            via=tuple(fact.via),
            unit=fact.unit,
        )
    )


@folds(ev.TableRemoved)
def table_removed(run: Run, worker: Worker, at: float, fact: ev.TableRemoved) -> None:
    metadata = _metadata(worker, fact.metadata)
    metadata.remove((fact.table,))
    _add_event(run, worker, at, TableEventKind.REMOVED, fact.table, metadata.label, fact)


@folds(ev.MetadataCleared)
def metadata_cleared(run: Run, worker: Worker, at: float, fact: ev.MetadataCleared) -> None:
    metadata = _metadata(worker, fact.metadata)
    metadata.replace(())
    metadata.generation += 1
    for table in fact.tables:
        _add_event(run, worker, at, TableEventKind.CLEARED, table, metadata.label, fact)


@folds(ev.RegistryDisposed)
def registry_disposed(run: Run, worker: Worker, at: float, fact: ev.RegistryDisposed) -> None:
    for model in fact.models:
        worker.mapped.end_model(model, at)
        _add_event(run, worker, at, TableEventKind.DISPOSED, model, "", fact)


@folds(ev.TablesCreated)
def tables_created(run: Run, worker: Worker, at: float, fact: ev.TablesCreated) -> None:
    database = _database(worker, fact.database)
    database.add(fact.tables)
    rows.tables_created(worker, fact)
    for table in fact.tables:
        _add_event(run, worker, at, TableEventKind.CREATED, table, database.label, fact, by=fact.by)


@folds(ev.TablesDropped)
def tables_dropped(run: Run, worker: Worker, at: float, fact: ev.TablesDropped) -> None:
    database = _database(worker, fact.database)
    database.remove(fact.tables)
    rows.tables_dropped(worker, fact)
    for table in fact.tables:
        _add_event(run, worker, at, TableEventKind.DROPPED, table, database.label, fact, by=fact.by)


@folds(ev.TableSets)
def table_sets(run: Run, worker: Worker, at: float, fact: ev.TableSets) -> None:
    """The tables that there really are at the start or end of a test replace what the events add up to."""
    _replace(((_metadata(worker, number), tables) for number, tables in fact.metadata))
    _replace(((_database(worker, number), tables) for number, tables in fact.database))
    test = run.tests.get(fact.nodeid)
    if test is None:
        return
    metadata, databases = tables_held(worker.metadata), tables_held(worker.databases)
    if fact.edge == "start":
        test.latest.metadata_at_start, test.latest.database_at_start = metadata, databases
    else:
        test.latest.metadata_at_end, test.latest.database_at_end = metadata, databases


def _replace(found: Iterable[tuple[Metadata | Database, list[str]]]) -> None:
    for holder, tables in found:
        holder.replace(tables)


@folds(ev.HoldersGone)
def holders_gone(run: Run, worker: Worker, at: float, fact: ev.HoldersGone) -> None:
    """Forget MetaData and databases that no longer exist: a suite may make one of each for every test."""
    for number in fact.metadata:
        metadata = worker.metadata.pop(number, None)
        if metadata is not None:
            run.table_history.add_end(worker.name, metadata.label, at)
            worker.metadata_labels.release(metadata.label)
            worker.mapped.end_metadata(metadata.label, at)
    for number in fact.databases:
        database = worker.databases.pop(number, None)
        if database is not None:
            worker.database_labels.release(database.label)
            run.database_workers.get(database.label, set()).discard(worker.name)
            run.table_history.add_end(worker.name, database.label, at)
        rows.database_gone(worker, number)


_Fact = (
    ev.TableRegistered
    | ev.TableRefused
    | ev.TableRemoved
    | ev.MetadataCleared
    | ev.RegistryDisposed
    | ev.TablesCreated
    | ev.TablesDropped
)


def _add_event(
    run: Run,
    worker: Worker,
    at: float,
    kind: TableEventKind,
    table: str,
    holder: str,
    fact: _Fact,
    via: Sequence[ev.Place] = (),
    by: str = "",
) -> None:
    event = TableEvent(
        kind=kind,
        table=table,
        holder=holder,
        worker=worker.name,
        at=at,
        place=fact.place,
        via=tuple(via),
        unit=fact.unit,
        by=by,
    )
    run.table_history.add(event)
    test = run.tests.get(fact.unit.nodeid)
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
