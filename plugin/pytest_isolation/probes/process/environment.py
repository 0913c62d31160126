"""Environment variables, ``sys.path`` and the working directory."""

import functools
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
    """Compared whenever a unit leaves the stage, if anybody has set a variable since; and at the end of each test.

    Some forty values take a microsecond to compare, a dozen times a test. ``os.environ`` hands whatever is set or
    deleted to ``os.putenv`` and ``os.unsetenv``, which it looks up in its module (from Python 3.9 on): so these tell.
    Where the suite has put something else in their place, or in that of ``os.environ``, the end of the test tells.
    """

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._current_test = _key("PYTEST_CURRENT_TEST")
        self._environ: Any = os.environ
        self._seen: Dict[Any, Any] = {}
        self.path: List[Any] = []
        """``sys.path``, or a list that nothing else is, where it is no list."""
        self.length = 0
        self._list: List[int] = []
        """Ids of what is in it."""
        self._path: Tuple[Any, ...] = ()
        self.stirred = True
        """Whether a variable may have been set since the last look."""
        self._told = sys.version_info >= (3, 9)
        if self._told:
            os.putenv = self._telling(os.putenv)
            os.unsetenv = self._telling(os.unsetenv)

    def _telling(self, call: Any) -> Any:
        pytests = (self._current_test,)

        @functools.wraps(call)
        def telling(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            if args[:1] != pytests:
                self.stirred = True
            return call(*args, **kwargs)

        return telling

    def begin(self) -> None:
        self._environ = os.environ
        data = _data(os.environ)
        self._seen = dict(data) if data is not None else {}
        self._remember_path()

    def look(self) -> None:
        """Where :attr:`stirred`, or where ``sys.path`` is not :attr:`path` or not of that :attr:`length`."""
        environ: Any = os.environ
        if environ is not self._environ:
            self._changes.saw("env", "os.environ", id(self._environ), id(environ), "another object stands for it")
            self._environ = environ
        if type(environ) is _Environ:
            self.stirred = not self._told
            self._compare(environ._data)
        path = sys.path
        if path is not self.path or len(path) != self.length:
            self._compare_path()

    def look_closely(self) -> None:
        """Also where nobody told of a change; and where the path has changed and is as long as it was."""
        self.look()
        if list(map(id, self.path)) != self._list:
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
        self._remember_path()
        if before != self._path:
            detail = "%d entries, was %d" % (len(self._path), len(before))
            self._changes.saw("path", "sys.path", before, self._path, detail)

    def _remember_path(self) -> None:
        """As marks: strings are compared as such, anything else by identity."""
        path = sys.path
        if type(path) is list:
            self.path, self.length, self._list = path, len(path), list(map(id, path))
            self._path = tuple([each if type(each) is str else id(each) for each in path])
        else:
            self.path, self.length, self._list = [], 0, []
            self._path = (id(path),)


def _data(environ: Any) -> Optional[Dict[Any, Any]]:
    return environ._data if type(environ) is _Environ else None


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
