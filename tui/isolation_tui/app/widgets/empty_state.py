"""What a view shows while it has no content."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static


class EmptyState(Static):
    """Says what will appear here, and how to get it."""

    DEFAULT_CSS = """
    EmptyState { height: 1fr; content-align: center middle; text-align: center; color: $text-muted; padding: 1 4; }
    """

    def __init__(self, *, id: str = "nothing") -> None:
        super().__init__("", id=id, markup=False)

    def show(self, *lines: str) -> None:
        """Show the point in the first line, and what to do in the others."""
        self.update(Content.assemble((lines[0], "bold"), *(f"\n{line}" for line in lines[1:])))
