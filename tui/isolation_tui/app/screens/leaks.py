"""Leaks: what was left behind, by whom, where, and which tests read it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content

from pytest_isolation.events import Place

from ...diagnose.conclusions import NOTHING
from ...model import Leak, Run, Test
from ...model.authors import author_test
from ...text.sanitize import clean
from ...text.wording import number
from .. import keys
from ..editor import open_source
from ..theme import MUTED
from ..widgets.empty_state import EmptyState
from ..widgets.leak_lines import leak_key, leak_lines, opened_lines, reading, what_is_left
from ..widgets.legend import Legend
from ..widgets.line_list import Line, LineList
from .view import View


class LeaksScreen(View):
    """Leaks above, most harmful first; below, the readers of the one under the cursor."""

    DEFAULT_CSS = """
    LeaksScreen {
        #leaks { height: auto; max-height: 60%; scrollbar-gutter: auto; }
        #readers { height: 1fr; }
        #all-leaks { display: none; height: 1fr; }
        &.-some #all-leaks { display: block; }
        &.-some #nothing { display: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*keys.LEAKS]
    AUTO_FOCUS: ClassVar[str | None] = "#leaks"

    def __init__(self) -> None:
        super().__init__()
        self._conclusions = NOTHING
        self._state: tuple[object, ...] = ()

    def compose_view(self) -> ComposeResult:
        yield Legend()
        with Vertical(id="all-leaks"):
            yield LineList(id="leaks", classes="panel")
            yield LineList(id="readers", classes="panel")
        yield EmptyState()

    def show_run(self) -> None:
        run = self.run_shown
        conclusions = self.isolation.conclusions.of(run)
        state = (id(run), id(conclusions), run is not None and run.finished)
        if state == self._state and conclusions.leaks:
            return
        self._state, self._conclusions = state, conclusions
        found = conclusions.leaks
        self.set_class(bool(found), "-some")
        self._show_empty(run)
        self.query_one(Legend).show(
            "Leaks",
            ("", "", "left behind, most harmful first"),
            (self.glyphs.arrow, MUTED, "Enter goes to the test"),
        )
        leaks = self.query_one("#leaks", LineList)
        harmful = sum(not leak.benign for leak in found)
        leaks.border_title = f"{number(len(found), 'leak')}, {harmful} read by later tests"
        leaks.show(self._leak_lines)
        self._show_readers(top=False)

    def _show_empty(self, run: Run | None) -> None:
        nothing = self.query_one(EmptyState)
        about = (
            "Leaks are rows and process state that a test or fixture leaves behind. Each is listed with its readers."
        )
        if run is None:
            nothing.show("No run yet.", about, "r runs the suite.")
        elif not run.finished or not self.isolation.conclusions.is_up_to_date(run):
            nothing.show("No leak so far.", about)
        else:
            blind = [*run.limits, *(f"The {probe.probe} probe was disabled." for probe in run.disabled_probes)]
            nothing.show("No leak was observed.", about, *(clean(each) for each in blind[:3]))

    # -- lines -------------------------------------------------------------------------------------------------

    def _leak_lines(self, width: int) -> Sequence[Line]:
        run, found = self.run_shown, self._conclusions
        return leak_lines(found.leaks, run, width, self.glyphs, found.reads_known) if run is not None else ()

    @property
    def opened(self) -> Leak | None:
        """The leak under the cursor."""
        key = self.query_one("#leaks", LineList).key
        return next((leak for leak in self._conclusions.leaks if leak_key(leak) == key), None)

    def _show_readers(self, top: bool) -> None:
        run, leak, readers = self.run_shown, self.opened, self.query_one("#readers", LineList)
        readers.border_title = Content(what_is_left(run, leak) if run is not None and leak is not None else "")
        readers.show(self._reader_lines, top=top)

    def _reader_lines(self, width: int) -> Sequence[Line]:
        run, leak = self.run_shown, self.opened
        if run is None or leak is None:
            return ()
        return opened_lines(leak, run, self._author(run, leak), self._command(run, leak), width, self.glyphs)

    def _author(self, run: Run, leak: Leak) -> Test | None:
        """The test during which the leak was made that the first reader met."""
        reader = next(iter(leak.victims or leak.readers), None)
        return author_test(run, leak.author, leak.location, reader)

    def _command(self, run: Run, leak: Leak) -> str:
        """The command that runs author and victim (or else a reader); '' if one of them is not known."""
        author, reader = self._author(run, leak), next(iter(leak.victims or leak.readers), None)
        if author is None or reader is None:
            return ""
        return f"python -m pytest {shlex.quote(author.nodeid)} {shlex.quote(reader.nodeid)}"

    # -- actions -----------------------------------------------------------------------------------------------

    @on(LineList.Moved, "#leaks")
    def _leak_moved(self) -> None:
        self._show_readers(top=True)

    @on(LineList.Chosen, "#leaks")
    def _leak_chosen(self, event: LineList.Chosen) -> None:
        event.stop()
        self.query_one("#readers", LineList).focus()

    @on(LineList.Chosen, "#readers")
    def _reader_chosen(self, event: LineList.Chosen) -> None:
        run = self.run_shown
        test = run.tests.get(event.key[1]) if isinstance(event.key, tuple) and run is not None else None
        if test is not None:
            self.isolation.show_test(test)
        else:
            self.isolation.notice("This leak was made while no test was running.")

    def action_edit(self) -> None:
        """Open the reader's line if the cursor is on one, else the line that left it."""
        run, leak = self.run_shown, self.opened
        if run is None or leak is None:
            return
        readers = self.query_one("#readers", LineList)
        key = readers.key if readers.has_focus else None
        test = run.tests.get(key[1]) if isinstance(key, tuple) and key[0] == "reader" else None
        place = leak.place
        if test is not None:
            place = reading(test, leak) or Place("", test.file, test.line)
        open_source(self, run, place)

    def action_copy(self) -> None:
        run, leak = self.run_shown, self.opened
        command = self._command(run, leak) if run is not None and leak is not None else ""
        if command:
            self.app.copy_to_clipboard(command)
            self.isolation.notice(f"Copied: {command}")
        else:
            self.isolation.notice("Nothing to copy: the author or the reader is not known.")
