"""``--isolation``: who is named, once; who is not; and what pytest makes of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import rich

import pytest_isolation
from environments import OLD, PLUGINS
from guard_suite import CLEAN, EXPECTED, LATE, LEAKS
from guarded import SHOP, guarded
from observing import bare, observe, write

OPTIONS = ("--isolation=strict",)


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tests that leave something behind, and tests that do not."""
    files = {"shop.py": SHOP, "late_models.py": LATE, "test_leaks.py": LEAKS, "clean/test_clean.py": CLEAN}
    return write(
        tmp_path_factory.mktemp("guarded") / "suite",
        {**files, "pyproject.toml": "[tool.pytest.ini_options]\npythonpath = '.'\n"},
    )


# -- who is named -------------------------------------------------------------------------------------------------


def test_strict_fails_each_author_once(suite: Path) -> None:
    seen = guarded(suite, "--isolation=strict", "test_leaks.py")
    assert seen.firsts == EXPECTED
    assert seen.failed == []
    assert seen.status == 1
    told = seen.errors["test_ends"]
    assert "who      class-scoped fixture order, test_leaks.py:13" in told
    assert "and is not the test's own" in told
    assert "repeat   python -m pytest test_leaks.py::TestOrders::test_ends --isolation=strict" in told
    assert "remedy   delete them in its teardown, or write them in a transaction that it rolls back" in told
    assert "who      setUpClass of TestOld, test_leaks.py\n" in seen.errors["test_b"]
    assert "1 row of users [id=3] in memory; failed; again 2 times" in "\n".join(seen.section)
    assert not any("SHOP_CURRENCY" in line for line in seen.section)


def test_strict_is_silent_on_tests_that_clean_up(suite: Path) -> None:
    seen = guarded(suite, "--isolation=strict", "clean")
    assert seen.errors == {}
    assert seen.failed == []
    assert seen.status == 0
    assert seen.section == []


def test_report_fails_nothing_and_is_short(suite: Path) -> None:
    seen = guarded(suite, "--isolation=report", "test_leaks.py")
    assert (seen.status, seen.errors, seen.failed) == (0, {}, [])
    told = "\n".join(seen.section)
    assert "test_leaks.py::test_rows  test_leaks.py:19\n  2 rows of users [id=1, id=2] in memory; met by" in told
    assert "4 tables in memory" not in told
    assert "by import, shop.py:15: table notes, orders, users" in told
    assert len(seen.section) <= 24
    assert "env:SHOP_CURRENCY added" in "\n".join(guarded(suite, "--isolation=report", "-v", "test_leaks.py").section)


def test_kinds_are_chosen(suite: Path) -> None:
    seen = guarded(
        suite, "--isolation=strict", "--isolation-kinds=process, tables", "test_leaks.py", "-k", "not TestOld"
    )
    assert {"test_makes_a_table", "test_drops_a_table", "test_environment"} <= set(seen.errors)
    assert not {"test_rows", "test_fixture[0]", "test_defines_a_table"} & set(seen.errors)


# -- with what else pytest does -----------------------------------------------------------------------------------


def test_workers_judge_and_the_controller_reports_once(suite: Path) -> None:
    seen = guarded(suite, "--isolation=strict", "-n2", "--dist=load", "test_leaks.py")
    assert seen.status == 1
    named = [line.partition(" left behind")[0] for line in seen.firsts.values()]
    assert sorted(named) == sorted(set(named))
    assert {"fixture user", "test_leaks.py::test_rows", "test_leaks.py::test_makes_a_table"} <= set(named)
    assert seen.output.count("state behind") == 1
    assert seen.output.count("by import, shop.py:15") == 1


def test_the_first_error_ends_the_run_with_x(suite: Path) -> None:
    seen = guarded(suite, "--isolation=strict", "-x", "test_leaks.py")
    assert list(seen.errors) == ["test_rows"]
    assert "stopping after 1 failures" in seen.output
    assert seen.status == 1


