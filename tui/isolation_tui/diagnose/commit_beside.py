"""A commit beside the transaction that a fixture holds around the test: on another connection, or another thread."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Run, Test
from . import residue
from .finding import Finding

KIND, CODE, WAYS = "commit-beside", "F6", ("beside", "thread")

_TITLE = "{author} commits rows to {tables} beside the transaction that was to undo them"
_REMEDY = (
    "Bind all sessions of the test to the one connection that is rolled back: sessionmaker.configure(bind=connection), "
    "the application's own session overridden, join_transaction_mode='create_savepoint'. What {author} commits on a "
    "connection of its own no rollback of another one undoes."
)


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each author whose rows, committed elsewhere, were read."""
    found = [
        residue.finding(run, KIND, CODE, _TITLE, _REMEDY, group) for group in residue.victims(run, unexplained, WAYS)
    ]
    return found + residue.harmless(run, KIND, CODE, _TITLE, _REMEDY, WAYS)
