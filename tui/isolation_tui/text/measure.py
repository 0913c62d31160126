"""Cut and pad text to a number of terminal cells."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size


def keep_end(text: str, width: int, ellipsis: str = "…") -> str:
    """Cut to ``width`` cells and keep the end, which distinguishes paths.

    >>> keep_end("integration/test_api_integration.py", 22)
    '…st_api_integration.py'
    """
    if cell_len(text) <= width:
        return text
    if width <= cell_len(ellipsis):
        return ellipsis[: max(width, 0)]
    room, kept = width - cell_len(ellipsis), []
    for character in reversed(text):
        room -= cell_len(character)
        if room < 0:
            break
        kept.append(character)
    return ellipsis + "".join(reversed(kept))


def keep_start(text: str, width: int, ellipsis: str = "…") -> str:
    """Cut to ``width`` cells and keep the start."""
    if cell_len(text) <= width:
        return text
    room = max(width - cell_len(ellipsis), 0)
    return (set_cell_size(text, room) + ellipsis)[: max(width, 0)] if width > 0 else ""


def pad(text: str, width: int) -> str:
    """Exactly ``width`` cells: padded with spaces or cut."""
    return set_cell_size(text, max(width, 0))
