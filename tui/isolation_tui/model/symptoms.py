"""Decide from its exception whether a test may have failed because of leftover rows.

Leftover rows add to what is read. So a comparison fits if it found more than expected, or something else, and does not
fit if it found less.
"""

from __future__ import annotations

import re

from .assertion_message import compared
from .rows import ResidueRead
from .test import Phase, Test

_PHASES = ("setup", "call", "teardown")
_NOT_UNIQUE = re.compile(
    r"UNIQUE constraint failed: (?P<columns>.+)|duplicate key value|Duplicate entry|UNIQUE KEY constraint",
    re.IGNORECASE,
)
_TAKEN = re.compile(r"\b(?:already|duplicate|not unique|must be unique|taken|in use)\b", re.IGNORECASE)
_CONFLICT = 409


def came_of(test: Test, met: ResidueRead) -> bool:
    """Whether the test may have failed because of the leftover rows that it read in one table before."""
    failure = test.failure
    if failure is None or failure.when not in _PHASES or met.read.unit.phase not in _PHASES:
        return False
    if _PHASES.index(met.read.unit.phase) > _PHASES.index(failure.when):
        return False
    if met.read.how == "key" and met.intended:  # it may be one of the intended rows
        return False
    if failure.exception == "AssertionError":
        return _compares_too_much(failure, met)
    not_unique = _NOT_UNIQUE.search(failure.message)
    if not_unique is not None:
        return met.read.how == "clash" and _names(not_unique.group("columns"), met.read.table) and not _own(test, met)
    if failure.exception == "MultipleResultsFound":
        return met.read.how != "clash"
    return met.read.how in ("match", "scan") and _says_taken(failure)


def _names(columns: str | None, table: str) -> bool:
    """Whether the message fits the table. SQLite names the columns; other databases do not."""
    if columns is None:
        return True
    return any(column.strip().rpartition(".")[0] == table.rpartition(".")[2] for column in columns.split(","))


def _own(test: Test, met: ResidueRead) -> bool:
    """Whether it committed rows to that table itself: its INSERT may have hit one of those."""
    return any(
        written.inserted and written.state == "committed"
        for written in test.rows_written
        if (written.database, written.table) == (met.read.database, met.read.table)
    )


def _says_taken(failure: Phase) -> bool:
    """Whether an application's own exception reports an existing row: ``Conflict: carla@example.com is taken``.
    SQLAlchemy's exceptions use the same words for tables and transactions."""
    return "sqlalchemy" not in failure.message.partition(":")[0] and _TAKEN.search(failure.message) is not None


def _compares_too_much(failure: Phase, met: ResidueRead) -> bool:
    """Whether the assertion found too much. If rows were looked up by their values, the leftover rows need not be among
    them: then the number found must exceed the expected one by at most as many rows as were left."""
    comparison = compared(failure.message)
    if comparison is None:
        return False
    if comparison.status:
        return comparison.left == _CONFLICT and met.read.how in ("match", "scan")
    if not comparison.more:
        return False
    if met.read.how != "match":
        return True
    numbers = comparison.numbers
    return numbers is not None and comparison.operator == "==" and 0 < numbers[0] - numbers[1] <= met.rows
