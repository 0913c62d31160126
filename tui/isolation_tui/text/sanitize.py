"""Make text from outside safe to show.

Node ids, messages, paths and tracebacks come from the suite. None of their control characters may reach the terminal,
and none of them is parsed as markup.
"""

from __future__ import annotations

import re
import unicodedata

_ESCAPE_SEQUENCE = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # operating system command (window titles, links, clipboard)
    r"|\x1b[PX^_][^\x1b]*(?:\x1b\\)?"  # device control and other strings
    r"|[\x1b]\[[0-?]*[ -/]*[@-~]"  # colours, cursor movement
    r"|\x9b[0-?]*[ -/]*[@-~]"
    r"|\x1b[ -/]*[0-~]"  # two-character sequences
)
_UNSAFE_CATEGORIES = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))


def clean(text: str) -> str:
    """The text as one line without control characters.

    Escape sequences are removed. Line ends and tabs become spaces; other control, format, private and unassigned
    characters become ``\\ufffd``.

    >>> clean("a\\x1b[31mb\\nc\\x07")
    'ab c\\ufffd'
    """
    if text.isascii() and text.isprintable():
        return text
    text = _ESCAPE_SEQUENCE.sub("", text).replace("\r\n", " ")
    return "".join(map(_safe, text))


def clean_lines(text: str) -> list[str]:
    """Like :func:`clean` for text of several lines. Tabs become four spaces."""
    return [clean(line.replace("\t", "    ")) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]


def first_line(text: str) -> str:
    """The first line that is not blank, made safe; '' if there is none."""
    return next((line for line in clean_lines(text) if line.strip()), "").strip()


def _safe(character: str) -> str:
    if character in "\n\r\t\v\f":
        return " "
    return "\ufffd" if unicodedata.category(character) in _UNSAFE_CATEGORIES else character
