"""How a line of the contract is written. Like :mod:`.events` it imports the standard library alone."""

import json
import re
from typing import Any, Iterable, Tuple

from ..events import KINDS, PROTOCOL, FixtureSetUp, PhaseFinished

_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False, allow_nan=False).encode
_URL_PASSWORD = re.compile(r"(://[^:/?#\s@\"']*):[^@\s\"'/]+@")
_QUERY_PASSWORD = re.compile(r"([?&](?:password|passwd|pwd|secret|token)=)[^&\s\"'\\]+", re.IGNORECASE)

_USUALLY_SAID = {PhaseFinished: "uses", FixtureSetUp: "depends"}
"""Kinds that every test tells -> the last field that is usually not at its default."""


def _shape(name: str, kind: Any) -> "Tuple[str, int, Tuple[Any, ...]]":
    """Name, how many fields are always said, and the defaults of the others: left out where all have them."""
    said = kind._fields.index(_USUALLY_SAID[kind]) + 1 if kind in _USUALLY_SAID else len(kind._fields)
    return name, said, tuple([kind._field_defaults[field] for field in kind._fields[said:]])


_SHAPES = {kind: _shape(name, kind) for name, kind in KINDS.items()}


def encode(worker: str, facts: "Iterable[Tuple[float, Any]]") -> str:
    """One line, without its newline: facts of one process with the moments they came at, in seconds since the epoch.
    Passwords inside database URLs are replaced by ``***``.

    Raises TypeError for a value that JSON does not know, ValueError for a number that it does not. One line is written
    for all facts of a test, by a single call of the standard library's encoder in C: this is done on the suite's own
    processor, and takes 8 us for ten facts of a test without a database. Each by itself took some two.
    """
    line = _encode(
        [
            worker,
            *[
                [name, int(at * 1e6 + 0.5), *(fact[:said] if fact[said:] == defaults else fact)]
                for at, fact in facts
                for name, said, defaults in (_SHAPES[type(fact)],)
            ],
        ]
    )
    if "://" in line:
        line = _QUERY_PASSWORD.sub(r"\1***", _URL_PASSWORD.sub(r"\1:***@", line))
    return line


def handshake_line(token: str) -> str:
    """The first line of a connection, without its newline: proves that the peer was started by the listener."""
    return _encode({"isolation": PROTOCOL, "token": token})
