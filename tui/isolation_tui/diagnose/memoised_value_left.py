"""A memoised function that remembers what it worked out for an earlier test."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Run, StateResidue, Test
from . import process_state
from .finding import Finding

KIND = "memoised-value-left"


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    return process_state.findings(run, unexplained, KIND, ("cache",), _title, _remedy)


def _title(entry: StateResidue, who: str) -> str:
    return f"{_function(entry)}() remembers what it worked out for {who}"


def _remedy(entry: StateResidue, who: str) -> str:
    return (
        f"Call {_function(entry)}.cache_clear() before each test, in an autouse fixture of conftest.py: what a "
        "memoised function remembers outlives the rows and settings that it was worked out from."
    )


def _function(entry: StateResidue) -> str:
    return entry.name.rpartition(".")[2]
