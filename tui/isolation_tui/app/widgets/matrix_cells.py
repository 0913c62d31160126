"""The rows of the matrix, and the glyph and style of a cell."""

from __future__ import annotations

from dataclasses import dataclass

from ...model import Outcome
from ...model.matrix import Layer, Mark
from ..glyphs import Glyphs

MARK_CLASSES = {
    Mark.KEPT: "matrix--kept",
    Mark.NEW: "matrix--new",
    Mark.REFUSED: "matrix--refused",
    Mark.CLEARED: "matrix--cleared",
    Mark.CREATED: "matrix--created",
    Mark.DROPPED: "matrix--dropped",
    Mark.REBUILT: "matrix--created",
}
OUTCOME_CLASSES = {
    Outcome.PASSED: "matrix--passed",
    Outcome.XPASSED: "matrix--passed",
    Outcome.FAILED: "matrix--refused",
    Outcome.ERROR: "matrix--refused",
    Outcome.CRASHED: "matrix--refused",
}


def mark_glyph(glyphs: Glyphs, mark: Mark | None) -> str:
    """The glyph of a cell; a space if the table did not exist."""
    if mark is None:
        return " "
    return {
        Mark.KEPT: glyphs.kept,
        Mark.NEW: glyphs.registered,
        Mark.REFUSED: glyphs.refused,
        Mark.CLEARED: glyphs.cleared,
        Mark.CREATED: glyphs.created,
        Mark.DROPPED: glyphs.dropped,
        Mark.REBUILT: glyphs.recreated,
    }[mark]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading row: a layer and a summary of its tables."""

    layer: Layer


@dataclass(frozen=True, slots=True)
class TableRow:
    layer: Layer
    table: str
