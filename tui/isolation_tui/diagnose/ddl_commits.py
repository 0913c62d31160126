"""A DDL statement within the test's transaction, on a server where that commits what was written before."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Run, Test
from . import residue
from .finding import Finding

KIND, CODE, WAYS = "ddl-commits", "F20", ("ddl",)

_TITLE = "Rows of {author} in {tables} were committed by a DDL statement"
_REMEDY = (
    "On MySQL, MariaDB and Oracle each CREATE, ALTER, DROP and TRUNCATE commits the open transaction. Create the "
    "tables before the transaction of the test begins, and empty them with DELETE: then the rollback takes back what "
    "{author} writes."
)


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each author whose rows, committed so, were read."""
    found = [
        residue.finding(run, KIND, CODE, _TITLE, _REMEDY, group) for group in residue.victims(run, unexplained, WAYS)
    ]
    return found + residue.harmless(run, KIND, CODE, _TITLE, _REMEDY, WAYS)
