"""Apply a plan, undo it, and finish an apply or undo that was interrupted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from .disk import read_bytes, refuse_unsafe_target, remove_file, remove_temporary, replace_file
from .errors import ChangedSincePlan, EditedSinceFix, FixError, FixInterrupted
from .journal import FileRecord, Intent, Journal, JournalFolder, journal_of, with_intent
from .plan import Plan


class FixStatus(Enum):
    """Whether the fix is in a project's files."""

    CLEAN = "clean"
    APPLIED = "applied"
    INTERRUPTED_APPLY = "interrupted apply"
    INTERRUPTED_UNDO = "interrupted undo"


@dataclass(frozen=True, slots=True)
class Applied:
    """A fix that was applied. ``files`` are relative to the project's root."""

    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Undone:
    """A fix that was undone: ``files``, relative to the project's root, have their old content byte for byte."""

    files: tuple[str, ...]


def fix_status(root: Path) -> FixStatus:
    """The status of the fix in the project at ``root``; writes nothing.

    Raises FixBusy while another process works on it, FixError if the journal or a file that it names is unreadable.
    """
    home = JournalFolder.of(root)
    if not home.exists():
        return FixStatus.CLEAN
    with home.held():
        journal = home.read()
        if journal is None:
            return FixStatus.CLEAN
        if journal.intent is Intent.APPLIED and all(_is_before(home.root, record) for record in journal.files):
            return FixStatus.CLEAN  # undone in another way, as with git
        return {
            Intent.APPLYING: FixStatus.INTERRUPTED_APPLY,
            Intent.APPLIED: FixStatus.APPLIED,
            Intent.UNDOING: FixStatus.INTERRUPTED_UNDO,
        }[journal.intent]


def apply_fix(plan: Plan) -> Applied:
    """Apply the plan, all of it or nothing.

    Raises ChangedSincePlan if a file changed since the plan was made, FixInterrupted if an earlier fix was interrupted,
    FixBusy if another process is changing the project, and FixError if a file cannot be written. The project is
    unchanged in each case.
    """
    home = JournalFolder.of(plan.root)
    for change in plan.changes:
        refuse_unsafe_target(home.root, change.path)
    with home.held():
        _refuse_over_another_fix(home)
        changed = [change.relative for change in plan.changes if read_bytes(change.path) != change.before]
        if changed:
            raise ChangedSincePlan(changed)
        journal = journal_of(plan)
        home.write(journal)
        return _apply(home, journal)


def undo_fix(root: Path) -> Undone:
    """Restore every file to its content before the fix, also if the fix or an undo of it was interrupted.

    Raises EditedSinceFix if an edit would be lost, FixError if there is nothing to undo or a file cannot be written.
    The project is unchanged in each case.
    """
    home = JournalFolder.of(root)
    if not home.exists():
        raise FixError(f"no fix is applied in {home.root}; there is nothing to undo.")
    with home.held():
        journal = home.read()
        if journal is None:
            raise FixError(f"no fix is applied in {home.root}; there is nothing to undo.")
        return _undo(home, journal)


def finish_fix(root: Path) -> Applied | Undone:
    """Finish the apply or undo that was interrupted.

    Raises FixError if none was, ChangedSincePlan or EditedSinceFix if a file was edited since. The project is unchanged
    in each case.
    """
    home = JournalFolder.of(root)
    nothing = FixError(f"no fix was interrupted in {home.root}; there is nothing to finish.")
    if not home.exists():
        raise nothing
    with home.held():
        journal = home.read()
        if journal is None or journal.intent is Intent.APPLIED:
            raise nothing
        if journal.intent is Intent.UNDOING:
            return _undo(home, journal)
        edited = list(_edited(home.root, journal.files))
        if edited:
            raise ChangedSincePlan(edited)
        return _apply(home, journal)


def _apply(home: JournalFolder, journal: Journal) -> Applied:
    def on_restored() -> None:
        if all(_is_before(home.root, record) for record in journal.files):
            home.remove()

    _all_or_none(home.root, journal.files, _write_after, on_restored)
    home.write(with_intent(journal, Intent.APPLIED))
    return Applied(_names(journal))


def _undo(home: JournalFolder, journal: Journal) -> Undone:
    edited = list(_edited(home.root, journal.files))
    if edited:
        raise EditedSinceFix(edited)
    for record in journal.files:
        refuse_unsafe_target(home.root, home.root / record.relative)
    home.write(with_intent(journal, Intent.UNDOING))
    _all_or_none(home.root, journal.files[::-1], _write_before, lambda: home.write(journal))
    home.remove()
    return Undone(_names(journal))


def _all_or_none(
    root: Path,
    records: tuple[FileRecord, ...],
    step: Callable[[Path, FileRecord], None],
    on_restored: Callable[[], None],
) -> None:
    """Do ``step`` for every record. If one fails, restore all files and raise FixError."""
    back = [_write_after if _is_after(root, record) else _write_before for record in records]
    for record in records:
        try:
            step(root, record)
        except OSError as error:
            reason = f"{record.relative} cannot be written: {error.strerror or error}."
            try:
                for write, written in zip(back, records, strict=True):
                    write(root, written)
            except OSError as second:
                raise FixInterrupted(
                    f"{reason} Restoring the other files failed too ({second}). The journal has their contents: "
                    "make the project writable, then undo the fix."
                ) from error
            on_restored()
            raise FixError(f"{reason} Every file was restored.") from error


def _write_after(root: Path, record: FileRecord) -> None:
    path = root / record.relative
    remove_temporary(path)
    if not _is_after(root, record):
        replace_file(path, record.after, record.mode)


def _write_before(root: Path, record: FileRecord) -> None:
    path = root / record.relative
    remove_temporary(path)
    if _is_before(root, record):
        return
    if record.before is None:
        remove_file(path)
    else:
        replace_file(path, record.before, record.mode)


def _refuse_over_another_fix(home: JournalFolder) -> None:
    journal = home.read()
    if journal is None:
        return
    if journal.intent is not Intent.APPLIED:
        raise FixInterrupted(f"an earlier fix in {home.root} was interrupted; finish it or undo it first.")
    if any(_is_after(home.root, record) for record in journal.files):
        raise FixError(f"a fix is already applied in {home.root}; undo it first.")


def _edited(root: Path, records: Iterable[FileRecord]) -> Iterable[str]:
    return (f.relative for f in records if not _is_before(root, f) and not _is_after(root, f))


def _is_before(root: Path, record: FileRecord) -> bool:
    return read_bytes(root / record.relative) == record.before


def _is_after(root: Path, record: FileRecord) -> bool:
    return read_bytes(root / record.relative) == record.after


def _names(journal: Journal) -> tuple[str, ...]:
    return tuple(record.relative for record in journal.files)
