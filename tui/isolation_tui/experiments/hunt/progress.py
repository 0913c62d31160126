"""The progress of a hunt on disk: what it started from and the trials so far, so that it goes on where it stopped.

It is in the user's state folder, ``<state>/hunts/<digest>.ndjson``. The digest is that of the project's Python files
and configuration, its interpreter and arguments, and the seed: after a change the hunt starts from the beginning.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import IO

import msgspec

from ...fix.journal import state_folder
from ...launch import Project
from ..project_files import project_files
from ..trial import TrialResult
from .question import HuntQuestion

VERSION = 1
MOST_FILES = 50_000
KEPT = 20
"""How many hunts are kept, of all projects; the oldest are removed."""

_CONFIGURATION = frozenset(("pytest.ini", ".pytest.ini", "pyproject.toml", "setup.cfg", "tox.ini"))


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a hunt starts from. ``elapsed`` are the seconds of the observed run; ``databases`` are the labels of those
    that it used."""

    version: int
    question: HuntQuestion
    elapsed: float
    databases: tuple[str, ...]


class Progress:
    """The trials of one hunt, on disk. A context manager. Where nothing can be written, :attr:`failure` says why, and
    the hunt goes on without."""

    def __init__(self, project: Project, seed: int) -> None:
        self.path = state_folder() / "hunts" / f"{digest(project, seed)}.ndjson"
        self.failure = ""
        self.known: list[TrialResult] = []
        """Results of an earlier hunt, in the order of its trials."""
        self.beginning: Beginning | None = None
        self._file: IO[bytes] | None = None
        self._read()

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def begin(self, beginning: Beginning) -> None:
        """Start a new hunt."""
        self.beginning, self.known = beginning, []
        self._write_whole()

    def forget_after(self, count: int) -> None:
        """Drop all results after the first ``count``: the hunt takes another course from there."""
        del self.known[count:]
        self._write_whole()

    def add(self, result: TrialResult) -> None:
        """Append a result."""
        self.known.append(result)
        if self._file is None and not self.failure:
            self._open("ab")
        self._append(result)

    def _read(self) -> None:
        try:
            lines = self.path.read_bytes().splitlines()
        except OSError:
            return
        try:
            beginning = msgspec.json.decode(lines[0], type=Beginning)
            if beginning.version != VERSION:
                return
            self.beginning = beginning
            for line in lines[1:]:
                self.known.append(msgspec.json.decode(line, type=TrialResult))
        except (msgspec.MsgspecError, ValueError, IndexError):
            pass  # cut off by the end of the process, or of another version: what is whole counts
        if self.beginning is not None:
            self._write_whole()

    def _write_whole(self) -> None:
        self._close()
        self._open("wb")
        self._append(self.beginning)
        for result in self.known:
            self._append(result)

    def _open(self, mode: str) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = open(self.path, mode)  # noqa: SIM115 - closed by close()
            for old in sorted(self.path.parent.glob("*.ndjson"), key=_age)[KEPT:]:
                old.unlink(missing_ok=True)
        except OSError as error:
            self._fail(error)

    def _append(self, value: object) -> None:
        if self._file is None:
            return
        try:
            self._file.write(msgspec.json.encode(value) + b"\n")
            self._file.flush()
        except (OSError, UnicodeEncodeError, msgspec.MsgspecError) as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        self.failure = f"the progress cannot be kept in {self.path}: {getattr(error, 'strerror', None) or error}"
        self._close()

    def _close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError as error:
                self.failure = self.failure or str(error)


def _age(path: Path) -> float:
    try:
        return -path.stat().st_mtime
    except OSError:
        return 0.0


def digest(project: Project, seed: int) -> str:
    """What identifies a hunt: the project, its code, its configuration, and how it is run."""
    total = hashlib.sha256()
    for word in (str(project.root), str(project.cwd), project.python, *project.args, str(seed)):
        total.update(os.fsencode(word) + b"\0")
    for path in _sources(project.root):
        total.update(os.fsencode(path) + b"\0")
        try:
            total.update(hashlib.sha256(path.read_bytes()).digest())
        except OSError:
            total.update(b"unreadable")
    return total.hexdigest()[:32]


def _sources(root: Path) -> Iterator[Path]:
    """The Python files and pytest's configuration below a folder."""
    wanted = (path for path in project_files(root) if path.suffix == ".py" or path.name in _CONFIGURATION)
    return islice(wanted, MOST_FILES)
