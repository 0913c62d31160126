"""What observing costs: CPU time of whole pytest processes, side by side in one run.

    python tests/bench/overhead.py [--rounds 5] [--suite trivial|database]

Each round runs bare pytest, ``--setup-show``, ``--report-log`` (where pytest-reportlog is installed), the guard alone
(``--isolation=report``) and ours, one after another on the same suite; the figure is the median of the rounds' ratios
to their own bare run.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from suites import DATABASE, TRIVIAL, write_database, write_trivial

from isolation_tui.launch import Project
from isolation_tui.session import LiveSession


def cpu_of(run: Callable[[], None]) -> float:
    """User and system seconds of the child processes that ``run`` starts and awaits."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def plain(folder: Path, *args: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *args],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        env=dict(os.environ, PYTHONPATH=""),
        check=True,
    )


def observed(folder: Path) -> None:
    session = LiveSession(Project(folder, folder, ("-q",), sys.executable, ""))
    session.wait(interval=1 / 30)
    assert session.run.exit_status == 0, "".join(session.run.output)[-2000:]
    assert session.run.dropped == 0
    session.close()


def configurations(folder: Path) -> dict[str, Callable[[], None]]:
    found: dict[str, Callable[[], None]] = {
        "bare": lambda: plain(folder),
        "--setup-show": lambda: plain(folder, "--setup-show"),
    }
    if importlib.util.find_spec("pytest_reportlog"):
        found["--report-log"] = lambda: plain(folder, "--report-log", str(folder / "log.jsonl"))
    found["--isolation"] = lambda: plain(folder, "--isolation=report")
    found["isolation-tui"] = lambda: observed(folder)
    return found


def measure(name: str, folder: Path, tests: int, rounds: int) -> None:
    runs = configurations(folder)
    for run in runs.values():
        run()  # bytecode, file caches
    seconds: dict[str, list[float]] = {label: [] for label in runs}
    for _ in range(rounds):
        for label, run in runs.items():
            seconds[label].append(cpu_of(run))
    print(f"\n{name}: {tests} tests, {rounds} rounds")
    for label in runs:
        ratios = [own / bare for own, bare in zip(seconds[label], seconds["bare"], strict=True)]
        best = min(seconds[label])
        extra = (best - min(seconds["bare"])) / tests * 1e6
        print(
            f"  {label:15} CPU {best:6.2f} s   ratio median {statistics.median(ratios):.3f}"
            f"  [{min(ratios):.3f} .. {max(ratios):.3f}]   min/min {best / min(seconds['bare']):.3f}"
            f"   {extra:+7.1f} us a test"
        )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--suite", choices=[TRIVIAL, DATABASE])
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        if chosen.suite != DATABASE:
            measure("trivial tests, 3 fixtures", write_trivial(Path(temporary, TRIVIAL)), 5_000, chosen.rounds)
        if chosen.suite != TRIVIAL:
            measure("database tests, 18 tables", write_database(Path(temporary, DATABASE)), 500, chosen.rounds)


if __name__ == "__main__":
    main()
