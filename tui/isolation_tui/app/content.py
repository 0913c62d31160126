"""Wrap, cut and align styled text."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content

from ..text.measure import keep_end, keep_start
from .glyphs import Glyphs
from .theme import MUTED


def wrapped(text: str, width: int) -> list[str]:
    """Text broken into lines of at most ``width`` cells."""
    return [str(line) for line in Content(text).wrap(max(width, 10))]


def cut(content: Content, width: int, glyphs: Glyphs) -> Content:
    """Exactly ``width`` cells: padded with spaces, or cut and marked with an ellipsis."""
    if content.cell_length <= width:
        return content.truncate(width, pad=True)
    return Content.assemble(content.truncate(max(width - len(glyphs.ellipsis), 0), pad=True), glyphs.ellipsis)


def spread(left: Content, right: Content, width: int) -> Content:
    """``left`` and ``right`` at the two ends of a line of ``width`` cells."""
    return Content.assemble(left, " " * max(width - left.cell_length - right.cell_length, 1), right)


def limited(lines: list[Content], most: int, indent: str = "") -> list[Content]:
    """At most ``most`` lines: the last of them counts those that were left out."""
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], Content.styled(f"{indent}and {len(lines) - most + 1} more", MUTED)]


def sign(head: Content, place: str, who: str, width: int, glyphs: Glyphs) -> Content:
    """``head``, then a place that keeps its end, then who did it there; both share the rest of ``width`` cells."""
    room = width - head.cell_length - 2
    who = keep_start(who, max(room - min(cell_len(place), 20), 12), glyphs.ellipsis)
    place = keep_end(place, max(room - cell_len(who), 12), glyphs.ellipsis)
    return Content.assemble(head, place, (f"  {who}", MUTED))
