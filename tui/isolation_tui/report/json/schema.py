"""The document's tables, schemas that differ from their MetaData, and classes that were mapped twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ...model import Run, TableEvent, TableEventKind, Test, mapped_twice, schema_differences
from ...model.queries import charged
from .values import Json, file_and_line, file_of

_OF_METADATA = (TableEventKind.REGISTERED, TableEventKind.REFUSED, TableEventKind.REMOVED, TableEventKind.CLEARED)
_OF_DATABASE = (TableEventKind.CREATED, TableEventKind.DROPPED)
_HOLDERS = {**dict.fromkeys(_OF_METADATA, "metadata"), **dict.fromkeys(_OF_DATABASE, "database")}
"""Where a table is after each kind of event; other kinds are not in the document."""


def table_entries(run: Run) -> list[Json]:
    """One entry for each table of a MetaData or a database."""
    events: dict[tuple[str, str, str], list[TableEvent]] = {}
    for event in run.table_events:
        if event.kind in _HOLDERS:
            events.setdefault((_HOLDERS[event.kind], event.holder, event.table), []).append(event)
    return [
        {
            "kind": kind,
            "holder": holder,
            "table": table,
            **{what.value: sum(event.kind is what for event in of_table) for what in _HOLDERS},
            "by": _authors(run, of_table),
        }
        for (kind, holder, table), of_table in sorted(events.items(), key=lambda item: item[0])
    ]


def schema_of(test: Test) -> list[Json]:
    """Where a database that the test used and its MetaData did not agree at the test's end."""
    return [
        {
            "database": found.database,
            "only_in_database": list(found.only_in_database),
            "metadata": found.metadata,
            "only_in_metadata": list(found.only_in_metadata),
        }
        for found in schema_differences(test)
    ]


def mapped_twice_entries(run: Run) -> list[Json]:
    """Classes that have several mappings at the end of the run."""
    return [
        {
            "class": found.name,
            "metadata": found.metadata,
            "how": found.how,
            "count": found.count,
            "mappings": [
                {
                    "module": mapping.place.module,
                    **file_and_line(run, mapping.place),
                    "who": charged(run, mapping.worker, mapping.unit),
                }
                for mapping in (found.first, found.again)
            ],
        }
        for found in mapped_twice(run)
    ]


def _authors(run: Run, events: Sequence[TableEvent]) -> list[Json]:
    counts = Counter(
        (event.kind.value, _author(run, event), file_of(run, event.place), event.place.line) for event in events
    )
    return [
        {"what": what, "who": who, "count": count, "file": file, "line": line}
        for (what, who, file, line), count in counts.most_common()
    ]


def _author(run: Run, event: TableEvent) -> str:
    """The unit that is charged: ``fixture NAME``, ``import``, ``collect``, or the phase of a test as ``test PHASE``."""
    life = run.life_of_unit(event.worker, event.unit)
    if life is not None:
        return life.author.label
    return f"test {event.unit.phase}" if event.unit.nodeid else event.unit.phase or "import"
