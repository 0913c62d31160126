"""The axes of the timeline: which cell shows a test, or a moment."""

from __future__ import annotations

from dataclasses import dataclass

from ...model import Test
from .sections import Section

WIDTHS = (1, 2, 3, 5, 8)
"""Cells per test at each zoom step."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One column per test. If ``dense``, several tests share a cell; else each has ``width`` cells, from column
    ``first`` on."""

    columns: int
    cells: int
    width: int
    first: int = 0
    dense: bool = False

    def cell(self, column: int) -> int:
        """The first cell of the column; outside the line if it is not visible."""
        if self.dense:
            return column * self.cells // max(self.columns, 1)
        return (column - self.first) * self.width

    def last_cell(self, column: int) -> int:
        """The last cell of the column."""
        return max(self.cell(column + 1) - 1, self.cell(column))

    def span(self, cell: int) -> tuple[int, int]:
        """The columns ``[low, high)`` that share the cell."""
        if self.dense:
            low = -(-cell * self.columns // self.cells)
            high = -(-(cell + 1) * self.columns // self.cells)
            return low, max(high, low)
        low = self.first + cell // self.width
        return (low, low + 1) if low < self.columns else (self.columns, self.columns)


@dataclass(frozen=True, slots=True)
class Clock:
    """A time axis: ``begin`` to ``end`` over ``cells * zoom`` cells, of which the first ``offset`` are hidden."""

    begin: float
    end: float
    cells: int
    zoom: int = 1
    offset: int = 0

    def cell(self, at: float) -> int:
        """The cell of a moment."""
        share = (at - self.begin) / max(self.end - self.begin, 1e-9)
        return min(int(share * self.cells * self.zoom), self.cells * self.zoom - 1) - self.offset


def fit(columns: int, cells: int) -> int:
    """Cells per test so that all fit: 2, 1, or 0 if several share a cell."""
    return min(cells // max(columns, 1), 2)


def axis_for(section: Section, cells: int, zoom: int, cursor: int | None, largest: int = 0) -> Axis:
    """The axis of a section. ``zoom`` is cells per test; 0 fits the ``largest`` section, so that a test is as wide in
    every file. Scrolls no further than needed to show the cursor."""
    columns, cells = len(section.columns), max(cells, 1)
    width = zoom or min(fit(columns, cells), fit(largest, cells) or 1)
    if not width:
        return Axis(columns, cells, 1, dense=True)
    seen = max(cells // width, 1)
    first = min(section.first, max(columns - seen, 0))
    if cursor is not None:
        first = min(max(first, cursor - seen + 1), cursor)
    section.first = first
    return Axis(columns, cells, width, first)


def clock_for(section: Section, cells: int, zoom: int, now: float, cursor: float | None) -> Clock:
    """The time axis of a section."""
    end = section.ended_at if section.done and section.ended_at > section.began_at else max(now, section.began_at)
    cells = max(cells, 1)
    factor = max(zoom, 1)
    clock = Clock(section.began_at, end, cells, factor)
    if factor == 1 or cursor is None:
        return clock
    offset = min(max(clock.cell(cursor) - cells // 2, 0), cells * factor - cells)
    return Clock(section.began_at, end, cells, factor, offset)


def tests_at(section: Section, clock: Clock, cell: int) -> list[Test]:
    """The tests that ran in the cell, or else the last that ran before it."""
    began = [test for test in section.columns if test.started]
    here = [test for test in began if clock.cell(test.started) <= cell <= clock.cell(test.ended or clock.end)]
    starting = [test for test in here if clock.cell(test.started) == cell]
    return starting or here or [test for test in began if clock.cell(test.started) < cell][-1:]


def next_zoom(zoom: int, shown: int, step: int) -> int:
    """The zoom after one step in (1) or out (-1) from ``shown`` cells per test (0: dense); 0 fits all."""
    if step > 0:
        return next((width for width in WIDTHS if width > max(zoom, shown)), WIDTHS[-1])
    smaller = [width for width in WIDTHS if width < zoom]
    return smaller[-1] if smaller and smaller[-1] > shown else 0
