"""Other state of the process that was changed and stays so: directory, import path, modules, logging, warnings, random
numbers."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Run, StateResidue, Test
from . import process_state
from .finding import Finding

KIND = "process-state-left"

_WHAT = {
    "cwd": "the working directory",
    "path": "sys.path",
    "module": "the module {name}",
    "logging": "the logging set-up ({name})",
    "warnings": "the warning filters",
    "random": "the seed of {name}",
}
_REMEDIES = {
    "cwd": "use monkeypatch.chdir(...)",
    "path": "use monkeypatch.syspath_prepend(...)",
    "module": 'use monkeypatch.setitem(sys.modules, "{name}", ...) or monkeypatch.delitem',
    "logging": "use caplog.set_level(...), or put level, handlers and disabled back in the teardown of a fixture",
    "warnings": "change them inside warnings.catch_warnings()",
    "random": "draw from a random.Random(seed) of its own, or put random.getstate() back in the teardown",
}


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    return process_state.findings(run, unexplained, KIND, _WHAT, _title, _remedy)


def _title(entry: StateResidue, who: str) -> str:
    return f"{who} changes {_WHAT[entry.what].format(name=entry.name)} and leaves it so"


def _remedy(entry: StateResidue, who: str) -> str:
    return f"In {who}, {_REMEDIES[entry.what].format(name=entry.name)}: then it is put back when the test has ended."
