"""Draws a whole line of the timeline: its label, its cells and its total."""

from __future__ import annotations

from dataclasses import dataclass

from ...model import Outcome, Test
from ...text.measure import keep_end, keep_start, pad
from ...text.sanitize import clean
from ...text.wording import number, seconds
from ..glyphs import Glyphs
from .axis import Axis, Clock, axis_for, clock_for
from .dirty import draw_dirty, draw_dirty_in_time
from .drawing import (
    OUTCOME_NAMES,
    Cells,
    draw_lane,
    draw_lane_in_time,
    draw_marks,
    draw_marks_in_time,
    draw_tests,
    draw_tests_in_time,
)
from .index import TimelineIndex
from .layout import Kind, Line
from .sections import Section

Run = list[tuple[str, str]]
"""(text, style name) pieces of a line; ``+cursor`` and ``+line`` after a name mean highlighted."""

COUNTED = (
    Outcome.PASSED,
    Outcome.FAILED,
    Outcome.ERROR,
    Outcome.CRASHED,
    Outcome.SKIPPED,
    Outcome.XFAILED,
    Outcome.XPASSED,
    Outcome.UNKNOWN,
    Outcome.NOT_RUN,
)


@dataclass(frozen=True, slots=True)
class Look:
    """The settings that lines are drawn with."""

    width: int
    glyphs: Glyphs
    zoom: int = 0
    by_time: bool = False
    cursor: Test | None = None
    now: float = 0.0

    @property
    def right(self) -> int:
        """Cells for the totals."""
        return 12 if self.width < 90 else 15

    def left(self, index: TimelineIndex) -> int:
        """Cells for the labels: enough for the longest path, at most about a third of the width."""
        return min(max(index.longest + 4, 24), max(self.width * 36 // 100, 24))


def draw(line: Line, index: TimelineIndex, look: Look, *, under_cursor: bool = False) -> Run:
    """The line, ``look.width`` cells wide."""
    if line.kind is Kind.GAP:
        return [(" " * look.width, "")]
    left = look.left(index)
    cells = max(look.width - left - look.right - 1, 8)
    section = line.section
    if line.kind is Kind.HEAD and section.open:
        return _open_head(section, index, look, under_cursor)
    column = section.column_of.get(look.cursor) if look.cursor is not None else None
    if line.kind is Kind.HEAD:
        drawn = draw_tests(section, axis_for(section, cells, 0, None, index.largest), look.glyphs)
    elif look.by_time and section.began_at:
        clock = clock_for(section, cells, look.zoom, look.now, look.cursor.started if column is not None else None)  # type: ignore[union-attr]
        drawn = _in_time(line, clock, look)
        if column is not None and look.cursor is not None and look.cursor.started:
            begin = clock.cell(look.cursor.started)
            _highlight(drawn, begin, max(clock.cell(look.cursor.ended or look.now), begin))
    else:
        axis = axis_for(section, cells, look.zoom, column, index.largest)
        drawn = _by_test(line, axis, look)
        if column is not None:
            _highlight(drawn, axis.cell(column), axis.cell(column))
    suffix = "+line" if under_cursor else ""
    runs = [(pad(text, size), style + suffix) for text, size, style in _about(line, index, look, left)]
    return [*runs, *drawn.runs(), (" ", ""), *_sum(line, look, look.right)]


def _by_test(line: Line, axis: Axis, look: Look) -> Cells:
    if line.lane is not None:
        return draw_lane(line.lane, axis, look.glyphs)
    if line.table is not None:
        return draw_marks(line.section, line.table, axis, look.glyphs)
    if line.kind is Kind.DIRTY:
        return draw_dirty(line.section, axis, look.glyphs)
    return draw_tests(line.section, axis, look.glyphs)


def _in_time(line: Line, clock: Clock, look: Look) -> Cells:
    if line.kind is Kind.RULER:
        return _ruler(clock)
    if line.lane is not None:
        return draw_lane_in_time(line.lane, line.section, clock, look.glyphs)
    if line.table is not None:
        return draw_marks_in_time(line.section, line.table, clock, look.glyphs)
    if line.kind is Kind.DIRTY:
        return draw_dirty_in_time(line.section, clock, look.glyphs)
    return draw_tests_in_time(line.section, clock, look.glyphs)


def _ruler(clock: Clock) -> Cells:
    """Times since the section began, one every 16 cells."""
    cells = Cells(clock.cells)
    total = clock.cells * clock.zoom
    for cell in range(0, clock.cells - 7, 16):
        at = (cell + clock.offset) / total * (clock.end - clock.begin)
        cells.write(cell, f"'{seconds(at) if at else '0'}", "muted")
    return cells


def _highlight(cells: Cells, low: int, high: int) -> None:
    for cell in range(max(low, 0), min(high, cells.width - 1) + 1):
        cells.styles[cell] += "+cursor"


def _open_head(section: Section, index: TimelineIndex, look: Look, under_cursor: bool) -> Run:
    suffix = "+line" if under_cursor else ""
    counts = _counts(section, look.glyphs)
    tests = number(len(section.columns), "test")
    spent = seconds(max(section.ended_at - section.began_at, 0.0)) if section.began_at else ""
    facts = f"{tests}   {spent:>7}   " if look.width >= 60 else ""
    taken = sum(len(text) for text, _ in counts) + len(facts)
    title = keep_end(clean(index.title(section)), look.width - taken - 4, look.glyphs.ellipsis)
    room = look.width - taken - 2
    return [
        (f"{look.glyphs.opened} ", "muted" + suffix),
        (pad(title, room), "file" + suffix),
        (facts, "muted"),
        *counts,
    ]


def _about(line: Line, index: TimelineIndex, look: Look, left: int) -> list[tuple[str, int, str]]:
    section = line.section
    if line.kind is Kind.HEAD:
        style = "file" if section.started or section.whole else "muted"
        title = keep_end(clean(index.title(section)), left - 3, look.glyphs.ellipsis)
        return [(f"{look.glyphs.folded} ", 2, "muted"), (title, left - 2, style)]
    if line.kind is Kind.RULER:
        return [("  time", left, "muted")]
    if line.kind is Kind.TESTS:
        return [("  tests", left, "muted")]
    if line.kind is Kind.DIRTY:
        return [("  rows", 11, "muted"), ("dirty start", left - 11, "name")]
    if line.table is not None:
        return [(f"  {line.topic}", 11, "muted"), (line.table.value, left - 11, "name")]
    assert line.lane is not None
    definition, worker = line.lane.definition, line.lane.worker
    name = clean(definition.name) + (f" {worker}" if worker else "")
    return [
        (f"  {definition.scope}", 11, "muted"),
        (keep_start(name, left - 12, look.glyphs.ellipsis), left - 11, "name"),
    ]


def _sum(line: Line, look: Look, width: int) -> Run:
    if line.kind is Kind.HEAD or (line.section.whole and line.kind is Kind.TESTS):
        counts = _counts(line.section, look.glyphs, width)
        filler = width - sum(len(text) for text, _ in counts)
        return [(" " * max(filler, 0), ""), *counts]
    text, style = "", "muted"
    if line.lane is not None:
        lives = line.lane.lives
        text = "set up once" if lives == 1 else f"set up {lives}x"
        style = "muted" if lives > 1 or line.lane.ticking else "held"
    elif line.table is not None:
        text = str(sum(line.section.marks[line.table].values()))
    elif line.kind is Kind.DIRTY:
        text = str(len(line.section.dirty))
    elif line.kind is Kind.TESTS and look.by_time:
        text = ""
    return [(f"{text:>{width}}", style)]


def _counts(section: Section, glyphs: Glyphs, width: int = 60) -> Run:
    """``14✔ 22E``: the counts that are not zero, as far as they fit."""
    runs: Run = []
    for outcome in COUNTED:
        count = section.count(outcome)
        if not count:
            continue
        text = f"{count}{glyphs.outcome(outcome)}"
        taken = sum(len(known) for known, _ in runs) + bool(runs)
        if taken + len(text) > width:
            break
        if runs:
            runs.append((" ", ""))
        runs.append((text, OUTCOME_NAMES[outcome]))
    if not runs:
        return [(number(len(section.columns), "test"), "muted")]
    return runs
