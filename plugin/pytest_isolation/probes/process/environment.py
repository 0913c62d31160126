"""Environment variables, ``sys.path`` and the working directory."""

import os
import sys
from typing import Any, Dict, List, Optional

from .changes import Changes

_Environ = type(os.environ)
_OURS = ("PYTEST_", "ISOLATION_TUI")
"""Set by pytest, by pytest-xdist and for us."""


def _key(name: str) -> Any:
    """As ``os.environ`` keeps it: bytes on POSIX."""
    encode: Any = getattr(os.environ, "encodekey", str)
    return encode(name)


class Environment:
    """Compared whenever a unit leaves the stage: copies of bytes and strings, in half a microsecond."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._environ: Any = os.environ
        self._current_test = _key("PYTEST_CURRENT_TEST")
        self._seen: Dict[Any, Any] = {}
        self._path: List[int] = []
        self._path_mark: Any = None

    def begin(self) -> None:
        self._environ = os.environ
        data = self._data()
        self._seen = dict(data) if data is not None else {}
        self._path_mark = self._mark_of_path()

    def look(self) -> None:
        data = self._data()
        if data is not None:
            seen, key = self._seen, self._current_test
            value = data.get(key)  # pytest sets it in every phase
            if value is None:
                seen.pop(key, None)
            else:
                seen[key] = value
            if data != seen:
                self._compare(data)
        path = sys.path
        if type(path) is not list or list(map(id, path)) != self._path:
            before, self._path_mark = self._path_mark, self._mark_of_path()
            if before != self._path_mark:
                detail = "%s entries, was %s" % (len(self._path_mark), len(before))
                self._changes.saw("path", "sys.path", before, self._path_mark, detail)

    def _data(self) -> Optional[Dict[Any, Any]]:
        environ: Any = os.environ
        if environ is not self._environ:
            self._changes.saw("env", "os.environ", id(self._environ), id(environ), "another object stands for it")
            self._environ = environ
        return getattr(environ, "_data", None) if type(environ) is _Environ else None

    def _compare(self, data: Dict[Any, Any]) -> None:
        seen, self._seen = self._seen, dict(data)
        for key in {**seen, **data}:
            before, now = seen.get(key), data.get(key)
            if before != now and type(key) in (bytes, str):
                name = os.fsdecode(key)
                if not name.startswith(_OURS):
                    self._changes.saw("env", name, before, now)

    def _mark_of_path(self) -> Any:
        """Strings are compared as such, anything else by identity."""
        path = sys.path
        if type(path) is not list:
            self._path = []
            return (id(path),)
        self._path = list(map(id, path))
        return tuple([each if type(each) is str else id(each) for each in path])


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
