"""Draws one lane as a line of cells: pure functions from a section to text and the names of styles."""

from __future__ import annotations

from ...model import FixtureLife, Outcome, TableEventKind
from ...text.wording import number
from ..glyphs import BY_SEVERITY, SEVERITY, Glyphs
from .axis import Axis, Clock
from .lanes import SERVED, SET_UP_FAILED, Lane, Span
from .sections import WORST_OF_GOOD, Section

OUTCOME_NAMES = {outcome: outcome.name.lower().replace("_", "-") for outcome in Outcome}
"""Style names of outcomes."""

PASSED, SKIPPED = SEVERITY[Outcome.PASSED], SEVERITY[Outcome.SKIPPED]


class Cells:
    """A line under construction: one character and one style name a cell."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.characters = [" "] * width
        self.styles = [""] * width

    def put(self, cell: int, text: str, style: str) -> None:
        """Write narrow characters from that cell on; what lies outside is cut."""
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
    """The outcomes. Where several tests share a cell the worst shows, and good ones are drawn as a plain line."""
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
            cells.put(cell, text, OUTCOME_NAMES[outcome])
        return cells
    cell = 0
    for rank in severity[axis.first : axis.first + axis.cells // axis.width + 1]:
        outcome = BY_SEVERITY[rank]
        cells.put(cell, glyphs.outcome(outcome), OUTCOME_NAMES[outcome])
        cell += axis.width
    return cells


def draw_lane(lane: Lane, axis: Axis, glyphs: Glyphs) -> Cells:
    """The lives of a fixture: a bar from set-up to teardown, a tick where it served one test."""
    cells = Cells(axis.cells)
    if lane.ticking:
        for cell in range(0, axis.cells, 1 if axis.dense else axis.width):
            low, high = axis.span(cell)
            worst = max(lane.ticks[low:high], default=0)
            if worst == SERVED:
                cells.put(cell, glyphs.tick, "tick")
            elif worst == SET_UP_FAILED:
                cells.put(cell, glyphs.tick_failed, "error")
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
    """``├──────┤``; open at its right while it lives; dashed where a test went without it. Where it begins in the cell
    in which another life ended, both show."""
    style = "error" if life.failed else "bar"
    there = cells.characters[low] if 0 <= low < cells.width else ""
    ends = there in (glyphs.bar_end, glyphs.bar_meet)
    if low == high or (high - low < width and len(life.users) <= 1):
        alone = glyphs.bar_meet if ends else glyphs.tick
        if there != glyphs.tick_failed:  # a failure is never hidden
            cells.put(low, glyphs.tick_failed if life.failed else alone, style)
        return
    for cell in range(max(low, 0), min(high, cells.width - 1) + 1):
        idle = used is not None and cell - (cell - low) % width not in used
        cells.put(cell, glyphs.bar_open if idle else glyphs.bar, style)
    cells.put(low, glyphs.bar_meet if ends or there == glyphs.tick else glyphs.bar_start, style)
    if there == glyphs.tick_failed:
        cells.put(low, there, "error")
    if not life.alive:
        cells.put(high, glyphs.bar_end, style)


def _label_bars(cells: Cells, bars: list[tuple[FixtureLife, int, int]]) -> None:
    """ "held for 36 tests" in the bar where it fits, else right of it where nothing stands."""
    for life, low, high in bars:
        if len(life.users) < 2:
            continue
        label = f" held for {number(len(life.users), 'test')} "
        low, high = max(low, 0), min(high, cells.width - 1)
        if len(label) + 4 <= high - low + 1:
            cells.put((low + high + 1 - len(label)) // 2, label, "held")
        elif cells.free(high + 1, high + len(label) + 1):
            cells.put(high + 1, label.rstrip(), "held")
        elif len(label := f" {len(life.users)} ") + 2 <= high - low + 1:
            cells.put((low + high + 1 - len(label)) // 2, label, "held")


def draw_marks(section: Section, kind: TableEventKind, axis: Axis, glyphs: Glyphs) -> Cells:
    """What befell tables: one mark a test, with how many beside it where there is room."""
    cells = Cells(axis.cells)
    glyph, name = glyphs.table(kind), kind.name.lower()
    totals: dict[int, int] = {}
    for column, count in section.marks.get(kind, {}).items():
        cell = axis.cell(column)
        if 0 <= cell < axis.cells:
            totals[cell] = totals.get(cell, 0) + count
            cells.put(cell, glyph, name)
    for cell, count in totals.items():
        digits = str(count)
        if count == 1 or (not cells.free(cell - 1, cell) and cell - 1 in totals):
            continue  # beside another mark it would be read as the count of both
        if cells.free(cell + 1, cell + 2 + len(digits)) or cell + 1 + len(digits) == cells.width:
            cells.put(cell + 1, digits, "muted")
        elif cells.free(cell - 1 - len(digits), cell):
            cells.put(cell - len(digits), digits, "muted")
    return cells


# -- to scale -----------------------------------------------------------------------------------------------------


def draw_tests_in_time(section: Section, clock: Clock, glyphs: Glyphs) -> Cells:
    """Each test from its start to its end; where several share a cell, the worst."""
    cells = Cells(clock.cells)
    worst: dict[int, int] = {}
    for test, rank in zip(section.columns, section.severity, strict=True):
        if not test.started:
            continue
        low, high = clock.cell(test.started), clock.cell(test.ended or clock.end)
        for cell in range(max(low + 1, 0), min(high, clock.cells)):
            cells.put(cell, glyphs.bar, "muted")
        worst[low] = max(worst.get(low, 0), rank)
    for cell, rank in worst.items():
        cells.put(cell, glyphs.outcome(BY_SEVERITY[rank]), OUTCOME_NAMES[BY_SEVERITY[rank]])
    return cells


def draw_lane_in_time(lane: Lane, section: Section, clock: Clock, glyphs: Glyphs) -> Cells:
    """The lives of a fixture to scale, its set-up and teardown included."""
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
    """What befell tables, when it did."""
    cells = Cells(clock.cells)
    for column in section.marks.get(kind, {}):
        for event in section.columns[column].table_events:
            if event.kind is kind:
                cells.put(clock.cell(event.at), glyphs.table(kind), kind.name.lower())
    return cells