def test_a_test_that_is_run_again_fails_again(tmp_path: Path) -> None:
    """Where a leak is named once, the second attempt must not pass."""
    root = write(tmp_path / "suite", {
        "test_it.py": """
            import os
            import pytest

            @pytest.fixture
            def env():
                os.environ["LEFT"] = "x" * len(os.environ.get("LEFT", "")) + "x"

            def test_it(env): pass
            def test_again(env): pass
            def test_fails(): assert 0
            """
    })  # fmt: skip
    ours = tmp_path / "ours"
    ours.mkdir()
    for package in (Path(pytest_isolation.__file__).parent, *_judges_own()):
        (ours / package.name).symlink_to(package)
    words = ("-p", "pytest_isolation", "--isolation=strict", "--isolation-kinds=process", "--reruns", "1")
    python, env = PLUGINS.interpreter, {"PYTHONPATH": str(ours)}
    seen = guarded(root, *words, "-p", "no:randomly", "-p", "no:xdist", python=python, env=env)
    assert seen.status == 1
    assert list(seen.errors) == ["test_it"]
    assert seen.failed == ["test_fails"]
    assert "2 rerun" in seen.output


def _judges_own() -> list[Path]:
    """The modules that the judge loads."""
    import isolation_tui

    return [Path(isolation_tui.__file__).parent, Path(rich.__file__).parent]


def test_it_goes_together_with_a_dashboard(suite: Path) -> None:
    seen = observe(suite, *OPTIONS, "-p", "no:cacheprovider", "-k", "test_rows or test_reads", "test_leaks.py")
    assert seen.run.exit_status == 1
    assert seen.run.counts.errors == 1
    phase = seen.test("test_rows").failure
    assert phase is not None
    assert phase.when == "teardown"
    assert "left behind: 2 rows of users" in phase.message
    assert [left.rows for left in seen.test("test_rows").rows_left] == [2]


# -- the baseline -------------------------------------------------------------------------------------------------


def test_the_baseline_from_the_first_day_on(suite: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(suite, tmp_path / "suite"))
    (root / "pyproject.toml").write_text(
        "[tool.pytest.ini_options]\npythonpath = '.'\n[tool.isolation-tui]\nbaseline = 'accepted.txt'\n"
    )
    file = root / "accepted.txt"
    missing = guarded(root, *OPTIONS)
    assert missing.status == 4
    assert f"there is no baseline {file}: --isolation-update-baseline writes it" in missing.output

    made = guarded(root, *OPTIONS, "--isolation-update-baseline")
    assert (made.status, made.errors) == (0, {})
    entries = [line for line in file.read_text().splitlines() if not line.startswith("#")]
    assert entries == sorted(entries)
    assert "rows  memory.users  fixture user in test_leaks.py" in entries
    assert "tables  memory.spare  test_leaks.py::test_drops_a_table" in entries
    first = file.read_bytes()

    accepted = guarded(root, *OPTIONS)
    assert (accepted.status, accepted.errors) == (0, {})
    assert f"accepted by the baseline: {len(entries)}" in accepted.section
    assert not any("stale" in line for line in accepted.section)

    leaky = (root / "test_leaks.py").read_text()
    (root / "test_leaks.py").write_text(
        leaky.replace("def test_makes_a_table", "def test_new(): add(notes)\n\ndef test_makes_a_table").replace(
            "def test_rows():\n    add(users)\n    add(users)", "def test_rows(): pass"
        ).replace("== 5", "== 3")
    )  # fmt: skip
    changed = guarded(root, *OPTIONS)
    assert changed.firsts == {"test_new": "test_leaks.py::test_new left behind: 1 row of notes [id=1] in memory"}
    assert changed.failed == []
    assert changed.status == 1
    told = "\n".join(changed.section)
    assert "no longer found, still in the baseline: 1" in told
    assert "rows  memory.users  test_leaks.py::test_rows" in told

    part = guarded(root, *OPTIONS, "-k", "not rows")
    assert not any("stale" in line for line in part.section)  # what did not run is not mended

    guarded(root, *OPTIONS, "--isolation-update-baseline", "-k", "test_new")
    assert file.read_text().count("\n") == first.count(b"\n") + 1  # nor is it taken out
    guarded(root, *OPTIONS, "--isolation-update-baseline")
    assert "test_rows" not in file.read_text()
    file.write_bytes(first + b"rows  memory.users\n")
    damaged = guarded(root, *OPTIONS)
    assert damaged.status == 4
    assert f"{file}:{first.count(chr(10).encode()) + 1}: expected: kind" in damaged.output


