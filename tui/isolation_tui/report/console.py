"""Draw headings, tables and wrapped text on a console."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size

from ..text.measure import keep_end, keep_start
from .output import print_line

if TYPE_CHECKING:
    from rich.console import Console

HEADING = "bold"
QUIET = "dim"


def heading(console: Console, text: str) -> None:
    """Print a heading after an empty line."""
    console.print()
    print_line(console, text, HEADING)


def draw_table(
    console: Console, heads: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()
) -> None:
    """Print a table without borders. The last column is a path, which keeps its end if it is too long."""
    drawn = [tuple(row) for row in rows]
    if not drawn:
        return
    widths = [max(cell_len(row[column]) for row in (heads, *drawn)) for column in range(len(heads))]
    widths[0] = min(widths[0], 40)
    widths[-1] = max(min(widths[-1], console.width - 2 - sum(widths[:-1]) - 2 * (len(heads) - 1)), 24)
    for number_, row in enumerate((tuple(heads), *drawn)):
        cells = []
        for column, text in enumerate(row):
            width = widths[column]
            text = keep_end(text, width) if column == len(row) - 1 else keep_start(text, width)
            cells.append(" " * (width - cell_len(text)) + text if column in right else set_cell_size(text, width))
        print_line(console, "  " + "  ".join(cells).rstrip(), QUIET if number_ == 0 else "")


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most ``width`` characters; longer words are not broken."""
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]
