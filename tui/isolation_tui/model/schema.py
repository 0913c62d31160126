"""Differences between a database and its MetaData at the end of a test."""

from __future__ import annotations

from dataclasses import dataclass

from .test import Test


@dataclass(frozen=True, slots=True)
class SchemaDifference:
    """Tables of a database that are in no MetaData, and tables of ``metadata`` that the database does not have. Its
    tables are known from DDL during the run, so tables from before the run seem to be missing."""

    database: str
    only_in_database: tuple[str, ...]
    metadata: str = ""
    only_in_metadata: tuple[str, ...] = ()


def schema_differences(test: Test) -> list[SchemaDifference]:
    """The differences in each database that the test used. A database is compared with the MetaData with which it has
    most tables in common."""
    found = []
    everywhere = frozenset().union(*test.metadata_at_end.values()) if test.metadata_at_end else frozenset()
    for database in test.databases_used:
        there = test.database_at_end.get(database)
        if there is None:
            continue
        label, own = "", frozenset[str]()
        for name, tables in test.metadata_at_end.items():
            if len(tables & there) > len(own & there):
                label, own = name, tables
        extra, missing = there - everywhere, own - there
        if extra or missing:
            found.append(SchemaDifference(database, tuple(sorted(extra)), label, tuple(sorted(missing))))
    return found
