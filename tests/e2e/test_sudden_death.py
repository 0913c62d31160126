"""A test that takes its process down at once is named all the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

SUITE = """
import os, pytest, signal

@pytest.mark.parametrize("number", range(40))
def test_before(number):
    pass

def test_that_kills():
    {death}

def test_after():
    pass
"""


@pytest.mark.parametrize("death", ["os._exit(0)", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_the_running_test_is_named_however_sudden(tool, tmp_path: Path, death: str) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "test_sudden.py").write_text(SUITE.format(death=death))
    ended = tool.run("launch", "test_sudden.py", "--headless", "--json", "out.json")
    assert ended.status == 72
    assert "It was running test_sudden.py::test_that_kills" in ended.out
    outcomes = {test["nodeid"]: test["outcome"] for test in json.loads((tmp_path / "out.json").read_text())["tests"]}
    assert outcomes["test_sudden.py::test_that_kills"] == "crashed"
    assert outcomes["test_sudden.py::test_after"] == "not run"
    # What was lost with the process is unknown; it is neither called passed nor not run.
    assert {outcome for nodeid, outcome in outcomes.items() if "before" in nodeid} <= {"passed", "unknown"}
