"""Numbers, durations, places and node ids in words. What comes from the suite is made safe here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pytest_isolation.events import Place

from .sanitize import clean


class RunFolders(Protocol):
    """The two folders of a run that paths are shown relative to."""

    rootdir: str
    cwd: str


def number(count: int, one: str, many: str = "") -> str:
    """``1 test``, ``14 tests``."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def listed(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    *first, last = words or ("",)
    return f"{', '.join(first)} and {last}" if first else last


def seconds(duration: float) -> str:
    """A duration in a readable unit.

    >>> [seconds(value) for value in (0.0004, 0.0123, 3.14, 75, 3725)]
    ['0.4 ms', '12 ms', '3.1 s', '1:15 min', '1:02 h']
    """
    if duration < 0.00995:
        return f"{duration * 1000:.1f} ms"
    if duration < 0.9995:
        return f"{duration * 1000:.0f} ms"
    if duration < 59.95:
        return f"{duration:.1f} s"
    whole = round(duration)
    return f"{whole // 60}:{whole % 60:02} min" if whole < 3600 else f"{whole // 3600}:{whole % 3600 // 60:02} h"


def relative(path: str, root: str) -> str:
    """``path`` relative to ``root``; unchanged if it is not below it."""
    prefix = root.rstrip("/") + "/"
    return path[len(prefix) :] if root and path.startswith(prefix) else path


def where(place: Place, run: RunFolders) -> str:
    """``src/models/product.py:12``, relative to pytest's rootdir, else to its working directory.

    The module if the file is not known; '' if neither is.
    """
    if not place.file:
        return clean(place.module)
    shown = relative(place.file, run.rootdir)
    if shown == place.file:
        shown = relative(shown, run.cwd)
    return f"{clean(shown)}:{place.line}" if place.line else clean(shown)


def test_name(nodeid: str) -> str:
    """A node id without its file; any other author unchanged. Parameters may contain anything.

    >>> test_name("tests/test_a.py::TestUsers::test_it[a::b/c]"), test_name("fixture client")
    ('TestUsers::test_it[a::b/c]', 'fixture client')
    """
    return clean(nodeid.partition("::")[2] or nodeid)


def without_folders(nodeid: str) -> str:
    """A node id without the folders of its file. Parameters may contain anything.

    >>> without_folders("tests/unit/test_a.py::test_it[a/b]")
    'test_a.py::test_it[a/b]'
    """
    file, colons, name = nodeid.partition("::")
    return file.rpartition("/")[2] + colons + name
