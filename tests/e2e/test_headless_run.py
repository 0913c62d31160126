"""``launch --headless``: the suite's own outcomes, a summary on stdout, progress on stderr, pytest's status."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

Write = Callable[[Mapping[str, str]], Path]

MIXED = {
    "test_mixed.py": """\
        import pytest

        @pytest.fixture(scope="module")
        def held():
            yield 1

        @pytest.fixture
        def broken():
            raise RuntimeError("no such thing")

        def test_passes(held): pass
        def test_fails(held): assert held == 2, "bad \\x1b[31mcolour\\x1b]0;title\\x07"
        def test_errs(broken): pass
        def test_skips(): pytest.skip("not here")
        @pytest.mark.xfail
        def test_xfails(): assert False
        @pytest.mark.xfail
        def test_xpasses(): pass
    """
}

TWICE = {
    "models.py": """\
        from sqlalchemy import Column, Integer, MetaData, Table

        metadata = MetaData()

        def define():
            return Table("products", metadata, Column("id", Integer, primary_key=True))
        """,
    "test_twice.py": """\
        import pytest
        import models

        @pytest.fixture
        def products():
            return models.define()

        def test_first(products): pass
        def test_second(products): pass
        def test_third(products): pass
        """,
}


def test_summary_and_status_are_those_of_pytest(tool: Any, project: Write) -> None:
    project(MIXED)
    ended = tool.run("launch", "suite", "--headless")
    assert ended.status == 1
    assert "1 failed, 1 passed, 1 skipped, 1 xfailed, 1 xpassed, 1 error in " in ended.out.splitlines()[0]
    assert "RuntimeError: no such thing" in ended.out
    assert "held     module    2 tests" in ended.out
    assert "collecting" in ended.err


def test_nothing_of_the_suite_reaches_the_terminal_unfiltered(tool: Any, project: Write) -> None:
    project(MIXED)
    ended = tool.run("launch", "suite", "--headless")
    assert "bad colour" in ended.out
    assert "\x1b" not in ended.out + ended.err
    assert "\x07" not in ended.out + ended.err


def test_errors_of_a_second_registration_are_grouped_by_table_and_culprit(tool: Any, project: Write) -> None:
    pytest.importorskip("sqlalchemy")
    project(TWICE)
    ended = tool.run("suite", "--headless")
    assert '"Table already defined": 2 errors in 1 table' in ended.out
    assert "refused in fixture `products`" in ended.out
    assert "models.py:6" in ended.out


def test_stdout_is_pure_json_when_it_is_asked_for(tool: Any, project: Write) -> None:
    pytest.importorskip("sqlalchemy")
    project(TWICE)
    ended = tool.run("--json", "-", "suite")
    document = json.loads(ended.out)
    assert document["counts"] == {"passed": 1, "failed": 0, "errors": 2, "skipped": 0, "xfailed": 0, "xpassed": 0}
    assert document["exit_status"] == ended.status == 1
    (finding,) = document["findings"]
    assert finding["class"] == "table-already-defined"
    assert finding["tests"] == ["test_twice.py::test_second", "test_twice.py::test_third"]
    assert finding["evidence"][0]["file"] == "models.py"
    assert "1 passed, 2 errors" in ended.err


def test_json_file_appears_whole_and_alone(tool: Any, project: Write, tmp_path: Path) -> None:
    project(MIXED)
    out = tmp_path / "out"
    out.mkdir()
    ended = tool.run("launch", "--json", "out/report.json", "suite", "--headless")
    assert json.loads((out / "report.json").read_text())["counts"]["xpassed"] == 1
    assert [path.name for path in out.iterdir()] == ["report.json"]
    assert ended.out.startswith("suite: ")


def test_words_after_the_two_dashes_are_those_of_pytest(tool: Any, project: Write) -> None:
    project(MIXED)
    ended = tool.run("launch", "suite", "--headless", "--", "-k", "test_passes")
    assert (ended.status, ended.out.splitlines()[0].partition(" in ")[0]) == (0, "suite: 1 passed, 5 deselected")


def test_a_selection_runs_these_tests_alone(tool: Any, project: Write) -> None:
    project(MIXED)
    ended = tool.run("launch", "suite", "--headless", "--select", "test_mixed.py::test_fails")
    assert (ended.status, ended.out.partition(" in ")[0]) == (1, "suite: 1 failed, 5 deselected")


def test_a_recording_replays_to_the_same_document(tool: Any, project: Write, tmp_path: Path) -> None:
    project(MIXED)
    live = tool.run("launch", "suite", "--headless", "--record", "run.ndjson", "--json", "live.json", "--tcp", "0")
    assert (
        f"isolation-tui replay {tmp_path / 'run.ndjson'}" in live.out or "isolation-tui replay run.ndjson" in live.out
    )
    again = tool.run("replay", "run.ndjson", "--headless", "--json", "again.json")
    assert again.status == live.status == 1
    assert json.loads((tmp_path / "live.json").read_text()) == json.loads((tmp_path / "again.json").read_text())

    facts = tool.run("replay", "--facts", "run.ndjson")
    assert facts.status == 0
    kinds = [line.split()[2] for line in facts.out.splitlines()]
    assert (kinds[0], kinds[-1]) == ("RunStarted", "ProcessEnded")
    assert {"TestStarted", "FixtureDefined", "Output"} <= set(kinds)


def test_a_reader_that_leaves_early_causes_no_traceback(tool: Any, project: Write) -> None:
    project(MIXED)
    read, write = os.pipe()
    os.close(read)
    process = tool.start("launch", "suite", "--headless", stdout=write)
    os.close(write)
    ended = tool.end(process)
    assert ended.status == 1
    assert "Traceback" not in ended.err
    assert "Exception ignored" not in ended.err


WAITING = {
    "test_waiting.py": """\
        import pathlib, time
        import pytest

        HERE = pathlib.Path(__file__).parent

        @pytest.fixture(scope="session", autouse=True)
        def held():
            yield
            (HERE / "torn-down").touch()

        def test_before(): pass

        def test_waits():
            (HERE / "reached").touch()
            time.sleep(600)

        def test_after(): pass
        """
}


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 2), (signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=["INT", "TERM", "HUP"]
)
def test_a_signal_lets_pytest_tear_down_first(
    tool: Any, project: Write, wait_until: Callable[..., None], number: int, status: int
) -> None:
    root = project(WAITING)
    process = tool.start("launch", "suite", "--headless")
    wait_until((root / "reached").exists, "the waiting test")
    process.send_signal(number)
    ended = tool.end(process)
    assert ended.status == status
    assert (root / "torn-down").exists()
    assert "1 passed" in ended.out
    assert "2 tests did not run" in ended.out
    assert "tears down its fixtures first" in ended.err


def test_a_second_ctrl_c_insists(tool: Any, project: Write, wait_until: Callable[..., None]) -> None:
    root = project(
        {
            "test_stubborn.py": """\
                import pathlib, signal, time

                HERE = pathlib.Path(__file__).parent

                def test_stubborn():
                    signal.signal(signal.SIGINT, lambda *_: (HERE / "asked").touch())
                    (HERE / "reached").touch()
                    time.sleep(600)
                """
        }
    )
    process = tool.start("launch", "suite", "--headless")
    wait_until((root / "reached").exists, "the stubborn test")
    process.send_signal(signal.SIGINT)
    wait_until((root / "asked").exists, "the first signal")
    process.send_signal(signal.SIGINT)
    assert tool.end(process).status == 128 + signal.SIGTERM


def test_watching_runs_again_on_a_save_and_ends_with_ctrl_c(
    tool: Any, project: Write, wait_until: Callable[..., None], tmp_path: Path
) -> None:
    root = project({"test_it.py": "def test_it(): assert False\n"})
    with (tmp_path / "out").open("w") as out, (tmp_path / "err").open("w") as err:
        process = tool.start(
            "launch", "suite", "--headless", "--watch", "--json", "suite/r.json", stdout=out, stderr=err
        )
    progress = (tmp_path / "err").read_text
    wait_until(lambda: progress().count("Watching: ") == 1, "the first run")
    (root / "test_it.py").write_text("def test_it(): pass\n")
    wait_until(lambda: progress().count("Watching: ") == 2, "the second run")
    process.send_signal(signal.SIGINT)
    assert tool.end(process).status == 0
    printed = (tmp_path / "out").read_text()
    assert printed.index("1 failed in") < printed.index("1 passed in")
    assert json.loads((root / "r.json").read_text())["counts"]["passed"] == 1
    assert progress().count("Watching: ") == 2, "our own document was taken for a save"


def test_workers_of_xdist_are_observed(tool: Any, project: Write) -> None:
    pytest.importorskip("xdist")
    project(MIXED)
    ended = tool.run("launch", "suite", "--json", "-", "--", "-n", "2")
    document = json.loads(ended.out)
    assert document["counts"] == {"passed": 1, "failed": 1, "errors": 1, "skipped": 1, "xfailed": 1, "xpassed": 1}
    assert document["run"]["workers"] == 2
    assert {test["worker"] for test in document["tests"]} <= {"gw0", "gw1"}
    assert ended.status == 1


def test_on_a_terminal_progress_is_one_line_kept_up_to_date(tool: Any, project: Write) -> None:
    pty = pytest.importorskip("pty")
    project(MIXED)
    tool.environment |= {"TERM": "xterm-256color"}
    ours, theirs = pty.openpty()
    process = tool.start("launch", "suite", "--headless", stderr=theirs)
    os.close(theirs)
    shown = bytearray()
    try:
        while data := os.read(ours, 4096):
            shown += data
    except OSError:  # Linux: the other end is closed
        pass
    os.close(ours)
    ended = tool.end(process)
    assert ended.status == 1
    assert b"\r\x1b[2K" in shown
    assert b"\n" not in shown
    assert "\x1b" not in ended.out


@pytest.mark.slow
def test_the_demos_ledger(tool: Any, tmp_path: Path) -> None:
    """What the README's headless command shows: the seed's figures, before and after."""
    pytest.importorskip("flask_sqlalchemy")
    demo = Path(__file__).parents[2] / "demo_app"
    shutil.copytree(demo, tmp_path / "demo_app", ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache", "*.db"))
    ended = tool.run("launch", "demo_app", "--headless", "--fix", "--json", "out.json")
    document = json.loads((tmp_path / "out.json").read_text())
    before, after = document["before"]["counts"], document["after"]["counts"]
    assert (before["failed"], before["passed"], before["errors"]) == (34, 170, 83)
    assert 10 <= after["failed"] <= 15
    assert after["passed"] >= 200
    assert after["errors"] < 30
    assert document["comparison"]["already_defined"] == {"before": 22, "after": 0, "difference": -22}
    assert ended.status == 1
    assert "AFTER:  " in ended.out
