"""The main screen: the timeline, the card of the test under the cursor, the filter and the verdict."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content

from ...model import Run, Test
from ...model.authors import authors_met
from ...model.filters import TestFilter
from ...model.queries import location, repeat_command
from ...text.sanitize import clean
from ..card.card import TestCard
from ..editor import open_source
from ..keys import MAIN
from ..widgets.filter_bar import FilterBar
from ..widgets.timeline import Timeline
from ..widgets.verdict import Verdict
from .pair import PairScreen, Side
from .view import View


class MainScreen(View):
    """Shows the timeline and one test's card. A narrow terminal shows the card alone after Enter (``-card``)."""

    AUTO_FOCUS: ClassVar[str | None] = "Timeline"
    BINDINGS: ClassVar[list[BindingType]] = [*MAIN]

    def __init__(self) -> None:
        super().__init__()
        self.test: Test | None = None
        """The test that the card shows."""
        self._first_failure: tuple[Run, Test] | None = None
        self._trail: list[Test] = []
        """The authors of what a test found, earliest first, then that test."""
        self._marked: Side | None = None
        """The card that the next one is compared with."""
        self._titles = ("", "")

    def compose_view(self) -> ComposeResult:
        with Horizontal(id="main"):
            with Vertical(id="timeline-panel", classes="panel"):
                yield Timeline(id="timeline")
            yield TestCard(id="card")
        yield FilterBar()
        yield Verdict(id="verdict")

    # -- showing -------------------------------------------------------------------------------------------------

    @property
    def timeline(self) -> Timeline:
        return self.query_one(Timeline)

    def tick(self, changed: bool) -> None:
        self.timeline.show(self.run_shown)
        self._show_card()
        self._entitle()
        self.query_one(Verdict).show(self.run_shown)

    def _show_card(self) -> None:
        run, timeline = self.run_shown, self.timeline
        caption = ""
        if timeline.cursor is not None:
            self.test = timeline.cursor
        else:
            self.test = self._first_failure_of(run) if run is not None else None
            caption = "first failure" if self.test is not None else ""
        self.query_one(TestCard).show(run, self.test, caption=caption)

    def _first_failure_of(self, run: Run) -> Test | None:
        """The failing test that ran first: it stays, so that the card does not flicker while tests run."""
        if self._first_failure is None or self._first_failure[0] is not run:
            self._first_failure = None
            for test in run.order if run.counts.bad else ():
                if test.outcome.bad:
                    self._first_failure = (run, test)
                    break
        return self._first_failure[1] if self._first_failure is not None else None

    def _entitle(self) -> None:
        panel = self.query_one("#timeline-panel")
        timeline, run = self.timeline, self.run_shown
        wanted = self.query_one(FilterBar).wanted
        if wanted and timeline.index is not None and run is not None:
            self.query_one(FilterBar).show_found(timeline.index.shown, len(run.tests))
        axis = "by time" if timeline.by_time else "by test"
        title = f"Timeline, {axis}" + (f", zoom {timeline.zoom}" if timeline.zoom else "")
        hint = ""
        if run is not None and not run.finished and run.order:
            hint = "following the newest test" if timeline.following else "End follows the newest test"
        elif run is not None and run.finished and run.counts.bad:
            hint = "n next failure"
        if self._marked is not None and self._marked.run is run:
            hint = f"= compare with {clean(self._marked.title)}"
        if (title, hint) != self._titles:  # each assignment repaints
            self._titles = (title, hint)
            panel.border_title, panel.border_subtitle = title, Content(hint)

    def show_test(self, test: Test) -> None:
        """Put the cursor on the test: the way back from other views. A filter that hides it is cleared."""
        self.remove_class("-card")
        self._go_to(test)
        self.timeline.focus()

    def _go_to(self, test: Test) -> None:
        if self.timeline.index is not None and self.timeline.index.section(test) is None:
            self.query_one(FilterBar).action_clear()
            self.timeline.narrow(None)
        self.timeline.go_to(test)

    def narrow(self, text: str) -> None:
        """Filter by this text, as if it was typed."""
        self.query_one(FilterBar).set_text(text)
        self.timeline.focus()

    @on(Timeline.Moved)
    def _moved(self, event: Timeline.Moved) -> None:
        self._show_card()
        self._entitle()

    @on(Timeline.Opened)
    def _opened(self, event: Timeline.Opened) -> None:
        self.add_class("-card")
        self.call_after_refresh(self.query_one(TestCard).focus)  # a hidden widget takes no focus

    # -- the filter ----------------------------------------------------------------------------------------------

    def action_filter(self) -> None:
        self.query_one(FilterBar).open()

    @on(FilterBar.Changed)
    def _filter_changed(self, event: FilterBar.Changed) -> None:
        wanted: TestFilter = event.wanted
        self.timeline.narrow(wanted.matches if wanted.checks else None)
        self._show_card()
        self._entitle()

    @on(FilterBar.Left)
    def _filter_left(self, event: FilterBar.Left) -> None:
        self.timeline.focus()

    def action_escape(self) -> None:
        """From the card to the timeline; there, clear the filter."""
        bar = self.query_one(FilterBar)
        if self.query_one(TestCard).has_focus:
            self.remove_class("-card")
            self.call_after_refresh(self.timeline.focus)
        elif bar.wanted or bar.has_class("-active"):
            bar.action_clear()

    # -- actions ---------------------------------------------------------------------------------------------------

    def action_next_failure(self, step: int) -> None:
        if not self.timeline.next_failure(step):
            self.isolation.notice("No test has failed.")

    def action_axis(self) -> None:
        self.timeline.turn_axis()
        self._entitle()

    def action_zoom(self, step: int) -> None:
        self.timeline.change_zoom(step)
        self._entitle()

    def action_rerun_selected(self) -> None:
        index = self.timeline.index
        if self.query_one(FilterBar).wanted and index is not None and index.shown:
            self.isolation.start([test.nodeid for test in index.whole.columns])
        elif self.test is not None:
            self.isolation.start([self.test.nodeid])
        else:
            self.isolation.notice("Put the cursor on a test first.")

    def action_verify(self) -> None:
        """Prove by trials why the test under the cursor ended as it did."""
        if self.test is not None:
            self.isolation.verify([self.test.nodeid])
        else:
            self.isolation.notice("Put the cursor on a test first.")

    def action_copy(self) -> None:
        if self.test is None:
            self.isolation.notice("Put the cursor on a test first.")
            return
        self.app.copy_to_clipboard(repeat_command(self.test))
        self.isolation.notice("Copied the command that runs this test.")

    def action_edit(self) -> None:
        run, test = self.run_shown, self.test
        if run is None or test is None:
            self.isolation.notice("Put the cursor on a test first.")
            return
        open_source(self, run, location(run, test))

    def action_cause(self) -> None:
        """Go to the finding that explains the test."""
        found = self.isolation.conclusions.of(self.run_shown).of(self.test) if self.test is not None else ()
        if found:
            self.isolation.show_finding(found[0])
        else:
            self.isolation.notice("No finding explains this test." if self.test else "Put the cursor on a test first.")

    def action_author(self, step: int) -> None:
        """Step through the authors of what the test found: to earlier ones, then back to the test."""
        run, test = self.run_shown, self.test
        if run is None or test is None:
            self.isolation.notice("Put the cursor on a test first.")
            return
        at = next((place for place, other in enumerate(self._trail) if other is test), -1)
        if at < 0 or (at == 0 and step < 0):
            self._trail = [*authors_met(run, test), test]
            at = len(self._trail) - 1
        if 0 <= at + step < len(self._trail):
            self._go_to(self._trail[at + step])
        else:
            self.isolation.notice("This test found no leftovers of another test." if step < 0 else "No later author.")

    def action_beside(self) -> None:
        """Mark the test; if another is marked, show both cards side by side."""
        run, test, marked = self.run_shown, self.test, self._marked
        if run is None or test is None:
            self.isolation.notice("Put the cursor on a test first.")
        elif marked is None or marked.run is not run:
            self._marked = Side(test.name, run, test)
            self.isolation.notice(f"Marked {test.name}. Press = on another test to compare the two cards.")
        elif marked.test is test:
            self._marked = None
            self.isolation.notice("Mark removed.")
        else:
            self._marked = None
            self.app.push_screen(PairScreen("Two tests", "of one run", marked, Side(test.name, run, test)))
