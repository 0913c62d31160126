"""A transaction around the test did not hold: on SQLite the release of a savepoint without BEGIN is a commit."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Run, Test
from . import residue
from .finding import Finding

KIND, CODE, WAYS = "savepoint-escape", "F1", ("savepoint",)

_TITLE = "Rows of {author} in {tables} outlive the transaction that was to undo them"
_REMEDY = (
    "sqlite3 sends no BEGIN before a SAVEPOINT, so that its release commits. From Python 3.12 on give create_engine() "
    "connect_args={{'autocommit': False}}; before, set isolation_level = None on connect and send BEGIN yourself in a "
    "'begin' listener. Then the rollback takes back what {author} writes."
)


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each author whose escaped rows were read."""
    found = [
        residue.finding(run, KIND, CODE, _TITLE, _REMEDY, group) for group in residue.victims(run, unexplained, WAYS)
    ]
    return found + residue.harmless(run, KIND, CODE, _TITLE, _REMEDY, WAYS)
