"""The metadata matrix: tables by tests, for the models and for the database."""

from __future__ import annotations

import time
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from ...model import Run, TableEventKind, Test
from ...model.matrix import Layer, Matrix
from ...text.measure import keep_end
from ...text.sanitize import clean
from ..glyphs import TABLE_STYLES
from ..theme import MUTED
from ..widgets.empty_state import EmptyState
from ..widgets.legend import Legend
from ..widgets.matrix_grid import MatrixGrid
from ..widgets.matrix_words import cell_story
from .main import MainScreen
from .view import View

FACTS_PER_UPDATE = 10_000
"""Facts folded per update: a long run takes several, so that keys respond."""

PATIENCE = 0.2
"""Seconds between two updates while the run goes on."""


class MetadataScreen(View):
    """Tables by tests. A row's total shows whether a table is registered once and shared, or again by each test."""

    DEFAULT_CSS = """
    MetadataScreen {
        #cell {
            height: 6; padding: 0 1; border-top: solid $border-blurred; text-wrap: nowrap; text-overflow: ellipsis;
        }
        #body, #cell { display: none; }
        &.-some #body, &.-some #cell { display: block; }
        &.-some #nothing { display: none; }
    }
    MetadataScreen.-flat #cell { height: 5; }
    """

    AUTO_FOCUS: ClassVar[str | None] = "MatrixGrid"

    def __init__(self) -> None:
        super().__init__()
        self._matrix: Matrix | None = None
        self._file: str | None = None
        """The file to show; None for all."""
        self._looked = 0.0
        self._came_from: Test | None = None
        """The main screen's cursor that this view followed last."""

    def compose_view(self) -> ComposeResult:
        yield Legend()
        with Vertical(id="body"):
            yield MatrixGrid(glyphs=self.glyphs)
        yield Static("", id="cell", markup=False)
        yield EmptyState()

    def on_mount(self) -> None:
        self.query_one(EmptyState).show(
            "No table yet.",
            "Tables appear here when models are defined, and when CREATE or DROP TABLE reaches a database.",
            "This needs a suite that uses SQLAlchemy. r runs the suite.",
        )

    def on_screen_resume(self) -> None:
        """Start at the main screen's cursor, if the user moved it."""
        super().on_screen_resume()
        main = self.app.get_screen_stack(self.isolation.DEFAULT_MODE)
        timeline = main[0].timeline if main and isinstance(main[0], MainScreen) else None
        matrix, run = self._matrix, self.run_shown
        if timeline is None or timeline.following or matrix is None or run is None:
            return
        wanted = timeline.cursor
        if wanted is None or wanted is self._came_from or run.tests.get(wanted.nodeid) is not wanted:
            return
        self._came_from = wanted
        if matrix.file not in (None, wanted.file):
            self._show(run, wanted.file)
        self.query_one(MatrixGrid).select(wanted)

    def tick(self, changed: bool) -> None:
        # Facts that arrived within PATIENCE of the last update are shown now.
        behind = self._matrix is not None and self.run_shown is not None and self._behind(self.run_shown)
        super().tick(changed or behind)

    def _behind(self, run: Run) -> bool:
        matrix = self._matrix
        return matrix is not None and (matrix.run is not run or self._seen != run.revision or matrix.behind)

    _seen = -1

    def show_run(self) -> None:
        run = self.run_shown
        now = time.monotonic()
        if run is None:
            self.remove_class("-some")
            return
        if self._matrix is not None and self._matrix.run is run and not run.finished and now - self._looked < PATIENCE:
            return
        self._looked, self._seen = now, run.revision
        if self._matrix is None or self._matrix.run is not run:
            file = _first_file(run) if self._matrix is None and run.finished else self._file
            self._show(run, file)
            return
        self._refresh_matrix()

    def _show(self, run: Run, file: str | None) -> None:
        self._file = file
        # For a file that this run does not have, show all files.
        known = file is None or any(test.file == file for test in run.tests.values())
        self._matrix = Matrix(run, file if known else None)
        self._refresh_matrix()
        refused = next((event for event in run.table_events if event.kind is TableEventKind.REFUSED), None)
        grid = self.query_one(MatrixGrid)
        if refused is not None and grid.moved is False and run.finished and refused.unit.nodeid in run.tests:
            grid.select(run.tests[refused.unit.nodeid], Layer.METADATA, refused.table)

    def _refresh_matrix(self) -> None:
        assert self._matrix is not None
        changed = self._matrix.update(FACTS_PER_UPDATE)
        some = any(self._matrix.tables.values())
        self.set_class(some, "-some")
        grid = self.query_one(MatrixGrid)
        if some and (changed or grid.matrix is not self._matrix):
            grid.show(self._matrix)
        self._describe()

    def _describe(self) -> None:
        grid, signs = self.query_one(MatrixGrid), self.glyphs
        kinds = TableEventKind
        scope = "all files" if self._matrix is None or self._matrix.file is None else clean(self._matrix.file)
        self.query_one(Legend).show(
            "Metadata" + (f"  {keep_end(scope, 40)}" if self.app.size.width >= 130 else ""),
            (signs.kept, MUTED, "kept"),
            (signs.registered, TABLE_STYLES[kinds.REGISTERED], "new"),
            (signs.refused, TABLE_STYLES[kinds.REFUSED], "refused"),
            (signs.cleared, TABLE_STYLES[kinds.CLEARED], "cleared"),
            (signs.created, TABLE_STYLES[kinds.CREATED], "created"),
            (signs.dropped, TABLE_STYLES[kinds.DROPPED], "dropped"),
            (signs.recreated, TABLE_STYLES[kinds.CREATED], "both"),
            *((("", "", "still counting"),) if self._matrix is not None and self._matrix.behind else ()),
        )
        row, test = grid.target, grid.test
        if self._matrix is None or row is None or test is None:
            self.query_one("#cell", Static).update("No test has started.")
            return
        story = cell_story(self._matrix, row.layer, row.table, test, signs, self.app.size.width)
        height = 4 if self.app.size.height < 30 else 5
        if len(story) > height:
            hidden = len(story) - height + 1
            story = [*story[: height - 2], Content.styled(f"… {hidden} more", MUTED), story[-1]]
        self.query_one("#cell", Static).update(Content("\n").join(story))

    @on(MatrixGrid.Moved)
    def _moved(self) -> None:
        self._describe()

    @on(MatrixGrid.Scope)
    def _scope(self) -> None:
        grid, run = self.query_one(MatrixGrid), self.run_shown
        if run is not None and self._matrix is not None:
            file = None if self._matrix.file is not None else grid.test.file if grid.test else None
            self._show(run, file)
            self._describe()

    @on(MatrixGrid.Jump)
    def _jump(self, event: MatrixGrid.Jump) -> None:
        self.isolation.show_test(event.test)


def _first_file(run: Run) -> str | None:
    """The file of the first refused table; None if no table was refused."""
    refused = (run.tests.get(event.unit.nodeid) for event in run.table_events if event.kind is TableEventKind.REFUSED)
    return next((test.file for test in refused if test is not None), None)
