"""An environment variable that was set and stays: later tests read it."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Run, StateResidue, Test
from . import process_state
from .finding import Finding

KIND = "environment-variable-left"


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    return process_state.findings(run, unexplained, KIND, ("env",), _title, _remedy)


def _title(entry: StateResidue, who: str) -> str:
    verb = {"added": "sets", "removed": "removes"}.get(entry.change, "changes")
    return f"{who} {verb} the environment variable {entry.name} and leaves it so"


def _remedy(entry: StateResidue, who: str) -> str:
    call = f'monkeypatch.delenv("{entry.name}")' if entry.change == "removed" else f'monkeypatch.setenv("{entry.name}"'
    call = call if entry.change == "removed" else f"{call}, ...)"
    return f"In {who}, use {call}: pytest's monkeypatch puts the variable back when the test has ended."
