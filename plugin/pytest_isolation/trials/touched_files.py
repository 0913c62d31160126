"""Keep a copy of each of the project's files before a trial writes to it.

An audit hook sees what this process opens, renames and removes, and which SQLite databases it connects to, before it
happens. The copies and a journal of them are in a folder of the prober's, which puts the files back. What another
process writes, one that a test starts, is not seen here.
"""

import json
import os
import sys
from typing import Any, Dict, Iterator, Optional, Set, Tuple

SIDE_FILES = ("-wal", "-shm", "-journal")
"""What SQLite puts beside a database file."""

FOLDER = "."
"""What is noted in place of a copy of a folder, which can only go when it is empty."""

LARGEST = 1 << 30
"""Bytes of a file that is kept."""

_CHUNK = 1 << 20
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_FAILS_ON_FOLDERS = ("open", "os.mkdir")
"""With an error: makedirs(exist_ok=True) tries it on each folder that is there."""

_IGNORED = {"__pycache__"}

# As functions in a container: a test may replace what modules name, and fake the file system.
_SYSTEM: Dict[str, Any] = {
    name: getattr(os, name)
    for name in ("open", "read", "write", "close", "fsync", "lstat", "readlink", "getpid", "fsdecode")
}
_SYSTEM.update({name: getattr(os.path, name) for name in ("abspath", "realpath", "join")})


class TouchedFiles:
    """The files below ``root`` that this process and its forks write to, and databases anywhere but in ``scratch``."""

    def __init__(self, root: str, keep: str, scratch: str) -> None:
        self._root = os.path.join(os.path.realpath(root), "")
        self._not_kept = tuple(os.path.join(os.path.realpath(each), "") for each in (scratch, keep))
        self._keep = keep
        self._journal = os.path.join(keep, "journal")
        self._known = set(_known(self._journal))
        self._seen: Set[str] = set()
        self._busy = False
        self._count = 0

    def install(self) -> None:
        """From now on, for as long as the process runs: a hook cannot be taken out."""
        sys.addaudithook(self._audit)

    def begin_trial(self) -> None:
        """Another trial: what it touches is noted again."""
        self._seen.clear()

    def _audit(self, event: str, args: Tuple[Any, ...]) -> None:
        paths = _EVENTS.get(event)
        if paths is None or self._busy:
            return
        self._busy = True
        try:
            for path, folder in paths(args):
                self._touch(path, folder, event)
        except Exception:
            pass  # a file that cannot be kept is not put back; the trial goes on
        finally:
            self._busy = False

    def _touch(self, given: Any, folder: Any, event: str) -> None:
        if not isinstance(given, (str, bytes, os.PathLike)):
            return
        name = _SYSTEM["fsdecode"](given)
        if isinstance(folder, int) and folder >= 0:  # shutil.rmtree goes from folder to folder
            name = _SYSTEM["join"](_SYSTEM["readlink"]("/proc/self/fd/%d" % folder), name)
        path = _resolved(name, event)
        database = event == "sqlite3.connect"
        if path in self._seen or not self._is_kept(path, database):
            return
        if event in _FAILS_ON_FOLDERS and os.path.isdir(path):
            return
        self._seen.add(path)
        for each in [path, *(path + end for end in SIDE_FILES)] if database else [path]:
            if each not in self._known:
                self._known.add(each)
                self._note(**self._copied(each, event))
            self._note(kind="touched", path=each)

    def _is_kept(self, path: str, database: bool) -> bool:
        if path.startswith(self._not_kept) or not _IGNORED.isdisjoint(path.split(os.sep)):
            return False
        return database or path.startswith(self._root)

    def _copied(self, path: str, event: str) -> Dict[str, Any]:
        try:
            found = _SYSTEM["lstat"](path)
        except OSError:
            return {"kind": "file", "path": path, "kept": ""}
        if event == "os.rmdir":
            return {"kind": "file", "path": path, "kept": FOLDER, "mode": found.st_mode & 0o7777}
        regular = (found.st_mode & 0o170000) == 0o100000
        if not regular or found.st_size > LARGEST:
            return {"kind": "unkept", "path": path, "why": "too large" if regular else "no regular file"}
        self._count += 1
        name = "%d-%d" % (_SYSTEM["getpid"](), self._count)
        try:
            self._copy(path, _SYSTEM["join"](self._keep, name))
        except OSError as error:
            return {"kind": "unkept", "path": path, "why": error.strerror or str(error)}
        return {"kind": "file", "path": path, "kept": name, "mode": found.st_mode & 0o7777, "mtime": found.st_mtime_ns}

    def _copy(self, path: str, target: str) -> None:
        open_, read, write, close = (_SYSTEM[name] for name in ("open", "read", "write", "close"))
        source = open_(path, os.O_RDONLY)
        try:
            copy = open_(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                while True:
                    data = read(source, _CHUNK)
                    if not data:
                        break
                    while data:
                        data = data[write(copy, data) :]
                _SYSTEM["fsync"](copy)
            finally:
                close(copy)
        finally:
            close(source)

    def _note(self, **record: Any) -> None:
        """One line, on the disk before the write that it is about."""
        journal = _SYSTEM["open"](self._journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            _SYSTEM["write"](journal, json.dumps(record).encode("ascii") + b"\n")
        finally:
            _SYSTEM["close"](journal)


def _resolved(name: str, event: str) -> str:
    """The file that is written to, behind all links; for what takes or gives a name, the link itself."""
    path = _SYSTEM["abspath"](name)
    if event in ("open", "sqlite3.connect", "os.truncate"):
        return str(_SYSTEM["realpath"](path))
    folder, name = os.path.split(path)
    return str(_SYSTEM["join"](_SYSTEM["realpath"](folder), name))


_Named = Iterator[Tuple[Any, Any]]
"""Names, each with the descriptor of the folder that it is relative to (-1 or None: the current one)."""


def _opened(args: Tuple[Any, ...]) -> _Named:
    if len(args) > 2 and isinstance(args[2], int) and args[2] & _WRITING:
        yield args[0], None


def _first(args: Tuple[Any, ...]) -> _Named:
    yield args[0], args[-1]


def _only(args: Tuple[Any, ...]) -> _Named:
    yield args[0], None


def _both(args: Tuple[Any, ...]) -> _Named:
    yield args[0], args[2]
    yield args[1], args[3]


def _second(args: Tuple[Any, ...]) -> _Named:
    yield args[1], args[-1]


def _database(args: Tuple[Any, ...]) -> _Named:
    path = _database_path(args[0])
    if path:
        yield path, None


def _database_path(given: Any) -> Optional[str]:
    """The file that ``sqlite3.connect`` opens; None for a database in memory."""
    name = _SYSTEM["fsdecode"](given)
    if name.startswith("file:"):
        from urllib.parse import unquote, urlsplit

        parts = urlsplit(name)
        if "mode=memory" in parts.query:
            return None
        name = unquote(parts.path)
    return name if name and name != ":memory:" else None


_EVENTS = {
    "open": _opened,
    "sqlite3.connect": _database,
    "os.rename": _both,
    "os.remove": _first,
    "os.truncate": _only,
    "os.mkdir": _first,
    "os.rmdir": _first,
    "os.link": _second,
    "os.symlink": _second,
}


def _known(journal: str) -> Iterator[str]:
    try:
        with open(journal, "rb") as file:
            for line in file:
                record = json.loads(line)
                if record["kind"] in ("file", "unkept"):
                    yield record["path"]
    except (OSError, ValueError, KeyError):
        return
