"""The card of one test."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from ...diagnose.conclusions import NOTHING, Conclusions
from ...model import Run, Test
from ..keys import CARD
from ..widgets.run_text import run_card, troubled
from .text import card, title
from .trials import trials_lines

if TYPE_CHECKING:
    from ..app import IsolationApp


class TestCard(VerticalScroll, can_focus=True):
    """Shows one test, or the state of the run while none is selected. Scrolls to the top when the test changes."""

    __test__ = False
    PATIENCE = 0.5
    """Seconds between two updates while the run goes on."""
    BINDINGS: ClassVar[list[BindingType]] = [*CARD]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, classes="panel")
        self.run: Run | None = None
        self.test: Test | None = None
        self._shown: tuple[object, ...] = ()
        self._found = NOTHING
        self._painted_at = float("-inf")
        self._content = Content("")

    def compose(self) -> ComposeResult:
        yield Static("", markup=False)

    def show(self, run: Run | None, test: Test | None, *, caption: str = "") -> None:
        """Show the test as it is now. ``caption`` explains why this test, if the user did not select it."""
        if test is not self.test:
            self.scroll_home(animate=False)
        self.run, self.test = run, test
        app = cast("IsolationApp", self.app)
        width = max(self.scrollable_content_region.width, 20)
        about_run = test is None or run is None or (bool(caption) and troubled(run))
        now = monotonic()
        found = app.conclusions.of(run)
        same = self._shown[:3] == (id(run), id(test), width) and found is self._found
        if same and run is not None and not run.finished and now - self._painted_at < self.PATIENCE:
            return
        trials = trials_lines(app.trials, run, test)
        seen = (
            id(run),
            id(test),
            width,
            tuple(line.plain for line in trials),
            _state(run, None if about_run else test, found),
        )
        if seen == self._shown or not self.is_mounted:
            return
        self._shown, self._found, self._painted_at = seen, found, now
        if about_run or run is None or test is None:
            self._update(run_card(run, app.glyphs, can_run=app.workbench.can_run))
            self.border_title = self.border_subtitle = ""
        else:
            self._update(card(run, test, app.glyphs, width, found, trials))
            self._entitle(test, caption)

    def _update(self, content: Content) -> None:
        # Each update lays out the whole screen (Textual 8.2.8): skip those without a change.
        if content != self._content:
            self._content = content
            self.query_one(Static).update(content)

    def _entitle(self, test: Test, caption: str) -> None:
        # A title assigned as str is parsed as markup; as Content it is not.
        self.border_title = title(test)
        self.border_subtitle = caption

    def on_resize(self, event: events.Resize) -> None:
        self._shown = ()
        self.show(self.run, self.test)


def _state(run: Run | None, test: Test | None, found: Conclusions) -> tuple[object, ...]:
    """All that the card depends on."""
    if test is None:
        return (run.revision if run is not None else 0,)
    shared = sum(len(life.users) for life in test.lives)
    causes = tuple((finding.kind, finding.title, len(finding.tests)) for finding in found.of(test))
    counts = (len(test.phases), len(test.table_events), len(test.warnings), len(test.held_open), len(test.rows_left))
    ended = run is not None and run.finished and bool(found.unexplained)
    return (test.outcome, test.attempt, counts, shared, causes, found.reads_known, ended)
