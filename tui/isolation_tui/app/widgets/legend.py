"""What the views beside the main screen share: a legend, an empty state, and the way to a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

from ...model import Test
from ..glyphs import Glyphs

if TYPE_CHECKING:
    from ..screens.view import View


class Legend(Static):
    """One quiet line under the header: what the view is called, and what its signs mean."""

    DEFAULT_CSS = """
    Legend { height: 1; padding: 0 1; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self, *, id: str = "legend") -> None:
        super().__init__("", id=id, markup=False)

    def say(self, title: str, *signs: tuple[str, str, str]) -> None:
        """The title, and for each sign (sign, style, meaning)."""
        gap = "   " if self.app.size.width >= 100 else "  "
        parts: list[Content | str | tuple[str, str]] = [(title, "bold $foreground")]
        for sign, style, meaning in signs:
            parts += [gap, (sign, style), f" {meaning}" if sign else meaning]
        self.update(Content.assemble(*parts))


class EmptyState(Static):
    """Stands where content would: what will appear here, and how to get it."""

    DEFAULT_CSS = """
    EmptyState { height: 1fr; content-align: center middle; text-align: center; color: $text-muted; padding: 1 4; }
    """

    def __init__(self, *, id: str = "nothing") -> None:
        super().__init__("", id=id, markup=False)

    def say(self, *lines: str) -> None:
        """The first line is the point, the others what to do about it."""
        self.update(Content.assemble((lines[0], "bold"), *(f"\n{line}" for line in lines[1:])))


def show_test(view: View, test: Test) -> None:
    """Lead to the test on the main screen, with the cursor on it."""
    app = view.isolation
    app.switch_mode(app.DEFAULT_MODE)
    reveal = getattr(app.screen_stack[0], "show_test", None)
    if reveal is not None:
        app.call_after_refresh(reveal, test)


def wrapped(text: str, width: int) -> list[str]:
    """Words of ours broken into lines of at most ``width`` cells."""
    return [str(line) for line in Content(text).wrap(max(width, 10))]


def cut(content: Content, width: int, glyphs: Glyphs) -> Content:
    """Exactly ``width`` cells: filled with blanks, or cut, and then said to be."""
    if content.cell_length <= width:
        return content.truncate(width, pad=True)
    return Content.assemble(content.truncate(max(width - len(glyphs.ellipsis), 0), pad=True), glyphs.ellipsis)
