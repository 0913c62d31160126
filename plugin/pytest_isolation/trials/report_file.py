"""Append lines of JSON to the report of a trial, so that they are there even if the process dies the next moment."""

import json
import os
from typing import Any, Dict

# In a container, and as functions: a library that fakes the file system replaces what modules name.
_SYSTEM = (os.open, os.write, os.close)


class ReportFile:
    """The report of one trial. It is opened for each line: a test may close descriptors that are not its own."""

    def __init__(self, path: str) -> None:
        self._path = path

    def write(self, kind: str, **fields: Any) -> None:
        """Append one line; an error of the file system is ignored: the prober then misses the line, and says so."""
        record: Dict[str, Any] = {"kind": kind, **fields}
        data = json.dumps(record).encode("ascii") + b"\n"
        open_, write, close = _SYSTEM
        try:
            descriptor = open_(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                write(descriptor, data)
            finally:
                close(descriptor)
        except OSError:
            pass
