"""The text of a view without the frame: header and key bar have golden screens of their own."""

from __future__ import annotations

from typing import Any

from isolation_tui.app.widgets.header import RunHeader
from isolation_tui.app.widgets.key_bar import KeyBar


def body(stage: Any) -> str:
    """The text between header and key bar."""
    lines = stage.text.split("\n")
    screen = stage.app.screen
    top, bottom = screen.query_one(RunHeader).size.height, screen.query_one(KeyBar).size.height
    return "\n".join(lines[top : len(lines) - bottom])
