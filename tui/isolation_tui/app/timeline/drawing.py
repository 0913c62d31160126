"""Draws a lane as a line of cells: functions from a section to text and style names."""

from __future__ import annotations

from ...model import FixtureLife, Outcome, TableEventKind
from ...text.wording import number
from ..glyphs import BY_SEVERITY, SEVERITY, Glyphs
from .axis import Axis, Clock
from .lanes import SERVED, SET_UP_FAILED, Lane, Span
from .sections import WORST_OF_GOOD, Section

OUTCOME_NAMES = {outcome: outcome.name.lower().replace("_", "-") for outcome in Outcome}
"""Outcome -> style name."""

PASSED, SKIPPED = SEVERITY[Outcome.PASSED], SEVERITY[Outcome.SKIPPED]


class Cells:
    """A line being drawn: one character and one style name per cell."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.characters = [" "] * width
        self.styles = [""] * width

    def write(self, cell: int, text: str, style: str) -> None:
        """Write narrow characters from the cell on; those outside the line are dropped."""
        for character in text:
            if 0 <= cell < self.width:
                self.characters[cell] = character
                self.styles[cell] = style
            cell += 1

    def free(self, low: int, high: int) -> bool:
        """Whether the cells ``[low, high)`` are on the line and empty."""
        return low >= 0 and high <= self.width and all(c == " " for c in self.characters[low:high])

    def runs(self) -> list[tuple[str, str]]:
        """(text, style name) of equal neighbours."""
        runs: list[tuple[str, str]] = []
        start, styles = 0, self.styles
        for cell in range(1, self.width + 1):
            if cell == self.width or styles[cell] != styles[start]:
                runs.append(("".join(self.characters[start:cell]), styles[start]))
                start = cell
        return runs


def draw_tests(section: Section, axis: Axis, glyphs: Glyphs) -> Cells:
    """The outcomes. If several tests share a cell, the worst shows; passing ones are drawn as a line."""
    cells, severity = Cells(axis.cells), section.severity
    if axis.dense:
        for cell in range(axis.cells):
            low, high = axis.span(cell)
            worst = max(severity[low:high], default=-1)
            if worst < 0:
                continue
            outcome = BY_SEVERITY[worst]
            text = glyphs.outcome(outcome)
            if PASSED <= worst < WORST_OF_GOOD:
                text = glyphs.bar_used
            elif worst < PASSED:
                text = glyphs.bar
            cells.write(cell, text, OUTCOME_NAMES[outcome])
        return cells
    cell = 0
    for rank in severity[axis.first : axis.first + axis.cells // axis.width + 1]:
        outcome = BY_SEVERITY[rank]
        cells.write(cell, glyphs.outcome(outcome), OUTCOME_NAMES[outcome])
        cell += axis.width
    return cells


def draw_lane(lane: Lane, axis: Axis, glyphs: Glyphs) -> Cells:
    """The lives of a fixture: a bar from setup to teardown, or a tick for a single test."""
    cells = Cells(axis.cells)
    if lane.ticking:
        for cell in range(0, axis.cells, 1 if axis.dense else axis.width):
            low, high = axis.span(cell)
            worst = max(lane.ticks[low:high], default=0)
            if worst == SERVED:
                cells.write(cell, glyphs.tick, "tick")
            elif worst == SET_UP_FAILED:
                cells.write(cell, glyphs.tick_failed, "error")
        return cells
    bars = []
    for span in lane.spans:
        low, high = axis.cell(span.first), axis.last_cell(span.last)
        if high < 0 or low >= axis.cells:
            continue
        used = {axis.cell(column) for column in span.columns} if not axis.dense and len(span.columns) < 4096 else None
        _draw_bar(cells, span.life, low, high, glyphs, used, axis.width)
        bars.append((span.life, low, high))
    _label_bars(cells, bars)
    return cells


def _draw_bar(
    cells: Cells, life: FixtureLife, low: int, high: int, glyphs: Glyphs, used: set[int] | None = None, width: int = 1
) -> None:
    """``├──────┤``: without a right end while the life goes on, dashed at tests that do not use it. If it begins in the
    cell in which another life ended, both show."""
    style = "error" if life.failed else "bar"
    there = cells.characters[low] if 0 <= low < cells.width else ""
    ends = there in (glyphs.bar_end, glyphs.bar_meet)
    if low == high or (high - low < width and len(life.users) <= 1):
        alone = glyphs.bar_meet if ends else glyphs.tick
        if there != glyphs.tick_failed:  # never hide a failure
            cells.write(low, glyphs.tick_failed if life.failed else alone, style)
        return
    for cell in range(max(low, 0), min(high, cells.width - 1) + 1):
        idle = used is not None and cell - (cell - low) % width not in used
        cells.write(cell, glyphs.bar_open if idle else glyphs.bar, style)
    cells.write(low, glyphs.bar_meet if ends or there == glyphs.tick else glyphs.bar_start, style)
    if there == glyphs.tick_failed:
        cells.write(low, there, "error")
    if not life.alive:
        cells.write(high, glyphs.bar_end, style)


def _label_bars(cells: Cells, bars: list[tuple[FixtureLife, int, int]]) -> None:
    """ "shared by 36 tests" in the bar if it fits, else to the right of it if that is free."""
    for life, low, high in bars:
        if len(life.users) < 2:
            continue
        label = f" shared by {number(len(life.users), 'test')} "
        low, high = max(low, 0), min(high, cells.width - 1)
        if len(label) + 4 <= high - low + 1:
            cells.write((low + high + 1 - len(label)) // 2, label, "held")
        elif cells.free(high + 1, high + len(label) + 1):
            cells.write(high + 1, label.rstrip(), "held")
        elif len(label := f" {len(life.users)} ") + 2 <= high - low + 1:
            cells.write((low + high + 1 - len(label)) // 2, label, "held")


def draw_marks(section: Section, kind: TableEventKind, axis: Axis, glyphs: Glyphs) -> Cells:
    """Table events: one mark per test, with their number beside it if there is room."""
    cells = Cells(axis.cells)
    glyph, name = glyphs.table(kind), kind.name.lower()
    totals: dict[int, int] = {}
    for column, count in section.marks.get(kind, {}).items():
        cell = axis.cell(column)
        if 0 <= cell < axis.cells:
            totals[cell] = totals.get(cell, 0) + count
            cells.write(cell, glyph, name)
    for cell, count in totals.items():
        digits = str(count)
        if count == 1 or (not cells.free(cell - 1, cell) and cell - 1 in totals):
            continue  # beside another mark it would look like the count of both
        if cells.free(cell + 1, cell + 2 + len(digits)) or cell + 1 + len(digits) == cells.width:
            cells.write(cell + 1, digits, "muted")
        elif cells.free(cell - 1 - len(digits), cell):
            cells.write(cell - len(digits), digits, "muted")
    return cells


# -- on the time axis -----------------------------------------------------------------------------------------------


def draw_tests_in_time(section: Section, clock: Clock, glyphs: Glyphs) -> Cells:
    """Each test from start to end; if several share a cell, the worst shows."""
    cells = Cells(clock.cells)
    worst: dict[int, int] = {}
    for test, rank in zip(section.columns, section.severity, strict=True):
        if not test.started:
            continue
        low, high = clock.cell(test.started), clock.cell(test.ended or clock.end)
        for cell in range(max(low + 1, 0), min(high, clock.cells)):
            cells.write(cell, glyphs.bar, "muted")
        worst[low] = max(worst.get(low, 0), rank)
    for cell, rank in worst.items():
        cells.write(cell, glyphs.outcome(BY_SEVERITY[rank]), OUTCOME_NAMES[BY_SEVERITY[rank]])
    return cells


def draw_lane_in_time(lane: Lane, section: Section, clock: Clock, glyphs: Glyphs) -> Cells:
    """The lives of a fixture on the time axis, with setup and teardown."""
    cells = Cells(clock.cells)
    spans: list[Span] = lane.spans
    lives = [span.life for span in spans]
    if lane.ticking:
        mine = (life for test in section.columns for life in test.lives)
        lives = [life for life in mine if life.definition is lane.definition]
        lives += [life for life in lane.definition.lives if life.failed and life.asked_by in section.column_of]
    bars = []
    for life in lives:
        low, high = clock.cell(life.began), clock.cell(clock.end if life.torn_down is None else life.torn_down)
        _draw_bar(cells, life, low, high, glyphs)
        if lane.ticking and 0 <= low < cells.width and cells.characters[low] == glyphs.tick:
            cells.styles[low] = "tick"
        bars.append((life, low, high))
    _label_bars(cells, bars)
    return cells


def draw_marks_in_time(section: Section, kind: TableEventKind, clock: Clock, glyphs: Glyphs) -> Cells:
    """Table events on the time axis."""
    cells = Cells(clock.cells)
    for column in section.marks.get(kind, {}):
        for event in section.columns[column].table_events:
            if event.kind is kind:
                cells.write(clock.cell(event.at), glyphs.table(kind), kind.name.lower())
    return cells
