"""Rows that were committed and stay: later tests find more than they expect, or may not insert their own."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Run, Test
from . import residue
from .finding import Finding

KIND, CODE = "rows-left-behind", "F7"

_TITLE = "Rows that {author} leaves in {tables} stay"
_REMEDY = (
    "Let {author} take out again what it commits: a rollback() after the commit undoes nothing. Or let each test begin "
    "with fresh tables (drop_all() and create_all() around it), or run in one transaction that is rolled back as a "
    "whole, commits and all."
)


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each author whose rows failing tests have read."""
    found = [
        residue.finding(run, KIND, CODE, _TITLE, _REMEDY, group) for group in residue.victims(run, unexplained, ("",))
    ]
    return found + residue.harmless(run, KIND, CODE, _TITLE, _REMEDY, ("",))
