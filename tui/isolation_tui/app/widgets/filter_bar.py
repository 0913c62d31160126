"""The input that filters the tests. It stays visible while a filter is active."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from ...model.filters import TestFilter, parse
from ...text.sanitize import clean
from ...text.wording import number
from ..keys import key

HINT = "text   is:failed   fixture:client   table:users   file:api   -slow"


class FilterBar(Horizontal):
    """Posts :class:`Changed` with every keystroke. Enter keeps the filter, Escape clears it."""

    DEFAULT_CSS = """
    FilterBar {
        height: 1; display: none; background: $panel; padding: 0 1;
        &.-active { display: block; layout: horizontal; }
        Input, Input:focus { border: none; height: 1; padding: 0; background: $panel; width: 1fr; }
        #filter-sign { width: 2; color: $text-accent; text-style: bold; }
        #filter-found { width: auto; max-width: 60%; color: $text-muted; text-align: right; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        key("down,tab", "leave", "Keep", "Keep the filter and go to the tests", "filter.keep", display="enter"),
        key("escape", "clear", "Clear", "Clear the filter", "filter.clear"),
    ]

    class Changed(Message):
        """The filter has changed."""

        def __init__(self, wanted: TestFilter) -> None:
            super().__init__()
            self.wanted = wanted

    class Left(Message):
        """The user has finished typing."""

    def __init__(self) -> None:
        super().__init__()
        self.wanted = TestFilter()
        self._shown = Content("")

    def compose(self) -> ComposeResult:
        yield Static("/", id="filter-sign", markup=False)
        yield Input(placeholder=HINT, select_on_focus=False)
        yield Static("", id="filter-found", markup=False)

    def open(self) -> None:
        """Show and focus it at once, so that keys typed fast go into the input."""
        self.add_class("-active")
        self.screen.set_focus(self.query_one(Input))

    def set_text(self, text: str) -> None:
        """Filter by this text."""
        self.add_class("-active")
        self.query_one(Input).value = text

    def show_found(self, found: int, total: int) -> None:
        """Show how many tests match."""
        shown = Content(f"  {found} of {number(total, 'test')}") if self.wanted else Content("")
        if self.wanted.problem:
            shown = Content.styled(f"  {clean(self.wanted.problem)}", "$text-warning")
        if shown != self._shown:
            self._shown = shown
            self.query_one("#filter-found", Static).update(shown)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.wanted = parse(event.value)
        self.post_message(self.Changed(self.wanted))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_leave()

    def action_leave(self) -> None:
        self.set_class(bool(self.wanted), "-active")
        self.post_message(self.Left())

    def action_clear(self) -> None:
        """Clear the filter and close."""
        self.query_one(Input).value = ""
        self.wanted = TestFilter()
        self.remove_class("-active")
        self.post_message(self.Changed(self.wanted))
        self.post_message(self.Left())
