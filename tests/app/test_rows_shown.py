"""Rows on screen: the card's "Rows", and the timeline's dirty starts. No app, no screen."""

from __future__ import annotations

import pytest

from isolation_tui.app.card.text import card
from isolation_tui.app.glyphs import UNICODE
from isolation_tui.app.timeline.index import TimelineIndex
from isolation_tui.app.timeline.layout import Kind, Layout
from isolation_tui.app.timeline.line_text import Look, draw
from isolation_tui.model import Run
from pytest_isolation import events as ev
from runstory import Story

FILE = "tests/test_a.py"
NAMES = [f"{FILE}::test_{number}" for number in range(3)]
PLACE = ev.Place("tests", "/home/dev/tests/test_a.py", 7, "it")


@pytest.fixture
def run() -> Run:
    """The first test leaves three users, the second finds them and deletes them."""
    story = Story().collected(NAMES)
    story.say(ev.DatabaseSeen(1, "sqlite:///it.db", "sqlite"))
    wrote = (
        ev.RowsWritten(1, "users", 3, 0, 0, "committed", PLACE, ev.Unit(NAMES[0], "call"), kept=3),
        ev.RowsWritten(1, "users", 0, 0, 3, "committed", PLACE, ev.Unit(NAMES[1], "call"), taken=3),
        None,
    )
    for nodeid, fact in zip(NAMES, wrote, strict=True):
        story.begin(nodeid)
        if fact is not None:
            story.say(fact, after=0.001)
        story.test(nodeid, begun=True)
        story.say(ev.DatabasesUsed(nodeid, [1]))
    return story.finished(0).run


def data(run: Run, number: int, width: int = 80) -> list[str]:
    blocks = str(card(run, run.tests[NAMES[number]], UNICODE, width)).split("\n\n")
    return [line for block in blocks if block.startswith("Rows") for line in block.splitlines()[1:]]


def test_a_card_shows_rows_that_the_test_wrote_and_left(run: Run) -> None:
    assert data(run, 0) == ["  wrote  users +3 committed  the test's call", "! left   users 3  by test_0"]


def test_a_card_shows_rows_that_the_test_found_with_their_author(run: Run) -> None:
    assert data(run, 1) == [
        "! found  users 3 (!)  by test_0",
        "  wrote  users -3 committed  the test's call",
    ]


def test_a_test_without_rows_has_no_such_block(run: Run) -> None:
    assert data(run, 2) == []


def test_a_dirty_start_is_marked_under_its_test(run: Run) -> None:
    index = TimelineIndex(run)
    layout = Layout(index)
    section = index.sections[FILE]
    section.choice = True
    for by_time in (False, True):
        layout.by_time = by_time
        layout.update()
        (line,) = [line for line in layout.lines if line.kind is Kind.DIRTY]
        text = "".join(part for part, _ in draw(line, index, Look(90, UNICODE, by_time=by_time, now=run.last_at)))
        assert text.startswith("  rows     dirty start")
        assert text.count("!") == 1
        assert text.rstrip().endswith("1")


def test_a_file_without_dirty_starts_has_no_such_lane() -> None:
    story = Story().collected(NAMES)
    for nodeid in NAMES:
        story.test(nodeid)
    layout = Layout(TimelineIndex(story.finished(0).run))
    assert [line for line in layout.lines if line.kind is Kind.DIRTY] == []
