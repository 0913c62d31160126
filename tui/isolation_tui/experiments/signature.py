"""An error's signature: what stays the same when the same failure happens again.

Two runs of one failure differ in addresses, temporary paths, ids, counts, and in how many rows a list shows. The
signature leaves these out, so that a trial's failure can be recognised as the one that was observed, and told from
another one.
"""

from __future__ import annotations

import re

LONGEST = 400
"""Characters of the message that count. What follows, in the error of a statement say, is its data."""

_REPLACED = (
    (re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\b0x[0-9a-f]+", re.IGNORECASE), "<address>"),
    (re.compile(r"(['\"])(?:[A-Za-z]:[\\/]|[\\/])[^'\"]*\1"), "<path>"),
    (re.compile(r"(?:/private)?/(?:tmp|var/folders|dev/shm)/[^\s'\":,;()\[\]]*"), "<path>"),
    (re.compile(r"\b[A-Za-z]:\\[^\s'\":,;()\[\]]*"), "<path>"),
    (re.compile(r"\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{12,}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\d+(?:[.,_]\d+)*"), "0"),
    (re.compile(r"\s+"), " "),
)
_COLLECTIONS = (
    (re.compile(r"\[[^\[\]{}()]+\]"), "\ue000", "[...]"),
    (re.compile(r"\{[^\[\]{}()]+\}"), "\ue001", "{...}"),
    (re.compile(r"\([^\[\]{}()]+\)"), "\ue002", "(...)"),
)
"""Of each kind of brackets: one that holds something, but no brackets; its mark, so that the next one outwards is
found; and what is written in the end."""
_DEEPEST = 6
_QUOTED = re.compile(r"'([^'\n]+)'")


def signature(exception: str, message: str, phase: str = "call") -> str:
    """The exception's type, the first line of its message without what changes from run to run, and the phase.

    ``exception`` may be dotted, and ``message`` may begin with it, as in pytest's own reports.
    """
    kind = exception.rpartition(".")[2] or "error"
    line = next((line.strip() for line in message.splitlines() if line.strip()), "")[:LONGEST]
    prefix, _, rest = line.partition(":")
    if prefix.rpartition(".")[2] == kind:
        line = rest.strip()
    if kind == "FixtureLookupError":  # pytest's report has a text of its own
        line = next(iter(_QUOTED.findall(message)), "")
    for pattern, word in _REPLACED:
        line = pattern.sub(word, line)
    if line.startswith("assert "):
        line = _without_content(line)
    return f"{phase}: {kind}: {line}".rstrip(": ")


def _without_content(line: str) -> str:
    """A comparison shows as many rows as there are: a collection is empty or it is not."""
    for _ in range(_DEEPEST):
        for pattern, mark, _ in _COLLECTIONS:
            line = pattern.sub(mark, line)
    for _, mark, word in _COLLECTIONS:
        line = line.replace(mark, word)
    return line
