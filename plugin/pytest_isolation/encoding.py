"""How a line of the contract is written. Like :mod:`.events` it imports the standard library alone."""

import json
import re
from typing import Any, Iterable, Tuple

from .events import KINDS, PROTOCOL

_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False, allow_nan=False).encode
_URL_PASSWORD = re.compile(r"(://[^:/?#\s@\"']*):[^@\s\"'/]+@")
_QUERY_PASSWORD = re.compile(r"([?&](?:password|passwd|pwd|secret|token)=)[^&\s\"'\\]+", re.IGNORECASE)
_NAMES = {kind: name for name, kind in KINDS.items()}


def encode(worker: str, facts: "Iterable[Tuple[float, Any]]") -> str:
    """One line, without its newline: facts of one process with the moments they came at, in seconds since the epoch.
    Passwords inside database URLs are replaced by ``***``.

    Raises TypeError for a value that JSON does not know, ValueError for a number that it does not. One line is written
    for all facts of a test, by a single call of the standard library's encoder in C: this is done on the suite's own
    processor, and takes less than a microsecond a fact. For each by itself it took two.
    """
    line = _encode([worker, *[[_NAMES[type(fact)], int(at * 1e6 + 0.5), *fact] for at, fact in facts]])
    if "://" in line:
        line = _QUERY_PASSWORD.sub(r"\1***", _URL_PASSWORD.sub(r"\1:***@", line))
    return line


def handshake_line(token: str) -> str:
    """The first line of a connection, without its newline: proves that the peer was started by the listener."""
    return _encode({"isolation": PROTOCOL, "token": token})
