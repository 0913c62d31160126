"""Shown while the terminal is too small for any screen."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widgets import Static

from ..keys import key

SMALLEST = Size(60, 15)


def fits(size: Size) -> bool:
    """Whether the dashboard can be read at this size."""
    return size.width >= SMALLEST.width and size.height >= SMALLEST.height


class TooSmallScreen(ModalScreen[None]):
    """Asks for a larger terminal. The run goes on meanwhile."""

    DEFAULT_CSS = """
    TooSmallScreen { background: $background; align: center middle; }
    TooSmallScreen Static { width: auto; text-align: center; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [key("q", "app.quit", "Quit", "Stop pytest and leave", "too_small.quit")]

    def compose(self) -> ComposeResult:
        yield Static(
            f"Please enlarge the terminal to at least\n{SMALLEST.width} x {SMALLEST.height} cells.", markup=False
        )
