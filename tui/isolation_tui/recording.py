"""Recordings: the lines that the suite sent, written to a file and read back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from pytest_isolation.events import PROTOCOL, Hello, RunStarted

from .errors import Status, ToolError
from .model import Stamped
from .receive import decode

_FIRST_VERSION = b'{"kind":"RunStarted",'
"""The first bytes of a recording of the protocol's first version."""

RECORDINGS_BEGIN = (b'["observer",["RunStarted",', _FIRST_VERSION)
"""The first bytes of any recording."""


class RecordingWriter:
    """A file that lines are appended to, readable by this user only.

    Raises :class:`ToolError` if it cannot be opened. A write that fails later ends the recording, never the run;
    ``failed`` is the reason then.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.failed = ""
        try:
            self._file: IO[bytes] | None = open(path, "wb", opener=_private)  # noqa: SIM115
        except OSError as error:
            raise ToolError(
                Status.CANNOT_WRITE, f"Cannot write the recording {path}: {error.strerror}.", "Name another file."
            ) from error

    def write(self, lines: list[bytes]) -> None:
        """Append lines, unless an earlier write failed."""
        if self._file is None or not lines:
            return
        try:
            self._file.write(b"\n".join(lines) + b"\n")
            self._file.flush()
        except OSError as error:
            self.failed = error.strerror or str(error)
            self.close()

    def close(self) -> None:
        """Close the file. A second call does nothing."""
        if self._file is not None:
            try:
                self._file.close()
            except OSError as error:
                self.failed = self.failed or error.strerror or str(error)
            self._file = None


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class RecordedLine(NamedTuple):
    """A line of a recording: its number, its facts, and what is wrong with it ('' nothing)."""

    number: int
    facts: list[Stamped]
    damage: str


class Recording:
    """A recording on disk; iterate over it for its facts.

    After that, ``damage`` says what is wrong with the file: cut short, or with damaged lines ('' nothing). Raises
    :class:`ToolError` (NO_SUCH_PATH, BAD_RECORDING) if there is nothing to show at all.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damage = ""
        try:
            with path.open("rb") as file:
                first = file.readline(1 << 20)
        except OSError as error:
            raise ToolError(
                Status.NO_SUCH_PATH, f"Cannot read {path}: {error.strerror}.", "Make one with launch --record FILE."
            ) from error
        facts = decode(first).facts
        if not facts or not isinstance(facts[0].fact, RunStarted | Hello):
            if first.startswith(_FIRST_VERSION):
                raise ToolError(
                    Status.BAD_RECORDING, f"{path} was made by an older version.", "Run the suite again with --record."
                )
            raise ToolError(
                Status.BAD_RECORDING, f"{path} is not a recording.", "Make one with isolation-tui launch --record FILE."
            )
        _check_protocol(path, facts[0])

    def __iter__(self) -> Iterator[Stamped]:
        for line in self.lines():
            yield from line.facts

    def lines(self) -> Iterator[RecordedLine]:
        """The lines of the file, each decoded."""
        damaged = 0
        line = b""
        with self.path.open("rb") as file:
            for number, line in enumerate(file, 1):
                facts, damage = decode(line)
                damaged += bool(damage)
                for stamped in facts:
                    _check_protocol(self.path, stamped)
                yield RecordedLine(number, facts, damage)
        if not line.endswith(b"\n"):
            self.damage = "it was cut short in the middle of a line"
        elif damaged:
            self.damage = f"{damaged} of its lines are damaged; the damaged facts are left out"


def _check_protocol(path: Path, stamped: Stamped) -> None:
    fact = stamped.fact
    if isinstance(fact, RunStarted | Hello) and fact.protocol > PROTOCOL:
        raise ToolError(
            Status.BAD_RECORDING,
            f"{path} was made by a newer version (protocol {fact.protocol}; this one reads up to {PROTOCOL}).",
            "Upgrade isolation-tui.",
        )
