"""Trials in other people's interpreters: old ones, and such that are full of plugins."""

from __future__ import annotations

from pathlib import Path

import pytest

from environments import ANCIENT, OLD, PLUGINS, Environment
from isolation_tui.experiments.prober import Prober
from trial_project import said, trial, write_project

FILES = {
    "shop.py": "RATES = {}\n",
    "test_a.py": """
        import shop

        def test_fills():
            shop.RATES["EUR"] = 1
        """,
    "test_b.py": """
        import random, unittest
        import shop

        RUNS = []

        def test_is_empty():
            RUNS.append(1)
            assert shop.RATES == {} and len(RUNS) == 1

        class Test(unittest.TestCase):
            def test_rates(self):
                self.assertEqual(shop.RATES, {})

        def test_draws():
            assert random.random() < 0
        """,
}
FILLS, EMPTY, RATES = "test_a.py::test_fills", "test_b.py::test_is_empty", "test_b.py::Test::test_rates"
FULL = "[pytest]\naddopts = -n 2 --cov=. --cov-report=xml --reruns 3 --randomly-seed=last --lf\n"


@pytest.mark.slow
@pytest.mark.parametrize("environment", [ANCIENT, OLD], ids=lambda each: each.name)
def test_an_old_pytest_runs_a_trial(tmp_path: Path, environment: Environment) -> None:
    with Prober(write_project(tmp_path, FILES, "-x", python=environment.interpreter)) as prober:
        result = prober.run(trial(RATES, FILLS, FILLS, EMPTY, RATES))
        assert said(result) == [
            f"{RATES} passed", f"{FILLS} passed", f"{FILLS} passed", f"{EMPTY} failed", f"{RATES} failed"
        ]  # fmt: skip
        assert said(prober.confirm(trial(FILLS, EMPTY))) == [f"{FILLS} passed", f"{EMPTY} failed"]


@pytest.mark.slow
@pytest.mark.parametrize("ini", ["[pytest]\n", FULL], ids=["installed", "in use"])
def test_plugins_that_shuffle_repeat_and_measure_do_not_change_a_trial(tmp_path: Path, ini: str) -> None:
    files = {**FILES, "pytest.ini": ini}
    with Prober(write_project(tmp_path, files, python=PLUGINS.interpreter)) as prober:
        for _ in range(2):
            result = prober.run(trial(FILLS, EMPTY, RATES))
            assert said(result) == [f"{FILLS} passed", f"{EMPTY} failed", f"{RATES} failed"]
        draws = {prober.run(trial("test_b.py::test_draws")).outcomes[0].message.splitlines()[0] for _ in "ab"}
        assert len(draws) == 1, "pytest-randomly seeds each trial alike"
        plain = prober.confirm(trial(FILLS, EMPTY))
        assert said(plain) == [f"{FILLS} passed", f"{EMPTY} failed"], plain.command
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "__pycache__") == sorted(files)