# -- what cannot be ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--isolation-baseline=b.txt",), "need --isolation=report or --isolation=strict"),
        (("--isolation=strict", "--isolation-kinds=rows,cows"), "there is no kind of leak 'cows'"),
        (("--isolation=report", "--isolation-update-baseline"), "give --isolation-baseline FILE"),
        (("--isolation=strict", "--isolation-update-baseline", "--isolation-baseline=no/b.txt"), "there is no folder"),
        (("--isolation=on",), "invalid choice"),
    ],
    ids=lambda value: value[-1] if isinstance(value, tuple) else "",
)
def test_words_that_are_off(tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    root = write(tmp_path / "suite", {"test_it.py": "def test_it(): pass\n"})
    seen = guarded(root, *words)
    assert seen.status == 4
    assert says in seen.output
    assert "Traceback" not in seen.output


def test_python_3_9_has_the_plugin_and_no_judge(tmp_path: Path) -> None:
    root = write(tmp_path / "suite", {"test_it.py": "def test_it(): pass\n"})
    path = str(Path(pytest_isolation.__file__).parents[1])
    words = ("-p", "pytest_isolation", "--isolation=strict")
    seen = bare(root, *words, python=OLD.interpreter, env={"PYTHONPATH": path})
    assert seen.status == 4
    assert "--isolation needs Python 3.11 or newer; this is 3.9" in seen.output
    assert "Traceback" not in seen.output


def test_the_plugin_alone_says_what_is_missing(tmp_path: Path) -> None:
    root = write(tmp_path / "suite", {"test_it.py": "def test_it(): pass\n"})
    path = str(Path(pytest_isolation.__file__).parents[1])
    seen = bare(
        root, "-p", "pytest_isolation", "--isolation=strict", python=PLUGINS.interpreter, env={"PYTHONPATH": path}
    )
    assert seen.status == 4
    assert "needs isolation-tui in this environment, not its plugin alone" in seen.output
    assert "Traceback" not in seen.output


def test_without_the_option_nothing_is_loaded(tmp_path: Path) -> None:
    root = write(tmp_path / "suite", {
        "test_it.py": """
            import sys

            def test_it():
                ours = {name for name in sys.modules if name.startswith(("pytest_isolation", "isolation_tui"))}
                assert "pytest_isolation" in ours
                assert not ours & {"pytest_isolation.hooks", "pytest_isolation.guard_hooks", "isolation_tui"}
            """
    })  # fmt: skip
    assert bare(root).status == 0


def test_a_guard_that_breaks_is_not_taken_for_a_clean_suite(tmp_path: Path) -> None:
    root = write(tmp_path / "suite", {
        "conftest.py": "import isolation_tui.guard.judge as judge\njudge.Judge.test_ended = None\n",
        "test_it.py": "def test_it(): pass\n",
    })  # fmt: skip
    broken = bare(root, "--isolation=strict")
    assert broken.status == 3
    assert "1 passed" in broken.output
    assert "The guard gave up, a defect of its own: TypeError" in broken.output
    assert bare(root, "--isolation=report").status == 0


def test_a_guard_that_gave_up_keeps_no_facts(tmp_path: Path) -> None:
    root = write(tmp_path / "suite", {
        "conftest.py": """
            import gc
            import isolation_tui.guard.judge as judge

            judge.Judge.test_ended = None

            def pytest_sessionfinish():
                from pytest_isolation.guard_hooks import FactQueue
                waiting = [len(each.pop_all()) for each in gc.get_objects() if isinstance(each, FactQueue)]
                judges = sum(isinstance(each, judge.Judge) for each in gc.get_objects())
                print("WAITING:", waiting, "JUDGES:", judges)
            """,
        "test_it.py": """
            import pytest

            @pytest.fixture
            def thing(): yield 1

            @pytest.mark.parametrize("number", range(200))
            def test_it(thing, number): pass
            """,
    })  # fmt: skip
    ended = bare(root, "--isolation=report", "-s")
    assert "WAITING: [0] JUDGES: 0" in ended.output
    assert "200 passed" in ended.output
