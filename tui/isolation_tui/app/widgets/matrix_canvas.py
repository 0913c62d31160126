"""Draws the matrix: a row per table, a column per test. Only the visible cells are drawn."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ...model import Run, Test
from ...model.matrix import Layer, Mark, Matrix, columns
from ...text.measure import keep_end, keep_start, pad
from ...text.sanitize import clean
from ..glyphs import UNICODE, Glyphs
from .matrix_cells import MARK_CLASSES, OUTCOME_CLASSES, Section, TableRow, mark_glyph
from .matrix_words import section_words, short_words

HEADER = 2
"""Lines above the rows: the files, and the outcome of each test."""


class MatrixCanvas(ScrollView):
    """Lays the matrix out and draws it, see :meth:`show`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "matrix--kept",
        "matrix--new",
        "matrix--refused",
        "matrix--cleared",
        "matrix--created",
        "matrix--dropped",
        "matrix--passed",
        "matrix--label",
        "matrix--section",
        "matrix--total",
        "matrix--file",
        "matrix--file-odd",
        "matrix--line",
        "matrix--cursor",
    }

    DEFAULT_CSS = """
    MatrixCanvas {
        height: 1fr; overflow-x: auto; overflow-y: auto; scrollbar-size-horizontal: 1; scrollbar-size-vertical: 1;
        .matrix--kept { color: $text-muted; }
        .matrix--new { color: $text-accent; }
        .matrix--refused { color: $text-error; text-style: bold; }
        .matrix--cleared { color: $text-warning; }
        .matrix--created { color: $text-primary; }
        .matrix--dropped { color: $text-secondary; }
        .matrix--passed { color: $text-success; }
        .matrix--label { color: $foreground; }
        .matrix--section { color: $text-primary; text-style: bold; }
        .matrix--total { color: $text-muted; }
        .matrix--file { color: $foreground; background: $panel; }
        .matrix--file-odd { color: $text-muted; }
        .matrix--line { background: $boost; }
        .matrix--cursor { background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold; }
        &:nocolor .matrix--cursor { text-style: bold reverse; }
    }
    """

    def __init__(self, *, id: str | None = None, glyphs: Glyphs = UNICODE) -> None:
        super().__init__(id=id)
        self.glyphs = glyphs
        self.matrix: Matrix | None = None
        self.follow = True
        self.rows: list[Section | TableRow] = []
        self.columns: list[Test | None] = []
        """The test of each column; None between two files."""
        self.groups: list[tuple[str, int, int]] = []
        """(file, first column, number of columns) of each file."""
        self.row = 0
        self.test: Test | None = None
        self._at: dict[str, int] = {}
        self._marks: LRUCache[str, tuple[int, list[Mark | None]]] = LRUCache(4096)
        self._signs: dict[Mark | None, str] = {None: " "}
        self._styles: dict[tuple[str, bool], Style] = {}
        self._cell = 1
        self._label = 14
        self._total = 0

    # -- content -----------------------------------------------------------------------------------------------

    @property
    def run(self) -> Run | None:
        return self.matrix.run if self.matrix is not None else None

    @property
    def target(self) -> TableRow | None:
        """The table row under the cursor; None if there is none."""
        row = self.rows[self.row] if 0 <= self.row < len(self.rows) else None
        return row if isinstance(row, TableRow) else None

    def show(self, matrix: Matrix) -> None:
        """Show the matrix as it is now.

        If it is of another run, the cursor stays on the same table and test if that run has them.
        """
        if matrix is not self.matrix:
            if self.matrix is None or matrix.run is not self.matrix.run:
                self.test = matrix.run.tests.get(self.test.nodeid) if self.test is not None else None
                self.follow = self.test is None and not matrix.run.finished
            self.matrix = matrix
            self._marks.clear()
        self._lay_out()

    def _lay_out(self) -> None:
        matrix = self.matrix
        if matrix is None:
            return
        here = self.target
        self.rows = []
        for layer in Layer:
            if matrix.tables[layer]:
                self.rows.append(Section(layer))
                self.rows.extend(TableRow(layer, table) for table in sorted(matrix.tables[layer]))
        self.columns, self.groups, self._at = [], [], {}
        for file, tests in columns(matrix.run, matrix.file):
            if self.columns:
                self.columns.append(None)
            self.groups.append((file, len(self.columns), len(tests)))
            for test in tests:
                self._at[test.nodeid] = len(self.columns)
                self.columns.append(test)
        self._measure()
        if here is not None and here in self.rows:
            self.row = self.rows.index(here)
        elif self.target is None and len(self.rows) > 1:
            self.row = 1
        if self.columns and (self.follow or self.test is None or self.test.nodeid not in self._at):
            if self.follow:
                self.test = self.columns[-1]
                self.scroll_to(x=self.max_scroll_x, animate=False, immediate=True)
            else:
                self.test = self.columns[0] if self.test is None else self._nearest(self.test)
        self.refresh()

    def _nearest(self, test: Test) -> Test | None:
        return next((held for held in self.columns if held is not None and held.index >= test.index), self.columns[-1])

    def _measure(self) -> None:
        """Divide the width between labels, cells and totals."""
        width = self.scrollable_content_region.width or self.size.width
        longest = max((len(row.table) for row in self.rows if isinstance(row, TableRow)), default=8)
        self._label = min(longest + 3, 22 if width >= 110 else 14)
        run = self.run
        if run is None or self.matrix is None:
            return
        # Count the columns to come, so that cells do not become narrower during the run.
        scope = sum(1 for test in run.tests.values() if self.matrix.file in (None, test.file))
        expected = max(scope, len(self.columns)) + len(self.groups)
        wide = 56 if width >= 150 else 46 if width >= 120 else 20
        self._cell = 2 if expected * 2 <= width - self._label - wide else 1
        self._total = min(max(width - self._label - expected * self._cell - 1, wide), 60)
        self._signs = {mark: mark_glyph(self.glyphs, mark).ljust(self._cell) for mark in (None, *Mark)}
        needed = self._label + len(self.columns) * self._cell + self._total
        self.virtual_size = Size(needed, len(self.rows) + HEADER)

    @property
    def _room(self) -> int:
        width = self.scrollable_content_region.width or self.size.width
        return max(width - self._label - self._total, 1)

    def on_resize(self) -> None:
        self._lay_out()

    # -- drawing -----------------------------------------------------------------------------------------------

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles.clear()
        self.refresh()

    def _style(self, name: str, line: bool = False) -> Style:
        """A component's style; ``line`` adds the background of the cursor's line."""
        style = self._styles.get((name, line))
        if style is None:
            style = self.get_component_rich_style(name) if name else self.rich_style
            if line:
                style = style + Style(bgcolor=self.get_component_rich_style("matrix--line").bgcolor)
            self._styles[name, line] = style
        return style

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        base = self.rich_style
        if y < HEADER:
            segments = self._file_line(base) if y == 0 else self._outcome_line(base)
            return Strip(segments).adjust_cell_length(width, base)
        index = y - HEADER + self.scroll_offset.y
        if index >= len(self.rows):
            return Strip.blank(width, base)
        row = self.rows[index]
        if isinstance(row, Section):
            assert self.matrix is not None
            title = f"{row.layer.value}: {section_words(self.matrix, row.layer)}"
            style = self.get_component_rich_style("matrix--section")
            return Strip([Segment(keep_start(title, width, self.glyphs.ellipsis), style)]).adjust_cell_length(
                width, base
            )
        return Strip(self._table_line(index, row)).adjust_cell_length(width, base)

    def _visible(self) -> tuple[int, list[Test | None]]:
        first = round(self.scroll_offset.x / self._cell)
        return first, self.columns[first : first + self._room // self._cell]

    def _file_line(self, base: Style) -> list[Segment]:
        first, shown = self._visible()
        even, odd = self.get_component_rich_style("matrix--file"), self.get_component_rich_style("matrix--file-odd")
        segments = [Segment(" " * self._label, base)]
        end = first + len(shown)
        for number, (file, start, count) in enumerate(self.groups):
            left, right = max(start, first), min(start + count, end)
            if left >= right:
                if left >= end:
                    break
                continue
            if left == start and left > first:
                segments.append(Segment(" " * self._cell, base))
            name = pad(
                keep_end(clean(file), (right - left) * self._cell, self.glyphs.ellipsis), (right - left) * self._cell
            )
            segments.append(Segment(name, odd if number % 2 else even))
        return segments

    def _outcome_line(self, base: Style) -> list[Segment]:
        _, shown = self._visible()
        segments = [Segment(pad("tests", self._label), self.get_component_rich_style("matrix--total"))]
        kept = self.get_component_rich_style("matrix--kept")
        cursor = self.get_component_rich_style("matrix--cursor")
        for test in shown:
            if test is None:
                segments.append(Segment(" " * self._cell, base))
                continue
            name = OUTCOME_CLASSES.get(test.outcome)
            style = cursor if test is self.test else self.get_component_rich_style(name) if name else kept
            segments.append(Segment(self.glyphs.outcome(test.outcome).ljust(self._cell), style))
        return segments

    def _table_line(self, index: int, row: TableRow) -> list[Segment]:
        matrix = self.matrix
        assert matrix is not None
        _, shown = self._visible()
        here = index == self.row
        pointer = self.glyphs.folded if here else " "
        name = pad(pointer + keep_end(clean(row.table), self._label - 2, self.glyphs.ellipsis), self._label)
        segments = [Segment(name, self._style("matrix--label", here))]
        # Neighbours of one kind make one segment.
        text, last = "", ""
        for test in shown:
            mark = self._mark(test, index, row) if test is not None else None
            kind = "matrix--cursor" if here and test is self.test else MARK_CLASSES[mark] if mark else ""
            if kind != last and text:
                segments.append(Segment(text, self._style(last, here and last != "matrix--cursor")))
                text = ""
            text, last = text + self._signs[mark], kind
        segments.append(Segment(text, self._style(last, here and last != "matrix--cursor")))
        # The totals follow the cells, after a gap if there is room.
        gap = min(max(self._room - len(shown) * self._cell, 0), 2)
        totals = matrix.totals(row.layer, row.table)
        words = totals.words() if self._total >= 46 else short_words(totals, self.glyphs)
        words = keep_start(" " * gap + " " + words, self._total + gap, self.glyphs.ellipsis)
        segments.append(Segment(words, self._style("matrix--refused" if totals.refused else "matrix--total", here)))
        return segments

    def _mark(self, test: Test, index: int, row: TableRow) -> Mark | None:
        matrix = self.matrix
        assert matrix is not None
        if not test.outcome.ended:
            return matrix.cell(row.layer, row.table, test)
        cached = self._marks.get(test.nodeid)
        if cached is None or cached[0] != len(self.rows):
            marks = [
                matrix.cell(other.layer, other.table, test) if isinstance(other, TableRow) else None
                for other in self.rows
            ]
            cached = self._marks[test.nodeid] = (len(self.rows), marks)
        return cached[1][index]
