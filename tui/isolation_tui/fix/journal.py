"""The durable record of one fix in one project: enough to finish it or to take it back after any crash.

A journal lies outside the project, below the user's state folder, so that ``git status`` stays clean:
``<state>/journals/<hash of the root>/journal.json``, beside the lock of the project. It is on the disk before the
first file of the project is touched, and it goes once the last file is back.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

import msgspec
import platformdirs

from .disk import locked, read_bytes, remove_file, replace_file
from .errors import FixError
from .plan import Plan, sha256

VERSION = 1
STATE_VARIABLE = "ISOLATION_TUI_STATE"
"""Environment variable that puts the state folder somewhere else."""


class Intent(Enum):
    """What the journal's owner is doing, or has done."""

    APPLYING = "applying"
    APPLIED = "applied"
    UNDOING = "undoing"


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One file's two contents. ``before`` is None for a file that the fix creates; ``mode`` is its permission bits."""

    relative: str
    before: bytes | None
    after: bytes
    before_sha256: str | None
    after_sha256: str
    mode: int | None


@dataclass(frozen=True, slots=True)
class Journal:
    """The record of one fix. ``time`` is when it was applied, UTC, ISO 8601."""

    version: int
    recipe: str
    root: str
    intent: Intent
    time: str
    files: tuple[FileRecord, ...]


@dataclass(frozen=True, slots=True)
class JournalFolder:
    """Where the journal of one project lies. ``root`` is resolved."""

    root: Path
    folder: Path

    @classmethod
    def of(cls, root: Path) -> JournalFolder:
        """The journal folder of the project at ``root``; nothing is created."""
        resolved = root.resolve()
        name = hashlib.sha256(os.fsencode(resolved)).hexdigest()[:24]
        return cls(resolved, state_folder() / "journals" / name)

    @property
    def file(self) -> Path:
        """The journal itself."""
        return self.folder / "journal.json"

    def exists(self) -> bool:
        """Whether there is a journal; raises FixError where that cannot be seen."""
        try:
            return self.file.exists()
        except OSError as error:
            raise self._unusable(error) from error

    @contextmanager
    def held(self) -> Iterator[None]:
        """Create the folder (0700) if need be and hold the project's lock; raises FixBusy, FixError."""
        with ExitStack() as stack:
            try:
                self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                stack.enter_context(locked(self.folder / "lock"))
            except OSError as error:
                raise self._unusable(error) from error
            yield

    def read(self) -> Journal | None:
        """The journal, None where there is none; raises FixError where it cannot be read or understood."""
        content = read_bytes(self.file)
        if content is None:
            return None
        try:
            journal = msgspec.json.decode(content, type=Journal)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise FixError(f"the journal {self.file} cannot be understood ({error}); remove it to go on.") from error
        if journal.version != VERSION or not all(map(_intact, journal.files)):
            raise FixError(f"the journal {self.file} is damaged or of another version; remove it to go on.")
        return journal

    def write(self, journal: Journal) -> None:
        """Put the journal on the disk, in one step; raises FixError."""
        try:
            replace_file(self.file, msgspec.json.format(msgspec.json.encode(journal)), 0o600)
        except OSError as error:
            raise FixError(f"the journal {self.file} cannot be written: {error.strerror or error}.") from error

    def remove(self) -> None:
        """Take the journal away: the project is as it was; raises FixError."""
        try:
            remove_file(self.file)
        except OSError as error:
            raise FixError(f"the journal {self.file} cannot be removed: {error.strerror or error}.") from error

    def _unusable(self, error: OSError) -> FixError:
        return FixError(
            f"the journal folder {self.folder} cannot be used: {error.strerror or error}. "
            f"Set {STATE_VARIABLE} to a folder that can be written."
        )


def state_folder() -> Path:
    """The user's state folder of isolation-tui: ``ISOLATION_TUI_STATE``, else the platform's."""
    override = os.environ.get(STATE_VARIABLE)
    return Path(override) if override else platformdirs.user_state_path("isolation-tui")


def journal_of(plan: Plan) -> Journal:
    """The journal to write before ``plan`` is applied."""
    records = tuple(
        FileRecord(
            relative=change.relative,
            before=change.before,
            after=change.after,
            before_sha256=None if change.before is None else sha256(change.before),
            after_sha256=sha256(change.after),
            mode=None if change.before is None else change.path.stat().st_mode & 0o7777,
        )
        for change in plan.changes
    )
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Journal(VERSION, plan.recipe, str(plan.root), Intent.APPLYING, now, records)


def with_intent(journal: Journal, intent: Intent) -> Journal:
    """The same journal, saying that its owner now does ``intent``."""
    return replace(journal, intent=intent)


def _intact(record: FileRecord) -> bool:
    before = None if record.before is None else sha256(record.before)
    return before == record.before_sha256 and sha256(record.after) == record.after_sha256
