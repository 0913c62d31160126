"""An error's signature: what stays the same when the same failure happens again.

Two runs of one failure differ in addresses, temporary paths, ids, counts, and in how many rows a list shows. The
signature leaves these out: it tells whether a trial's failure is the one that was observed, or another one.
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
_OPERATOR = re.compile(r" (?:==|!=|<=|>=|<|>|is not|is|not in|in) ")
_OPENING, _CLOSING = "[({", "])}"
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
    """A comparison shows as many rows as there are: a collection is empty or it is not.

    pytest leaves out the middle of what is long, so brackets need not be balanced.
    """
    matches = list(_OPERATOR.finditer(line))
    middle = next((each for each in matches if not _depth(line[: each.start()])), None)
    if middle is None:
        middle = next((each for each in reversed(matches) if not _depth(line[each.end() :])), None)
    if middle is None:
        return _emptied(line)
    return _emptied(line[: middle.start()]) + middle[0] + _emptied(line[middle.end() :])


def _depth(text: str) -> int:
    return sum(map(text.count, _OPENING)) - sum(map(text.count, _CLOSING))


def _emptied(side: str) -> str:
    """One side of a comparison, without what is between its first bracket and its last."""
    first = min((at for at in map(side.find, _OPENING) if at >= 0), default=-1)
    last = max(map(side.rfind, _CLOSING))
    if first < 0 or last == first + 1:
        return side
    closing = _CLOSING[_OPENING.index(side[first])]
    return f"{side[: first + 1]}...{closing}{side[last + 1 :] if last > first else ''}"
