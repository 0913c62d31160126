"""The project's files as they were before the first trial: kept aside, and put back after each.

A folder of the project below the user's state folder holds the copies and a journal, to which the plugin adds in the
trial's own process, before it writes to a file. After any crash the journal is enough to put everything back.

A file is put back only if a trial touched it. One that changed though no trial touched it is somebody else's work.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_isolation.trials.touched_files import FOLDER, SIDE_FILES

from ..fix.disk import locked, remove_temporary, sync_folder, temporary_beside
from ..fix.errors import FixBusy
from ..fix.journal import STATE_VARIABLE, state_folder
from .fresh_process import kill_marked


class KeepError(Exception):
    """The project's files cannot be kept aside; ``str(error)`` says why, for people."""


@dataclass(slots=True)
class _Kept:
    """A file at the start. ``copy`` is None for one that was not there, and for a folder; ``seen`` is its stat when it
    was last known to have this content."""

    path: Path
    copy: Path | None
    digest: str = ""
    mode: int = 0
    mtime: int = 0
    folder: bool = False
    seen: tuple[int, ...] | None = None


class KeptFiles:
    """The files of one project. Call :meth:`begin` first, :meth:`put_back` after each trial, :meth:`close` at last."""

    def __init__(self, root: Path, put_database_back: Callable[[str], str] = lambda url: "") -> None:
        """``put_database_back`` is called with the URL of each database that a killed run had kept."""
        self._put_database_back = put_database_back
        name = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:24]
        self.folder = state_folder() / "trials" / name
        self._journal = self.folder / "journal"
        self._root = root
        self._kept: dict[Path, _Kept] = {}
        self._touched: set[Path] = set()
        self._unkept: dict[Path, str] = {}
        self._start = ""
        self._read = 0
        self._count = 0
        self._held = ExitStack()

    def begin(self, databases: Sequence[Path], marker: str) -> None:
        """Put back what a killed run left, then keep ``databases`` with the files beside them; raises KeepError.

        ``marker`` is text in the environment of this prober's processes: a later recovery kills them by it.
        """
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._held.enter_context(locked(self.folder / "lock"))
            self._recover()
            shutil.rmtree(self.folder / "aside", ignore_errors=True)  # of the run before this
            self._note(kind="begin", marker=marker)
            for path in databases:
                real = Path(os.path.realpath(path))
                for each in (real, *(real.with_name(real.name + end) for end in SIDE_FILES)):
                    self._keep(each)
            self._read_journal()
            self._start = _fingerprint(self._kept.values())
        except FixBusy as error:
            raise KeepError("another isolation-tui runs trials in this project; wait for it") from error
        except OSError as error:
            self._held.close()
            raise KeepError(
                f"{self.folder} cannot be used to keep the project's files: {error.strerror or error}. "
                f"Set {STATE_VARIABLE} to a folder with room"
            ) from error

    def note_database(self, url: str) -> None:
        """It is about to be kept under another name: a killed run puts it back at its next start. The URL may hold a
        password: no other user may read the journal."""
        self._note(kind="database", url=url)

    def expect_writes(self, databases: Sequence[Path]) -> None:
        """They, and the files beside them, are about to be written to by what reports no writes."""
        for real in databases:
            for each in (real, *(real.with_name(real.name + end) for end in SIDE_FILES)):
                self._note(kind="touched", path=str(each))

    def note_new(self, path: Path) -> None:
        """It was not there at the start: put aside what is there now."""
        for each in (path, *(path.with_name(path.name + end) for end in SIDE_FILES)):
            self._note(kind="file", path=str(each), kept="")
        self.expect_writes((path,))

    def left_by_killed_run(self) -> bool:
        """Whether there is something to recover."""
        return self._journal.exists()

    def put_back(self, *, durable: bool = False) -> str:
        """Give each file that a trial touched the content it had; why that could not be done, '' if it was."""
        self._read_journal()
        problems = []
        for kept in sorted(self._kept.values(), key=lambda each: each.path):
            if kept.path in self._touched and not _is_original(kept):
                try:
                    self._restore(kept, durable)
                except OSError as error:
                    problems.append(f"{kept.path} could not be put back: {error.strerror or error}")
        if self._touched and not problems:
            self._touched.clear()
            self._note(kind="clean")
        return problems[0] if problems else ""

    def unequal(self) -> str:
        """Why a trial would not begin like the first one, '' if it would."""
        self._read_journal()
        for path, why in self._unkept.items():
            return f"{path} was written to and could not be kept aside ({why})"
        for kept in self._kept.values():
            if kept.path not in self._touched and not _is_original(kept):
                return f"{kept.path} changed though no trial touched it"
        return ""

    def changed(self) -> str:
        """The first of the files that is not as it was, '' if all are."""
        self._read_journal()
        return next((str(kept.path) for kept in self._kept.values() if not _is_original(kept)), "")

    def fingerprint(self) -> str:
        """Of the databases as they were at the start. A file found later was then as it is now, or a trial does not
        begin (:meth:`unequal`)."""
        return self._start

    def close(self) -> str:
        """Put everything back for good; why that could not be done, '' if it was. Then a later start tries again."""
        try:
            problem = self.put_back(durable=True)
            if not problem:
                self._forget()
            return problem
        finally:
            self._held.close()

    def _keep(self, path: Path) -> None:
        """Copy a file aside, before any trial."""
        try:
            found = path.stat()
        except FileNotFoundError:
            self._note(kind="file", path=str(path), kept="")
            return
        self._count += 1
        copy = self.folder / f"start-{self._count}"
        shutil.copyfile(path, copy)
        _sync(copy)
        self._note(
            kind="file", path=str(path), kept=copy.name, mode=stat.S_IMODE(found.st_mode), mtime=found.st_mtime_ns
        )

    def _restore(self, kept: _Kept, durable: bool) -> None:
        if kept.folder:
            kept.path.mkdir(parents=True, exist_ok=True)
            os.chmod(kept.path, kept.mode)
        elif kept.copy is None:
            self._put_aside(kept.path)
        else:
            kept.path.parent.mkdir(parents=True, exist_ok=True)
            remove_temporary(kept.path)
            temporary = temporary_beside(kept.path)
            shutil.copyfile(kept.copy, temporary)
            os.chmod(temporary, kept.mode)
            os.utime(temporary, ns=(kept.mtime, kept.mtime))
            if durable:
                _sync(temporary)
            os.replace(temporary, kept.path)
        if durable:
            sync_folder(kept.path.parent)
        kept.seen = _stat(kept.path)

    def _put_aside(self, path: Path) -> None:
        """What a trial made is not deleted unseen: it is there until the next run of trials."""
        aside = self.folder / "aside"
        aside.mkdir(mode=0o700, exist_ok=True)
        self._count += 1
        if path.exists() or path.is_symlink():
            shutil.move(path, aside / f"{self._count}-{path.name}")

    def _recover(self) -> None:
        if not self._journal.exists():
            return
        for record in _records(self._journal):
            if record.get("kind") == "begin" and isinstance(record.get("marker"), str):
                kill_marked(record["marker"])
        urls = [str(each.get("url")) for each in _records(self._journal) if each.get("kind") == "database"]
        problems = [self.put_back(durable=True), *map(self._put_database_back, dict.fromkeys(urls))]
        if any(problems):
            raise OSError(next(filter(None, problems)))
        self._forget()
        self._kept, self._unkept, self._read = {}, {}, 0

    def _forget(self) -> None:
        """The journal goes first: copies without one are rubbish, a journal without copies would be a loss."""
        with suppress(FileNotFoundError):
            os.unlink(self._journal)
        sync_folder(self.folder)
        for path in self.folder.iterdir():
            if path.is_file() and path.name != "lock":
                path.unlink()

    def _note(self, **record: object) -> None:
        descriptor = os.open(self._journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            file.write(json.dumps(record).encode("ascii") + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _read_journal(self) -> None:
        for record in list(_records(self._journal))[self._read :]:
            self._read += 1
            path = Path(str(record.get("path", "")))
            match record.get("kind"):
                case "file":
                    self._kept.setdefault(path, self._from_record(path, record))
                case "touched":
                    self._touched.add(path)
                case "unkept":
                    self._unkept[path] = str(record.get("why", ""))
                case "clean":
                    self._touched.clear()

    def _from_record(self, path: Path, record: dict[str, Any]) -> _Kept:
        name = str(record.get("kept", ""))
        if name == FOLDER:
            return _Kept(path, None, mode=int(record.get("mode", 0o755)), folder=True)
        if not name or os.sep in name:
            return _Kept(path, None)
        copy = self.folder / name
        return _Kept(
            path=path,
            copy=copy,
            digest=_digest(copy),
            mode=int(record.get("mode", 0o644)),
            mtime=int(record.get("mtime", 0)),
        )


def opened_elsewhere(path: Path, spare: Sequence[int] = ()) -> int:
    """The pid of another process that has the file open, 0 if none is seen (only this user's are)."""
    for place in Path("/proc").glob("[0-9]*"):
        pid = int(place.name)
        if pid == os.getpid() or pid in spare:
            continue
        with suppress(OSError):
            if any(os.readlink(each) == str(path) for each in (place / "fd").iterdir()):
                return pid
    return 0


def _records(journal: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = journal.read_bytes().splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        with suppress(ValueError):  # cut off
            record = json.loads(line)
            if isinstance(record, dict):
                yield record


def _fingerprint(files: Iterable[_Kept]) -> str:
    parts = sorted(f"{kept.path}={kept.digest}" for kept in files if kept.digest)
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _is_original(kept: _Kept) -> bool:
    now = _stat(kept.path)
    if kept.folder:
        return kept.path.is_dir()
    if kept.copy is None:
        return now is None
    if now is None:
        return False
    if now != kept.seen:
        if not kept.path.is_file() or _digest(kept.path) != kept.digest:
            return False
        kept.seen = now
    return True


def _stat(path: Path) -> tuple[int, ...] | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
