"""The plan of a fix: the files with their contents before and after, the diff, and the summary."""

from __future__ import annotations

import difflib
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

FileKind = Literal["NEW", "MODIFY"]
ChangeType = Literal["NEW", "MODIFY", "ADD"]


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file that the fix creates or modifies.

    ``before`` is None for a new file. ``added`` and ``removed`` count the lines of ``diff``. ``what`` has a phrase for
    each change in the file, in order.
    """

    path: Path
    relative: str
    kind: FileKind
    before: bytes | None
    after: bytes
    added: int
    removed: int
    diff: str
    what: tuple[str, ...]

    @classmethod
    def of(
        cls, root: Path, path: Path, *, before: bytes | None, after: bytes, what: tuple[str, ...] = ()
    ) -> FileChange:
        """The change from ``before`` to ``after``, with its diff and line counts."""
        relative = path.relative_to(root).as_posix()
        diff = unified_diff(relative, before, after)
        added, removed = count_lines(diff)
        kind: FileKind = "NEW" if before is None else "MODIFY"
        return cls(
            path=path,
            relative=relative,
            kind=kind,
            before=before,
            after=after,
            added=added,
            removed=removed,
            diff=diff,
            what=what,
        )


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """A row of the summary of changes. ``lines`` counts the changed lines: ``+61``, ``-18`` or ``+3 -3``."""

    change_type: ChangeType
    file: str
    what: str
    lines: str
    impact: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A fix to show or apply. ``root`` is resolved; every change is below it."""

    recipe: str
    root: Path
    changes: tuple[FileChange, ...]
    summary: tuple[SummaryRow, ...]

    @property
    def diff(self) -> str:
        """The unified diff of all files, with names as in ``git diff``."""
        return "".join(change.diff for change in self.changes)

    @property
    def added(self) -> int:
        """Lines added in all files."""
        return sum(change.added for change in self.changes)

    @property
    def removed(self) -> int:
        """Lines removed in all files."""
        return sum(change.removed for change in self.changes)


def sha256(content: bytes) -> str:
    """Hexadecimal SHA-256 of ``content``."""
    return hashlib.sha256(content).hexdigest()


def unified_diff(relative: str, before: bytes | None, after: bytes) -> str:
    """The unified diff of one file, with all line ends as ``\\n``."""
    old, new = _shown_lines(before or b""), _shown_lines(after)
    source = "/dev/null" if before is None else f"a/{relative}"
    lines: list[str] = []
    for line in difflib.unified_diff(old, new, source, f"b/{relative}"):
        lines.append(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
    return "".join(lines)


def count_lines(diff: str) -> tuple[int, int]:
    """Lines added and removed by a unified diff of one file."""
    body = diff.splitlines()[2:]
    return sum(line.startswith("+") for line in body), sum(line.startswith("-") for line in body)


def _shown_lines(content: bytes) -> list[str]:
    text = content.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    shown = [f"{line}\n" for line in lines[:-1]]
    return [*shown, lines[-1]] if lines[-1] else shown
