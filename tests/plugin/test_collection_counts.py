"""Python's garbage collector runs when it would run without the plugin."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from observing import bare, observe, write

CONFTEST = """
    import gc, json, os

    AT_IMPORT = gc.get_count()
    RUNS = [0, 0, 0]

    def count(phase, info):
        if phase == "start":
            RUNS[info["generation"]] += 1

    gc.callbacks.append(count)

    def pytest_unconfigure():
        with open(os.environ["COUNTS"], "w") as file:
            json.dump([AT_IMPORT, RUNS], file)
    """

STATE = "STATE = {}\n" + "".join(f"NAME_{n} = [{n}, {{'a': [{n}]}}]\n" for n in range(100))

TESTS = """
    import pytest, state

    KEPT = []

    @pytest.fixture
    def one(): return [1]

    @pytest.mark.parametrize("n", range(300))
    def test_it(n, one):
        state.STATE[n % 7] = n
        KEPT.append([one, {n: [n]}])
    """


@pytest.fixture(scope="module")
def counts(tmp_path_factory: pytest.TempPathFactory) -> list[list[list[int]]]:
    """For bare pytest and for an observed one: the collector's counts at the import of the conftest, and its runs."""
    root = write(
        tmp_path_factory.mktemp("gc") / "suite", {"conftest.py": CONFTEST, "state.py": STATE, "test_a.py": TESTS}
    )
    counts = [root.parent / name for name in ("bare.json", "observed.json")]
    bare(root, "-q", "-p", "no:pytest_isolation", env={"COUNTS": str(counts[0])})
    observe(root, "-q", env={"COUNTS": str(counts[1])})
    return [json.loads(Path(file).read_text()) for file in counts]


def position(counts: list[int]) -> int:
    """How many objects were made and kept since the last full collection, by the default thresholds 700, 10, 10."""
    young, middle, oldest = counts
    return young + 701 * middle + 701 * 11 * oldest


def test_the_plugin_counts_for_at_most_two_collections_when_the_conftest_is_imported(
    counts: list[list[list[int]]],
) -> None:
    assert abs(position(counts[1][0]) - position(counts[0][0])) < 3 * 700


def test_about_as_many_collections_run_as_in_bare_pytest(counts: list[list[list[int]]]) -> None:
    bare_runs, observed = counts[0][1], counts[1][1]
    assert sum(observed) <= 1.1 * sum(bare_runs) + 4
