"""What a view shows while it has no content."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static


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
