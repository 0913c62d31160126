"""The summary of a run as text, and the control characters that it never contains."""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from isolation_tui.model import Run
from isolation_tui.report.comparison import draw_before_after
from isolation_tui.report.output import rendered
from isolation_tui.report.summary import draw_summary
from pytest_isolation import events as ev
from runstory import Story, after, before, dirty


@dataclass
class Source:
    """A run as the summary gets it."""

    run: Run
    title: str = "suite"
    live: bool = True
    recording: Path | None = None
    recording_failure: str = ""
    damage: str = ""
    selected: tuple[str, ...] = ()
    finished: bool = True
    stopping: bool = False

    def poll(self) -> bool:
        return False

    def stop(self) -> None: ...

    def close(self) -> None: ...


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of one width, wherever the tests run."""
    monkeypatch.setenv("COLUMNS", "100")


def summary(run: Run, **facts: Any) -> str:
    return rendered(StringIO(), lambda console: draw_summary(console, Source(run, **facts)))


def test_already_defined_errors_are_listed_by_table_with_both_places() -> None:
    text = summary(before().run)
    assert '"Table already defined": 22 errors in 1 table' in text
    assert "products  22 errors" in text
    assert "src/models/product.py:12" in text
    assert "fixture `sample_category`" in text


def test_the_fixture_shared_widest_is_named_with_scope_tests_and_place() -> None:
    (line,) = [line for line in summary(before().run).splitlines() if line.strip().startswith("test_app")][:1]
    assert line.split()[:5] == ["test_app", "module", "36", "tests", "1x"]


def test_failures_of_one_message_are_one_line() -> None:
    nodeids = [f"test_a.py::test_{number}" for number in range(30)]
    story = Story().collected(nodeids)
    for nodeid in nodeids:
        story.test(nodeid, "failed", message="assert 2 == 1")
    text = summary(story.finished(1).run)
    assert "Failures: 30 tests, 1 message" in text
    assert "test_a.py::test_0 and 29 more" in text
    assert "test_a.py::test_1\n" not in text


def test_the_class_of_an_exception_is_shown_once() -> None:
    story = Story().collected(["test_a.py::test_a"]).begin("test_a.py::test_a")
    message = "sqlalchemy.exc.IntegrityError: UNIQUE constraint failed"
    story.phase("test_a.py::test_a", "call", "failed", message=message, exception="IntegrityError")
    assert "✘ IntegrityError: UNIQUE constraint failed" in summary(story.finished(1).run)


@pytest.mark.parametrize("evil", ["\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "\r", "\u202e", "[bold]"])
def test_nothing_of_the_suite_is_obeyed(evil: str) -> None:
    nodeid = f"test_a.py::test_a[{evil}]"
    story = Story(project=evil).collected([nodeid])
    story.test(nodeid, "failed", message=f"{evil}message{evil}")
    story.say(ev.ProbeDisabled(evil, evil)).say(ev.FactsDropped(3))
    story.say(ev.CollectionFailed(evil, "", evil)).say(ev.Output(f"{evil}output"))
    text = summary(story.finished(3).run, title=evil, recording=Path(evil), recording_failure=evil, damage=evil)
    assert not set("\x1b\x07\x9b\r\u202e") & set(text)
    assert "message" in text
    if evil == "[bold]":
        assert "test_a[[bold]]" in text


def test_lost_facts_are_reported() -> None:
    story = Story().collected(["test_a.py::test_a"]).test("test_a.py::test_a")
    text = summary(story.say(ev.FactsDropped(7)).say(ev.ProbeDisabled("metadata", "boom")).finished(0).run)
    assert "7 facts were lost" in text
    assert "Probe metadata was disabled: boom" in text


def test_a_run_without_trouble_is_short() -> None:
    story = Story().collected(["test_a.py::test_a"]).test("test_a.py::test_a")
    assert len(summary(story.finished(0).run).splitlines()) <= 3


def test_before_and_after_stand_in_the_seeds_table() -> None:
    first, second = before().run, after().run
    text = rendered(StringIO(), lambda console: draw_before_after(console, first, second))
    row = next(line for line in text.splitlines() if "Table already defined" in line)
    assert [word.strip() for word in row.strip("│ ").split("│")] == ['"Table already defined"', "22", "0", "-22"]
    assert '"Table already defined" errors: 0 ✔' in text
    assert " healed, " in text


def test_no_colour_and_bounded_width_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" not in summary(before().run)
    table = [line for line in summary(before().run).splitlines() if ".py:" in line and "test_app" in line]
    assert all(len(line) <= 100 for line in table)


def test_rows_left_behind_are_listed_by_author_with_the_tests_that_met_them() -> None:
    names = [f"tests/test_a.py::test_{number}" for number in range(3)]
    story = Story().collected(names)
    story.say(ev.DatabaseSeen(1, "sqlite:///it.db", "sqlite"))
    for nodeid in names:
        story.begin(nodeid)
        place = ev.Place("tests", "/home/dev/tests/test_a.py", 7, "it")
        unit = ev.Unit(nodeid, "call")
        if nodeid == names[0]:
            story.say(ev.RowsWritten(1, "users", 3, 0, 0, "committed", place, unit, kept=3), after=0.001)
        story.test(nodeid, begun=True)
        story.say(ev.DatabasesUsed(nodeid, [1]))
    text = summary(story.finished(0).run)
    assert "Leaks: 1 culprit, 2 dirty starts\n" in text
    (line,) = [line for line in text.splitlines() if "test_0" in line and "users" in line]
    assert line.split()[:6] == ["test_0", "users", "3", "2", "?", "0"]
    assert "Leaks: " not in summary(before().run)


def test_the_summary_begins_with_what_causes_explain_and_what_they_do_not() -> None:
    text = summary(dirty().run).splitlines()
    assert text[3] == "2 causes may explain 2 of 3 failing tests, 1 not explained"
    assert any(line.startswith("  1  F7  Fixture `customer` commits rows ") for line in text)
    assert any(
        line.strip().startswith("Reproduce: python -m pytest tests/test_shop.py::test_register ") for line in text
    )
    at = text.index("Failures without a known cause: 1 test, 1 message")
    assert text[at + 2].strip() == "tests/test_shop.py::test_sum"


def test_leaks_that_harmed_no_test_are_shown_apart() -> None:
    text = summary(dirty().run).splitlines()
    at = text.index("Leaks that broke nothing (yet): 1 finding")
    assert "a connection" in text[at + 1]


def test_leaks_are_listed_with_the_tests_that_read_them() -> None:
    text = summary(dirty().run).splitlines()
    assert "Leaks: 4 culprits, 6 dirty starts, read by 3 tests" in text
    (line,) = [line for line in text if line.strip().startswith("fixture customer")]
    assert line.split()[2:8] == ["users", "1", "6", "2", "1", "tests/test_shop.py:9"]


def test_many_causes_stay_short_and_the_rest_is_counted() -> None:
    nodeids = [f"test_a.py::test_{number:02}" for number in range(40)]
    story = Story().collected(nodeids)
    for number, nodeid in enumerate(nodeids):
        message = f"Table 't{number // 2}' is already defined for this MetaData instance."
        story.test(nodeid, "error", message=message)
    text = summary(story.finished(1).run)
    assert "20 causes may explain 40 of 40 failing tests" in text
    assert re.search(r"and \d+ more; --json FILE has all", text)
    assert len(text.splitlines()) <= 60
