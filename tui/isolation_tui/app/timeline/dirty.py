"""Draws the lane of dirty starts: tests that started with leftover rows in a database that they used."""

from __future__ import annotations

from ..glyphs import Glyphs
from .axis import Axis, Clock
from .drawing import Cells
from .sections import Section

STYLE = "dirty"


def draw_dirty(section: Section, axis: Axis, glyphs: Glyphs) -> Cells:
    cells = Cells(axis.cells)
    for column in section.dirty:
        cells.write(axis.cell(column), glyphs.dirty, STYLE)
    return cells


def draw_dirty_in_time(section: Section, clock: Clock, glyphs: Glyphs) -> Cells:
    cells = Cells(clock.cells)
    for column in section.dirty:
        cells.write(clock.cell(section.columns[column].started), glyphs.dirty, STYLE)
    return cells
