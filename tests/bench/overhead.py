"""What observing costs: CPU time of whole pytest processes, side by side in one run.

    python tests/bench/overhead.py [--rounds 5] [--suite trivial|database|inserts] [--quick] [--fresh]

Each round runs bare pytest, ``--setup-show``, ``--report-log`` (where pytest-reportlog is installed), the guard alone
(``--isolation=report``) and ours, one after another on the same suite; the figure is the median of the rounds' ratios
to their own bare run. What a test pays is the difference between the least CPU time that it took with us and without,
from its start to the next one's. Python's collector of garbage strikes at other tests with us than without, which shows
in what single tests pay: so the tests at the 95th percentile of both are compared as well.

All run with bytecode that is there already, as it is where something is installed and has run before; with ``--fresh``
that of the suite's own modules is not, as in a checkout that is new.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from suites import DATABASE, INSERTS, TRIVIAL, write_database, write_inserts, write_trivial

from isolation_tui.launch import Project
from isolation_tui.session import LiveSession

BARE, OURS = "bare", "isolation-tui"
WITH_TICKS = ("-q", "-p", "ticks")


def cpu_of(run: Callable[[], None]) -> float:
    """User and system seconds of the child processes that ``run`` starts and awaits."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def plain(folder: Path, *args: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "pytest", *WITH_TICKS, *args],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        check=True,
    )


def observed(folder: Path) -> None:
    session = LiveSession(Project(folder, folder, WITH_TICKS, sys.executable))
    session.wait(interval=1 / 30)
    assert session.run.exit_status == 0, "".join(session.run.output)[-2000:]
    assert session.run.dropped == 0
    session.close()


def configurations(folder: Path, quick: bool) -> dict[str, Callable[[], None]]:
    found: dict[str, Callable[[], None]] = {BARE: lambda: plain(folder), OURS: lambda: observed(folder)}
    if quick:
        return found
    found["--setup-show"] = lambda: plain(folder, "--setup-show")
    if importlib.util.find_spec("pytest_reportlog"):
        found["--report-log"] = lambda: plain(folder, "--report-log", str(folder / "log.jsonl"))
    found["--isolation"] = lambda: plain(folder, "--isolation=report")
    return found


def seconds_of_tests() -> list[float]:
    """CPU seconds of each test of the run that has just ended."""
    ticks = json.loads(Path(os.environ["TICKS"]).read_text())
    return [after - before for before, after in pairwise(ticks)]


def measure(name: str, folder: Path, rounds: int, quick: bool, fresh: bool) -> None:
    runs = configurations(folder, quick)
    for run in runs.values():
        run()  # bytecode, file caches
    seconds: dict[str, list[float]] = {label: [] for label in runs}
    tests: dict[str, list[list[float]]] = {label: [] for label in runs}
    for _ in range(rounds):
        for label, run in runs.items():
            if fresh:
                shutil.rmtree(folder / "__pycache__")
            seconds[label].append(cpu_of(run))
            tests[label].append(seconds_of_tests())
    count = len(tests[BARE][0])
    print(f"\n{name}: {count} tests, {rounds} rounds{', modules compiled by each run' if fresh else ''}")
    for label in runs:
        ratios = [own / bare for own, bare in zip(seconds[label], seconds[BARE], strict=True)]
        best = min(seconds[label])
        extra = (best - min(seconds[BARE])) / count * 1e6
        print(
            f"  {label:15} CPU {best:6.2f} s   ratio median {statistics.median(ratios):.3f}"
            f"  [{min(ratios):.3f} .. {max(ratios):.3f}]   min/min {best / min(seconds[BARE]):.3f}"
            f"   {extra:+7.1f} us a test"
        )
    least = {label: [min(each) for each in zip(*tests[label], strict=True)] for label in (BARE, OURS)}
    extras = sorted(1000 * (ours - bare) for ours, bare in zip(least[OURS], least[BARE], strict=True))
    ranks = [1000 * (ours - bare) for ours, bare in zip(sorted(least[OURS]), sorted(least[BARE]), strict=True)]
    at_95th = int(0.95 * (count - 1))
    share = sum(least[OURS]) / sum(least[BARE])
    print(
        f"  a test pays {statistics.median(extras):.3f} ms (median), {extras[at_95th]:.3f} ms (95th"
        f" percentile), {extras[-1]:.3f} ms (most); the tests at the 95th percentile of both differ by"
        f" {ranks[at_95th]:.3f} ms; all tests without start and collection: ratio {share:.3f}"
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--suite", choices=[TRIVIAL, DATABASE, INSERTS])
    options.add_argument("--quick", action="store_true", help="bare pytest and ours alone")
    options.add_argument("--fresh", action="store_true", help="each run compiles the suite's modules")
    chosen = options.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as temporary:
        library = Path(temporary, "site-packages")
        library.mkdir()
        shutil.copy(Path(__file__).parent / "ticks.py", library)
        os.environ.update(PYTHONPATH=str(library), TICKS=str(Path(temporary, "ticks.json")))
        for suite, name, write in (
            (TRIVIAL, "trivial tests, 3 fixtures", write_trivial),
            (DATABASE, "database tests, 18 tables", write_database),
            (INSERTS, "100,000 single INSERTs", write_inserts),
        ):
            if chosen.suite in (None, suite):
                measure(name, write(Path(temporary, suite)), chosen.rounds, chosen.quick, chosen.fresh)


if __name__ == "__main__":
    main()
