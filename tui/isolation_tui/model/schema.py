"""Tables that a database has and no MetaData knows, and the reverse, at the end of a test."""

from __future__ import annotations

from dataclasses import dataclass

from .test import Test


@dataclass(frozen=True, slots=True)
class SchemaDifference:
    """Of one database that the test used: tables that stand there and are in no MetaData, and tables of ``metadata``
    that do not stand there. A database's tables are what DDL was seen to make of it, so one that was filled before the
    run seems to lack them."""

    database: str
    only_in_database: tuple[str, ...]
    metadata: str = ""
    only_in_metadata: tuple[str, ...] = ()


def schema_differences(test: Test) -> list[SchemaDifference]:
    """Where the databases that it used and the MetaData of its process do not agree. Which MetaData belongs to a
    database is not said anywhere: it is the one with which it has most tables in common, and none where it has none."""
    found = []
    everywhere = frozenset().union(*test.metadata_at_end.values()) if test.metadata_at_end else frozenset()
    for database in test.databases_used:
        stands = test.database_at_end.get(database)
        if stands is None:
            continue
        label, own = "", frozenset[str]()
        for name, tables in test.metadata_at_end.items():
            if len(tables & stands) > len(own & stands):
                label, own = name, tables
        extra, missing = stands - everywhere, own - stands
        if extra or missing:
            found.append(SchemaDifference(database, tuple(sorted(extra)), label, tuple(sorted(missing))))
    return found
