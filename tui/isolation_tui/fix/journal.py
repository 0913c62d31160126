"""The journal: a record on disk of the fix in a project, from which it can be finished or undone after any crash.

It is outside the project, in the user's state folder, so that ``git status`` stays clean:
``<state>/journals/<hash of the root>/journal.json``, beside the project's lock. It is written before the first file of
the project is changed, and removed after the last file is restored.
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
"""Environment variable that sets another state folder."""


class Intent(Enum):
    """What was being done, or was done, when the journal was written."""

    APPLYING = "applying"
    APPLIED = "applied"
    UNDOING = "undoing"


@dataclass(frozen=True, slots=True)
class FileRecord:
    """The two contents of a file. ``before`` is None if the fix creates it; ``mode`` has its permission bits."""

    relative: str
    before: bytes | None
    after: bytes
    before_sha256: str | None
    after_sha256: str
    mode: int | None


@dataclass(frozen=True, slots=True)
class Journal:
    """The record of one fix. ``time`` is when it was applied, in UTC and ISO 8601."""

    version: int
    recipe: str
    root: str
    intent: Intent
    time: str
    files: tuple[FileRecord, ...]


@dataclass(frozen=True, slots=True)
class JournalFolder:
    """The folder of a project's journal. ``root`` is resolved."""

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
        """Whether there is a journal; raises FixError if the folder cannot be read."""
        try:
            return self.file.exists()
        except OSError as error:
            raise self._unusable(error) from error

    @contextmanager
    def held(self) -> Iterator[None]:
        """Create the folder (0700) if needed and hold the project's lock; raises FixBusy, FixError."""
        with ExitStack() as stack:
            try:
                self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                stack.enter_context(locked(self.folder / "lock"))
            except OSError as error:
                raise self._unusable(error) from error
            yield

    def read(self) -> Journal | None:
        """The journal, None if there is none; raises FixError if it is unreadable or damaged."""
        content = read_bytes(self.file)
        if content is None:
            return None
        try:
            journal = msgspec.json.decode(content, type=Journal)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise FixError(f"the journal {self.file} is not valid ({error}); remove it to continue.") from error
        if journal.version != VERSION or not all(map(_intact, journal.files)):
            raise FixError(f"the journal {self.file} is damaged or of another version; remove it to continue.")
        return journal

    def write(self, journal: Journal) -> None:
        """Write the journal in one step; raises FixError."""
        try:
            replace_file(self.file, msgspec.json.format(msgspec.json.encode(journal)), 0o600)
        except OSError as error:
            raise FixError(f"the journal {self.file} cannot be written: {error.strerror or error}.") from error

    def remove(self) -> None:
        """Remove the journal once the project is restored; raises FixError."""
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
    """The state folder: ``ISOLATION_TUI_STATE``, else the platform's folder for isolation-tui."""
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
    return Journal(
        version=VERSION,
        recipe=plan.recipe,
        root=str(plan.root),
        intent=Intent.APPLYING,
        time=now,
        files=records,
    )


def with_intent(journal: Journal, intent: Intent) -> Journal:
    """The same journal with another intent."""
    return replace(journal, intent=intent)


def _intact(record: FileRecord) -> bool:
    before = None if record.before is None else sha256(record.before)
    return before == record.before_sha256 and sha256(record.after) == record.after_sha256
