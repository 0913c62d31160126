"""Environment variables, ``sys.path`` and the working directory."""

import functools
import os
import sys
from typing import Any, Dict, List, Optional, Tuple

from ...patches import Patches
from .changes import Changes
from .patches import PUTENV, UNSETENV

_Environ: Any = type(os.environ)
_OURS = ("PYTEST_", "ISOLATION_TUI")
"""Set by pytest, by pytest-xdist and for us."""


def _key(name: str) -> Any:
    """A name as ``os.environ`` keeps it: bytes on POSIX."""
    encode: Any = getattr(os.environ, "encodekey", str)
    return encode(name)


class Environment:
    """Environment variables and ``sys.path``, compared when a unit ends if a variable was set, and after each test.

    Forty values take a microsecond to compare, a dozen times a test. So a flag says whether that is needed:
    ``os.environ`` calls ``os.putenv`` and ``os.unsetenv`` for every change, and looks them up in its module (from
    Python 3.9 on). If the suite replaces these or ``os.environ``, the change is seen when the test has ended. In safe
    mode the values are compared whenever a unit ends.
    """

    def __init__(self, changes: Changes, patches: Patches) -> None:
        self._changes = changes
        self._current_test = _key("PYTEST_CURRENT_TEST")
        self._environ: Any = os.environ
        self._seen: Dict[Any, Any] = {}
        self.path: List[Any] = []
        """``sys.path``, or an empty list if it is not a list."""
        self.length = 0
        self._list: List[int] = []
        """Ids of its entries."""
        self._path: Tuple[Any, ...] = ()
        self.may_differ = True
        """Whether a variable may have been set since it was last observed."""
        installed = [patches.install(patch, self._flagging) for patch in (PUTENV, UNSETENV)]
        self._is_flagged = all(installed)

    def _flagging(self, call: Any) -> Any:
        set_by_pytest = (self._current_test,)

        @functools.wraps(call)
        def flagging(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            if args[:1] != set_by_pytest:
                self.may_differ = True
            return call(*args, **kwargs)

        return flagging

    def begin(self) -> None:
        self._environ = os.environ
        data = _data(os.environ)
        self._seen = dict(data) if data is not None else {}
        self._remember_path()

    def observe(self) -> None:
        """Called if :attr:`may_differ`, or if ``sys.path`` is not :attr:`path` or has another :attr:`length`."""
        environ: Any = os.environ
        if environ is not self._environ:
            self._changes.note("env", "os.environ", id(self._environ), id(environ), "replaced by another object")
            self._environ = environ
        if type(environ) is _Environ:
            self.may_differ = not self._is_flagged
            self._compare(environ._data)
        path = sys.path
        if path is not self.path or len(path) != self.length:
            self._compare_path()

    def observe_closely(self) -> None:
        """Compare without the flag too, and see a path that has changed and is as long as before."""
        self.observe()
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
                    self._changes.note("env", name, before, now)

    def _compare_path(self) -> None:
        before = self._path
        self._remember_path()
        if before != self._path:
            detail = "%d entries, was %d" % (len(self._path), len(before))
            self._changes.note("path", "sys.path", before, self._path, detail)

    def _remember_path(self) -> None:
        """As fingerprints: strings are compared as such, anything else by identity."""
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
    """The working directory; asking for it is a system call, so it is observed less often."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._seen = ""

    def begin(self) -> None:
        self._seen = _directory()

    def observe(self) -> None:
        now = _directory()
        if now != self._seen:
            before, self._seen = self._seen, now
            self._changes.note("cwd", "cwd", before, now, "" if now else "it no longer exists")


_getcwd = {"call": os.getcwd}
"""In a dict: the probe must not call what a test patches into ``os.getcwd``."""


def _directory() -> str:
    try:
        return _getcwd["call"]()
    except OSError:
        return ""
