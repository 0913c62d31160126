"""``v`` and ``V`` in a real terminal: trials run beside the picture of the run, and correct what it says."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from terminals import Terminal

pytestmark = pytest.mark.skipif(not Terminal.available(), reason="tmux is not installed: the dashboard is not tried")

SUITE = """
    import os

    import rates

    def test_first(): assert rates.RATES["EUR"] == 1

    def test_doubles(): rates.RATES["EUR"] = 2

    def test_price(): assert rates.RATES["EUR"] == 1

    def test_wrong(): assert 1 + 1 == 3
    """


@pytest.fixture
def dashboard(tmp_path: Path, tool: Any) -> Iterator[Terminal]:
    suite = tmp_path / "suite"
    suite.mkdir()
    (suite / "rates.py").write_text("RATES = {'EUR': 1}\n")
    (suite / "test_it.py").write_text(dedent(SUITE))
    given = {**tool.environment, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    command = [sys.executable, "-m", "isolation_tui", "launch", "suite", "--python", sys.executable]
    terminal = Terminal(command, tmp_path, given, (160, 48))
    yield terminal
    terminal.close()


def test_v_proves_the_test_under_the_cursor_and_the_finding_is_verified(dashboard: Terminal) -> None:
    dashboard.wait_for("failed (1)", "4/4", "may explain")
    dashboard.press("n")
    dashboard.wait_for("─ test_wrong ─")
    dashboard.press("N")
    dashboard.wait_for("─ test_price ─")
    dashboard.press("v")
    dashboard.wait_for("Proving test_price by trials")
    card = dashboard.wait_for("It is carried by global rates.RATES", "after test_doubles ✘", "alone ✔")
    assert "4/4" in card  # the picture of the run is still that of the run
    dashboard.wait_for("1 cause explains 1 of 2 failing tests")
    dashboard.press("f")
    dashboard.wait_for("grade A", "Trials of test_it.py::test_price")


def test_capital_v_gives_every_failing_test_its_verdict(dashboard: Terminal) -> None:
    dashboard.wait_for("failed (1)", "4/4")
    dashboard.press("V")
    dashboard.wait_for("The trials have ended")
    dashboard.press("f")
    dashboard.wait_for("2 causes explain 2 of 2 failing tests", "test_wrong fails alone too")
