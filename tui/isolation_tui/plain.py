"""Text from outside, made safe to show; and the words in which numbers are shown.

Node ids, messages, paths and tracebacks come from a suite that nobody here has read. No control character of theirs
may reach the terminal, and none of them is ever parsed as markup. Loads nothing heavy: the summary and the dashboard
share it.
"""

from __future__ import annotations

import re
import unicodedata

from rich.cells import cell_len, set_cell_size

_ESCAPE_SEQUENCE = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # operating system command (window titles, links, clipboard)
    r"|\x1b[PX^_][^\x1b]*(?:\x1b\\)?"  # device control and other strings
    r"|[\x1b]\[[0-?]*[ -/]*[@-~]"  # colours, cursor movement
    r"|\x9b[0-?]*[ -/]*[@-~]"
    r"|\x1b[ -/]*[0-~]"  # two-character sequences
)
_UNSAFE_CATEGORIES = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))


def clean(text: str) -> str:
    """One line, without anything that a terminal would obey.

    Escape sequences vanish, line ends and tabs become spaces, other control, direction and unassigned characters
    become ``\\ufffd``; so do lone combining marks' neighbours stay as they are.

    >>> clean("a\\x1b[31mb\\nc\\x07")
    'ab c\\ufffd'
    """
    if text.isascii() and text.isprintable():
        return text
    text = _ESCAPE_SEQUENCE.sub("", text).replace("\r\n", " ")
    return "".join(map(_safe, text))


def clean_lines(text: str) -> list[str]:
    """The same for text of several lines. Tabs become four spaces."""
    return [clean(line.replace("\t", "    ")) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]


def _safe(character: str) -> str:
    if character in "\n\r\t\v\f":
        return " "
    return "\ufffd" if unicodedata.category(character) in _UNSAFE_CATEGORIES else character


def without_folders(nodeid: str) -> str:
    """A node id that begins with its file's own name. What stands in brackets may hold anything.

    >>> without_folders("tests/unit/test_a.py::test_it[a/b]")
    'test_a.py::test_it[a/b]'
    """
    file, colons, name = nodeid.partition("::")
    return file.rpartition("/")[2] + colons + name


def keep_end(text: str, width: int, ellipsis: str = "…") -> str:
    """Cut to ``width`` cells, keeping the end: what tells paths apart.

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
    """Cut to ``width`` cells, keeping the start."""
    if cell_len(text) <= width:
        return text
    room = max(width - cell_len(ellipsis), 0)
    return (set_cell_size(text, room) + ellipsis)[: max(width, 0)] if width > 0 else ""


def pad(text: str, width: int) -> str:
    """Exactly ``width`` cells, filled with spaces at the right or cut."""
    return set_cell_size(text, max(width, 0))


def seconds(duration: float) -> str:
    """A time span in the unit that a person would use.

    >>> [seconds(value) for value in (0.0004, 0.0123, 3.14, 75, 3725)]
    ['0.4 ms', '12 ms', '3.1 s', '1:15 min', '1:02 h']
    """
    if duration < 0.00995:
        return f"{duration * 1000:.1f} ms"
    if duration < 0.9995:
        return f"{duration * 1000:.0f} ms"
    if duration < 59.95:
        return f"{duration:.1f} s"
    whole = round(duration)
    return f"{whole // 60}:{whole % 60:02} min" if whole < 3600 else f"{whole // 3600}:{whole % 3600 // 60:02} h"


def relative(path: str, root: str) -> str:
    """``path`` as seen from ``root``; untouched where it lies elsewhere."""
    prefix = root.rstrip("/") + "/"
    return path[len(prefix) :] if root and path.startswith(prefix) else path


def number(count: int, one: str, many: str = "") -> str:
    """``1 test``, ``14 tests``."""
    return f"{count} {one if count == 1 else many or one + 's'}"
