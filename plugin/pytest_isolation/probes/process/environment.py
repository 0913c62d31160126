"""Environment variables, ``sys.path`` and the working directory."""

import os
import sys
from typing import Any, Dict, List, Optional, Tuple

from .changes import Changes

_Environ: Any = type(os.environ)
_OURS = ("PYTEST_", "ISOLATION_TUI")
"""Set by pytest, by pytest-xdist and for us."""


def _key(name: str) -> Any:
    """As ``os.environ`` keeps it: bytes on POSIX."""
    encode: Any = getattr(os.environ, "encodekey", str)
    return encode(name)


class Environment:
    """Compared whenever a unit leaves the stage: the values alone, in a fifth of a microsecond. That misses, until the
    test's end, a value that got another name and kept its place."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._current_test = _key("PYTEST_CURRENT_TEST")
        self._environ = id(os.environ)
        self._seen: Dict[Any, Any] = {}
        self._values: Tuple[Any, ...] = ()
        self._list: List[int] = []
        """Ids: of ``sys.path`` and of what is in it."""
        self._path: Tuple[Any, ...] = ()

    def begin(self) -> None:
        self._environ = id(os.environ)
        data = _data(os.environ)
        self._seen = dict(data) if data is not None else {}
        self._values = tuple(self._seen.values())
        self._list, self._path = _path()

    def look(self) -> None:
        environ: Any = os.environ
        if id(environ) != self._environ:
            self._changes.saw("env", "os.environ", self._environ, id(environ), "another object stands for it")
            self._environ = id(environ)
        if type(environ) is _Environ:
            values = tuple(environ._data.values())
            if values != self._values:
                self._values = values
                self._compare(environ._data)
        path = sys.path
        if type(path) is not list or len(path) != len(self._list) - 1:
            self._compare_path()

    def look_closely(self) -> None:
        """Also the names; and where the path has changed and is as long as it was."""
        self._values = ()
        self.look()
        path = sys.path
        if type(path) is not list or [id(path), *map(id, path)] != self._list:
            self._compare_path()

    def _compare(self, data: Dict[Any, Any]) -> None:
        seen, key = self._seen, self._current_test
        if key in data:  # pytest sets it in every phase
            seen[key] = data[key]
        else:
            seen.pop(key, None)
        if data == seen:
            return
        self._seen = dict(data)
        for key in {**seen, **data}:
            before, now = seen.get(key), data.get(key)
            if before != now and type(key) in (bytes, str):
                name = os.fsdecode(key)
                if not name.startswith(_OURS):
                    self._changes.saw("env", name, before, now)

    def _compare_path(self) -> None:
        before = self._path
        self._list, self._path = _path()
        if before != self._path:
            detail = "%d entries, was %d" % (len(self._path), len(before))
            self._changes.saw("path", "sys.path", before, self._path, detail)


def _data(environ: Any) -> Optional[Dict[Any, Any]]:
    return environ._data if type(environ) is _Environ else None


def _path() -> Tuple[List[int], Tuple[Any, ...]]:
    """Ids, and marks: strings are compared as such, anything else by identity."""
    path = sys.path
    if type(path) is not list:
        return [id(path)], (id(path),)
    return [id(path), *map(id, path)], tuple([each if type(each) is str else id(each) for each in path])


class Directory:
    """The working directory: a call of the system, and so looked at less often."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._seen = ""

    def begin(self) -> None:
        self._seen = _directory()

    def look(self) -> None:
        now = _directory()
        if now != self._seen:
            before, self._seen = self._seen, now
            self._changes.saw("cwd", "cwd", before, now, "" if now else "it is no more")


_getcwd = {"call": os.getcwd}
"""In a dict: tests that patch ``os.getcwd`` must not be called by us."""


def _directory() -> str:
    try:
        return _getcwd["call"]()
    except OSError:
        return ""
