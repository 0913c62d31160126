"""Write facts as lines of the contract. Like :mod:`.events`, it imports the standard library alone."""

import json
import re
from typing import Any, Iterable, Tuple

from ..events import KINDS, PROTOCOL, FixtureSetUp, PhaseFinished

_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False, allow_nan=False).encode
_URL_PASSWORD = re.compile(r"(://[^:/?#\s@\"']*):[^@\s\"'/]+@")
_QUERY_PASSWORD = re.compile(r"([?&](?:password|passwd|pwd|secret|token)=)[^&\s\"'\\]+", re.IGNORECASE)

_LAST_USUAL_FIELD = {PhaseFinished: "uses", FixtureSetUp: "depends"}
"""Kinds that every test emits -> the last field that usually differs from its default."""


def _shape(name: str, kind: Any) -> "Tuple[str, int, Tuple[Any, ...]]":
    """Name, number of fields that are always written, and the defaults of the others: left out if all have them."""
    written = kind._fields.index(_LAST_USUAL_FIELD[kind]) + 1 if kind in _LAST_USUAL_FIELD else len(kind._fields)
    return name, written, tuple([kind._field_defaults[field] for field in kind._fields[written:]])


_SHAPES = {kind: _shape(name, kind) for name, kind in KINDS.items()}


def encode(worker: str, facts: "Iterable[Tuple[float, Any]]") -> str:
    """One line, without its newline: facts of one process, each with its moment in seconds since the epoch.
    Passwords inside database URLs are replaced by ``***``.

    Raises TypeError for a value that JSON does not know, ValueError for a number that it does not. The suite's own
    thread does this: one call of the standard library's encoder in C for all facts of a test takes 8 us for ten facts.
    A call for each took some 2 us.
    """
    line = _encode(
        [
            worker,
            *[
                [name, int(at * 1e6 + 0.5), *(fact[:written] if fact[written:] == defaults else fact)]
                for at, fact in facts
                for name, written, defaults in (_SHAPES[type(fact)],)
            ],
        ]
    )
    if "://" in line:
        line = _QUERY_PASSWORD.sub(r"\1***", _URL_PASSWORD.sub(r"\1:***@", line))
    return line


def handshake_line(token: str) -> str:
    """The first line of a connection, without its newline: its token proves that the listener started the peer."""
    return _encode({"isolation": PROTOCOL, "token": token})
