"""The timeline: tests in run order, the lifetimes of fixtures, and table events."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message

from ...model import Run, Test
from ..keys import TIMELINE
from ..timeline.axis import axis_for, next_zoom
from ..timeline.index import TimelineIndex
from ..timeline.layout import Kind, Layout, Line
from ..timeline.sections import Section
from .timeline_canvas import TimelineCanvas


class Timeline(TimelineCanvas, can_focus=True):
    """Follows the newest test until the user moves the cursor; then the cursor keeps its place."""

    BINDINGS: ClassVar[list[BindingType]] = [*TIMELINE]
    PATIENCE = 1.0
    """Seconds between two updates of a large suite on the time axis, which draws every test of a file."""
    LOOK, GROW = 0.2, 0.5
    """Seconds between two layouts of the lines; after one that changed them, which repaints everything (Textual
    8.2.8), ``GROW`` seconds."""

    class Moved(Message):
        """The cursor is on another test, or the newest test is followed again."""

        def __init__(self, test: Test | None, following: bool) -> None:
            super().__init__()
            self.test = test
            self.following = following

    class Opened(Message):
        """The user asks for the test's card."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.matches: Callable[[Test], bool] | None = None
        self.following = True
        self._look_again = self._rebuilt_at = self._shown_at = float("-inf")
        self._revision = self._filtered = -1
        self._stale = False
        self._kept: set[str] = set()

    # -- the run -------------------------------------------------------------------------------------------------

    def show(self, run: Run | None) -> None:
        """Show the run as it is now. Another run than before is shown from its start, and followed."""
        if run is not self.run:
            if self.index is not None:
                # Files that were open stay open, to see whether they pass now.
                opened = self.index.sections.values()
                self._kept = {section.file for section in opened if section.open}
            self.run, self.index = run, None
            self.following, self.cursor, self.cursor_line = True, None, None
            self.scroll_to(0, 0, animate=False)
        if run is None:
            return
        now = monotonic()
        if self.index is None or (self.matches is not None and self._filters_late(run, now)):
            self._rebuild(run, now)
        elif self._too_soon(run, now) or not (self._update_index(run) or self._stale):
            return
        self._revision, self._shown_at, self._stale = run.revision, now, True
        if run.finished or now >= self._look_again or not self.picture.lines:
            self._stale = False
            self._look_again = now + (self.GROW if self._lay_out() else self.LOOK)
        if self.following:
            self._follow(run)
        self.repaint()

    def _update_index(self, run: Run) -> bool:
        """Whether anything has happened since the last update."""
        return self.index is not None and run.revision != self._revision and self.index.update()

    def _too_soon(self, run: Run, now: float) -> bool:
        large = self.by_time and not run.finished and len(run.tests) > 2000
        return large and now - self._shown_at < self.PATIENCE

    def _filters_late(self, run: Run, now: float) -> bool:
        """Whether it is time to apply the filter again, which looks at every test."""
        patience = 0.25 if len(run.tests) < 2000 else 1.0
        return run.revision != self._filtered and now - self._rebuilt_at >= patience

    def _rebuild(self, run: Run, now: float) -> None:
        old = self.index
        self.index = TimelineIndex(run, self.matches)
        self._rebuilt_at, self._filtered = now, run.revision
        if old is not None:
            for file, section in self.index.sections.items():
                if file in old.sections:
                    section.choice, section.first = old.sections[file].choice, old.sections[file].first
                    section.open = old.sections[file].open
            self.index.whole.choice = old.whole.choice
        self.picture = Layout(self.index, self._kept)
        self.forget_strips()
        self._look_again = now

    def _lay_out(self) -> bool:
        """Lay the lines out again, keeping the cursor's line in place; return whether they changed."""
        line, offset = self.cursor_line, 0
        if line is not None and (old := self.picture.find(line)) is not None:
            offset = old - self.scroll_offset.y
        self.picture.by_time = self.by_time
        if not self.picture.update() and self.virtual_size.height == len(self.picture.lines):
            return False
        self.virtual_size = Size(self.scrollable_content_region.width, len(self.picture.lines))
        if line is not None and not self.following and 0 <= offset < self.size.height:
            new = self.picture.find(line)
            if new is not None:
                self.scroll_to(y=max(new - offset, 0), animate=False, force=True)
        return True

    def narrow(self, matches: Callable[[Test], bool] | None) -> None:
        """Show only the tests that match; None shows all."""
        self.matches = matches
        if self.run is not None:
            self._rebuild(self.run, monotonic())
            self._lay_out()
            if self.cursor is not None and self.index is not None and self.index.section(self.cursor) is None:
                self._to_first_failure()
            self.refresh()

    def _follow(self, run: Run) -> None:
        if run.finished:
            self.following = False
            self._to_first_failure()
            self.post_message(self.Moved(self.cursor, False))
        elif run.order and self.index is not None:
            section = self.index.section(run.order[-1])
            if section is not None:
                self._reveal(self.picture.last_line(section))

    def _to_first_failure(self) -> None:
        failures = self.picture.failures()
        first = failures[0] if failures else None
        if first is None and self.index is not None and self.index.whole.columns:
            first = self.index.whole.columns[0]
        if first is None:
            self.cursor = self.cursor_line = None
        else:
            self.go_to(first, quietly=True)

    # -- moving --------------------------------------------------------------------------------------------------

    def go_to(self, test: Test, *, quietly: bool = False) -> None:
        """Put the cursor on the test and scroll to it."""
        section = self.index.section(test) if self.index is not None else None
        if section is None:
            return
        if test.outcome.bad and not section.open:
            section.choice = True
            self._lay_out()
        number = self.picture.tests_line(section)
        self.cursor, self.cursor_line = test, self.picture.lines[number]
        self._reveal(self.picture.last_line(section), self.picture.head(section), number)
        self._moved(quietly)

    def _moved(self, quietly: bool = False) -> None:
        self.repaint()
        if not quietly:
            self.following = False
            self.post_message(self.Moved(self.cursor, False))

    def _reveal(self, *numbers: int) -> None:
        """Scroll as little as needed to show these lines; the last has priority."""
        height = max(self.scrollable_content_region.height, 1)
        top = self.scroll_offset.y
        for number in numbers:
            top = min(max(top, number - height + 1), number)
        top = max(min(top, len(self.picture.lines) - height), 0)
        if top != self.scroll_offset.y:
            self.scroll_to(y=top, animate=False, force=True)

    def _cursor_number(self) -> int:
        """The number of the line under the cursor; without a cursor, a visible one."""
        number = self.picture.find(self.cursor_line) if self.cursor_line is not None else None
        if number is None:
            number = min(self.scroll_offset.y, max(len(self.picture.lines) - 1, 0))
            if self.run is not None and self.run.order and self.index is not None:
                section = self.index.section(self.run.order[-1])
                number = self.picture.tests_line(section) if section else number
                self.cursor = self.run.order[-1] if section else self.cursor
        return number

    def action_cursor(self, step: int) -> None:
        if not self.picture.lines:
            return
        line = self.picture.lines[self._cursor_number()]
        section = line.section
        if self.cursor is None or self.cursor not in section.column_of:
            self._go_to_column(section, 0)
        else:
            self._go_to_column(section, section.column_of[self.cursor] + step)
        if self.cursor_line is None:
            self.cursor_line = line
        self._moved()

    def _go_to_column(self, section: Section, column: int) -> None:
        self.cursor = section.columns[min(max(column, 0), len(section.columns) - 1)]

    def action_line(self, step: int) -> None:
        if self.picture.lines:
            self._to_line(self._cursor_number() + step, 1 if step > 0 else -1)

    def action_page(self, step: int) -> None:
        if self.picture.lines:
            self._to_line(self._cursor_number() + step * max(self.size.height - 2, 1), 1 if step > 0 else -1)

    def action_first(self) -> None:
        if self.picture.lines:
            self._to_line(0, 1)
            self.scroll_to(y=0, animate=False, force=True)

    def action_follow(self) -> None:
        if self.run is not None and not self.run.finished:
            self.following, self.cursor, self.cursor_line = True, None, None
            self._follow(self.run)
            self.refresh()
            self.post_message(self.Moved(None, True))
        elif self.picture.lines:
            self._to_line(len(self.picture.lines) - 1, -1)

    def _to_line(self, number: int, step: int) -> None:
        lines = self.picture.lines
        number = min(max(number, 0), len(lines) - 1)
        while lines[number].kind in (Kind.GAP, Kind.RULER) and 0 <= number + step < len(lines):
            number += step
        self.cursor_line = lines[number]
        section = lines[number].section
        if self.cursor is None or self.cursor not in section.column_of:
            self.cursor = section.first_bad() or section.columns[0]
        self._reveal(number)
        self._moved()

    def action_open(self) -> None:
        """Fold or unfold the file whose head is under the cursor, else open the card.

        Sets no cursor: without one the card shows the first failure, not the newest test.
        """
        head = self.cursor_line if self.cursor_line is not None and self.cursor_line.kind is Kind.HEAD else None
        if head is not None and self.picture.find(head) is not None:
            self.fold(head.section)
        elif self.picture.lines:
            self.post_message(self.Opened())

    def action_fold(self) -> None:
        if self.picture.lines:
            self.fold(self.picture.lines[self._cursor_number()].section)

    def fold(self, section: Section) -> None:
        """Fold or unfold the file; from now on its state is the user's choice."""
        section.choice = not section.open
        head = Line(section, Kind.HEAD)
        self.cursor_line = head
        if self.cursor is None or self.cursor not in section.column_of:
            self.cursor = section.first_bad() or section.columns[0]
        self._lay_out()
        number = self.picture.head(section)
        self._reveal(self.picture.last_line(section), number)
        self._moved()

    def next_failure(self, step: int) -> bool:
        """Go to the failing test after (1) or before (-1) the cursor, cyclically; return whether there is one."""
        test = self.picture.next_failure(self.cursor, step)
        if test is not None:
            self.go_to(test)
        return test is not None

    # -- appearance ---------------------------------------------------------------------------------------------------

    def turn_axis(self) -> None:
        """Switch between one column per test and the time axis."""
        self.by_time = not self.by_time
        self.forget_strips()
        self._lay_out()
        self.refresh()

    def change_zoom(self, step: int) -> None:
        """Make the columns wider (1) or narrower (-1)."""
        if self.by_time:
            self.zoom = min(max((self.zoom or 1) * 2 if step > 0 else self.zoom // 2, 0), 64)
            self.zoom = 0 if self.zoom <= 1 else self.zoom
        else:
            section = self._section_here()
            shown = 0
            if section is not None and self.index is not None:
                look = self.look()
                cells = look.width - look.left(self.index) - look.right - 1
                axis = axis_for(section, cells, 0, None, self.index.largest)
                shown = 0 if axis.dense else axis.width
            self.zoom = next_zoom(self.zoom, shown, step)
        self.forget_strips()
        self.refresh()

    def _section_here(self) -> Section | None:
        if self.cursor is not None and self.index is not None:
            return self.index.section(self.cursor)
        return next((line.section for line in self.picture.lines if line.section.open), None)

    def empty_words(self) -> str:
        return "Nothing matches the filter." if self.matches else super().empty_words()

    def on_resize(self, event: events.Resize) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, len(self.picture.lines))
        if self.cursor_line is not None and (number := self.picture.find(self.cursor_line)) is not None:
            section = self.cursor_line.section
            self._reveal(self.picture.last_line(section), self.picture.head(section), number)

    # -- the mouse -----------------------------------------------------------------------------------------------

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        number = offset.y + self.scroll_offset.y
        if number >= len(self.picture.lines) or self.index is None:
            return
        line = self.picture.lines[number]
        if line.kind is Kind.HEAD and (line.section.open or offset.x < self.look().left(self.index)):
            self.fold(line.section)
            return
        test = self.test_at(line, offset.x)
        if test is not None:
            self.cursor, self.cursor_line = test, line
            self._moved()

    def on_mouse_scroll_up(self) -> None:
        """Stop following when the user scrolls."""
        self._let_go()

    def on_mouse_scroll_down(self) -> None:
        self._let_go()

    def _let_go(self) -> None:
        if self.following and self.run is not None and not self.run.finished:
            self.following = False
            self.post_message(self.Moved(self.cursor, False))
