"""Configuration or an extension of a Flask application that was changed and stays so."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Run, StateResidue, Test
from . import process_state
from .finding import Finding

KIND = "app-config-left"


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    return process_state.findings(run, unexplained, KIND, ("config", "extension"), _title, _remedy)


def _title(entry: StateResidue, who: str) -> str:
    app, _, key = entry.name.rpartition(".")
    held = "configuration" if entry.what == "config" else "extensions"
    return f"{who} changes {key} in the {held} of the application {app} and leaves it so"


def _remedy(entry: StateResidue, who: str) -> str:
    key = entry.name.rpartition(".")[2]
    held = "config" if entry.what == "config" else "extensions"
    return (
        f'In {who}, use monkeypatch.setitem(app.{held}, "{key}", ...), which puts it back; or let each test have an '
        "application of its own, from a factory, with what it needs."
    )
