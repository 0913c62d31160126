"""Small projects for experiments, written into a temporary folder, and a prober for them.

project = write_project(tmp_path, {"test_a.py": "def test_one(): ..."})
with Prober(project) as prober: ...
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from isolation_tui.experiments.trial import Trial, TrialResult
from isolation_tui.launch.project import Project, find_project


def write_project(folder: Path, files: Mapping[str, str], *args: str, python: str = sys.executable) -> Project:
    """The project of these files; it gets a ``pytest.ini`` of its own unless it has one."""
    for name, text in {"pytest.ini": "[pytest]\n", **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
    return find_project(str(folder), args, python)


def trial(*tests: str, fresh: bool = False) -> Trial:
    """These tests in this order; the last one is judged."""
    return Trial(tests, tests[-1], fresh=fresh)


def said(result: TrialResult) -> list[str]:
    """``nodeid outcome``, a line a test; the problem alone where there is one."""
    return [result.problem] if result.problem else [f"{each.nodeid} {each.outcome}" for each in result.outcomes]
