"""A module global, or an attribute of a class, that was changed and stays so."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Run, StateResidue, Test
from . import process_state
from .finding import Finding

KIND = "global-changed"


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    return process_state.findings(run, unexplained, KIND, ("global",), _title, _remedy)


def _title(entry: StateResidue, who: str) -> str:
    verb = "changes what is in" if entry.in_place else "binds" if entry.change != "removed" else "removes"
    anew = "" if entry.in_place or entry.change == "removed" else " anew"
    return f"{who} {verb} {entry.name}{anew} and leaves it so"


def _remedy(entry: StateResidue, who: str) -> str:
    owner, _, name = entry.name.rpartition(".")
    if entry.in_place:
        return (
            f"Let {who} put {name} back as it was, in the teardown of a fixture, or give each test an object of its "
            f'own: monkeypatch.setattr("{entry.name}", ...) binds a fresh one and puts the old one back.'
        )
    return f'In {who}, use monkeypatch.setattr("{owner}.{name}", ...): it puts the old value back.'
