"""The matrix with a cursor on a table and a test."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message

from ...model import Test
from ...model.matrix import Layer
from .. import keys
from .matrix_canvas import HEADER, MatrixCanvas
from .matrix_cells import Section, TableRow


class MatrixGrid(MatrixCanvas, can_focus=True):
    """The cursor keeps its table and test while the run grows."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.GRID]

    class Moved(Message):
        """The cursor is on another cell."""

    class Scope(Message):
        """Show the tests of all files, or only those of the cursor's file."""

    class Jump(Message):
        """Show this test on the main screen."""

        def __init__(self, test: Test) -> None:
            super().__init__()
            self.test = test

    moved = False
    """Whether the user has moved the cursor."""

    # -- moving ------------------------------------------------------------------------------------------------

    def select(self, test: Test, layer: Layer | None = None, table: str = "") -> None:
        """Put the cursor on a test, and on a table if one is given."""
        self.follow = False
        self.test = test
        for index, row in enumerate(self.rows):
            if isinstance(row, TableRow) and row.layer is layer and row.table == table:
                self.row = index
        self._reveal()

    def action_move(self, across: int, down: int) -> None:
        self.moved = True
        if across:
            self.follow = False
            at = self._column() + across
            while 0 <= at < len(self.columns) and self.columns[at] is None:
                at += across
            if 0 <= at < len(self.columns):
                self.test = self.columns[at]
        if down:
            at = self.row + down
            while 0 <= at < len(self.rows) and isinstance(self.rows[at], Section):
                at += down
            if 0 <= at < len(self.rows):
                self.row = at
        self._reveal()

    def action_page(self, step: int) -> None:
        self.moved = True
        self.follow = False
        at = min(max(self._column() + step * max(self._room // self._cell - 2, 1), 0), max(len(self.columns) - 1, 0))
        if self.columns:
            self.test = self.columns[at] or self.columns[at - 1]
        self._reveal()

    def action_to_end(self, side: int) -> None:
        self.moved = True
        if self.columns:
            self.test = self.columns[0 if side < 0 else -1]
        self.follow = side > 0
        self._reveal()

    def action_event(self, step: int) -> None:
        self.moved = True
        row = self.target
        if row is None or self.matrix is None:
            return
        at = self._column() + step
        while 0 <= at < len(self.columns):
            test = self.columns[at]
            if test is not None and self.matrix.events(row.layer, row.table, test):
                self.test, self.follow = test, False
                self._reveal()
                return
            at += step
        self.notify("No further mark in this row.", timeout=2)

    def action_all_files(self) -> None:
        self.post_message(self.Scope())

    def action_jump(self) -> None:
        if self.test is not None:
            self.post_message(self.Jump(self.test))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or offset.y < HEADER - 1:
            return
        _, shown = self._visible()
        at = (offset.x - self._label) // self._cell
        index = offset.y - HEADER + self.scroll_offset.y
        if 0 <= index < len(self.rows) and isinstance(self.rows[index], TableRow):
            self.row = index
        if 0 <= at < len(shown) and shown[at] is not None:
            again = shown[at] is self.test
            self.test, self.follow = shown[at], False
            if event.chain > 1 and again:
                self.action_jump()
        self._reveal()

    def _column(self) -> int:
        return self._at.get(self.test.nodeid, len(self.columns) - 1) if self.test else len(self.columns) - 1

    def _reveal(self) -> None:
        """Scroll as little as needed to show the cursor."""
        room = self._room // self._cell
        at, first = self._column(), round(self.scroll_offset.x / self._cell)
        if not first <= at < first + room:
            self.scroll_to(x=(at if at < first else at - room + 1) * self._cell, animate=False, immediate=True)
        height = self.scrollable_content_region.height - HEADER
        top = self.scroll_offset.y
        if not top <= self.row < top + height:
            self.scroll_to(
                y=max(self.row - 1, 0) if self.row < top else self.row - height + 1, animate=False, immediate=True
            )
        self.refresh()
        self.post_message(self.Moved())
