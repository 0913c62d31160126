"""The line under the header that names a view and explains its signs."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static


class Legend(Static):
    """One line: the title of the view, and what its glyphs mean."""

    DEFAULT_CSS = """
    Legend { height: 1; padding: 0 1; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self, *, id: str = "legend") -> None:
        super().__init__("", id=id, markup=False)

    def show(self, title: str, *signs: tuple[str, str, str]) -> None:
        """Show the title, and (glyph, style, meaning) of each glyph."""
        gap = "   " if self.app.size.width >= 100 else "  "
        parts: list[Content | str | tuple[str, str]] = [(title, "bold $foreground")]
        for sign, style, meaning in signs:
            parts += [gap, (sign, style), f" {meaning}" if sign else meaning]
        self.update(Content.assemble(*parts))
