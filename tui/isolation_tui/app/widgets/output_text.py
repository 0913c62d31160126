"""pytest's output as lines: colours stay, other control sequences are removed.

Text arrives in chunks that may end within a line or within an escape sequence.

>>> text = OutputText()
>>> text.feed("\\x1b[32m3 pas"); text.feed("sed\\x1b[0m\\x1b]0;title\\x07\\ndone")
>>> text.lines
['\\x1b[32m3 passed\\x1b[0m', 'done']
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.ansi import AnsiDecoder
from textual.content import Content

from ...text.sanitize import clean

MOST_LINES = 50_000
"""Older lines are dropped; the recording keeps them."""
MOST_CHARACTERS = 4_000
"""Longer lines are cut."""

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]{0,2000})?$")
_PART = re.compile(r"(\x1b\[[0-9;]*m)")


class OutputText:
    """Lines of output. The last one may still grow."""

    def __init__(self) -> None:
        self.lines: list[str] = [""]
        self.longest = 0
        self.forgotten = 0
        """Number of dropped lines."""
        self._rest = ""

    def feed(self, chunk: str) -> None:
        """Add more text."""
        text = self._rest + chunk
        cut = _UNFINISHED.search(text)
        self._rest = text[cut.start() :] if cut else ""
        text = text[: cut.start()] if cut else text
        if text.endswith("\r"):  # a line feed may follow
            self._rest, text = "\r" + self._rest, text[:-1]
        first, *others = text.replace("\r\n", "\n").split("\n")
        self.lines[-1] = self._line(self.lines[-1] + first)
        self.lines.extend(map(self._line, others))
        if len(self.lines) > MOST_LINES:
            gone = len(self.lines) - MOST_LINES
            del self.lines[:gone]
            self.forgotten += gone

    def _line(self, raw: str) -> str:
        # A carriage return overwrites the line: a terminal shows what was written last.
        raw = raw.rpartition("\r")[2][:MOST_CHARACTERS].expandtabs(8)
        line = "".join(part if at % 2 else clean(part) for at, part in enumerate(_PART.split(raw))) if raw else ""
        self.longest = max(self.longest, len(_COLOUR.sub("", line)))
        return line

    def plain(self, index: int) -> str:
        """A line without its colours."""
        return _COLOUR.sub("", self.lines[index])

    def matches(self, needle: str) -> Iterator[int]:
        """Indices of the lines that contain ``needle``, ignoring case."""
        wanted = needle.casefold()
        return (at for at in range(len(self.lines)) if wanted in self.plain(at).casefold())

    def content(self, index: int, needle: str = "") -> Content:
        """A line with its colours and the matches of ``needle`` marked."""
        content = Content.from_rich_text(AnsiDecoder().decode_line(self.lines[index]))
        if needle:
            plain, wanted = content.plain.casefold(), needle.casefold()
            at = plain.find(wanted)
            while at >= 0:
                content = content.stylize("reverse bold", at, at + len(wanted))
                at = plain.find(wanted, at + len(wanted))
        return content
