"""The baseline: a text file of accepted leaks, one a line, that reads well in a diff.

    # comment
    rows  memory.users  tests/test_users.py::test_create
    tables  memory.discounts  fixture discounts in tests/conftest.py

One line a leak: its kind, its location, its author; sorted; without counts, which would change from run to run.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, unquote

from ..settings import KINDS
from .leaks import LeakKey

HEADER = (
    "# Accepted leaks: kind, location, author. Written by pytest --isolation-update-baseline;\n"
    "# delete the line of a leak that is fixed.\n"
)
_KEEP = "".join(chr(code) for code in range(33, 127) if chr(code) != "%")
"""Written as they are; so is everything beyond ASCII that can be printed."""


class BaselineError(ValueError):
    """Something is wrong with the baseline file; the message names the line."""


def read(file: Path) -> frozenset[LeakKey]:
    """Read the file. Raises :class:`BaselineError`."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise BaselineError(f"there is no baseline {file}: --isolation-update-baseline writes it.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BaselineError(f"the baseline {file} cannot be read: {error}") from error
    return frozenset(_parsed(file, at, line) for at, line in enumerate(lines, 1) if line.strip() and line[0] != "#")


def write(file: Path, keys: Iterable[LeakKey]) -> None:
    """Replace the file in one step: readers find the old one or the new one. Raises OSError."""
    text = HEADER + "".join(sorted(f"{key.kind}  {_escaped(key.location)}  {_line(key.author)}\n" for key in keys))
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as new:
            new.write(text)
        mode = file.stat().st_mode & 0o777 if file.exists() else 0o666 & ~_umask()
        os.chmod(name, mode)
        os.replace(name, file)
    except BaseException:
        os.unlink(name)
        raise


def _parsed(file: Path, at: int, line: str) -> LeakKey:
    parts = line.strip().split(None, 2)
    if len(parts) != 3:
        raise BaselineError(f"{file}:{at}: expected: kind  location  author.")
    kind, location, author = parts
    if kind not in KINDS:
        raise BaselineError(f"{file}:{at}: unknown kind {kind!r}; the kinds are: {', '.join(KINDS)}.")
    return LeakKey(kind, unquote(location), unquote(author))


def _escaped(text: str) -> str:
    """The text without white space, which separates the fields."""
    return "".join(c if c in _KEEP or (ord(c) > 127 and c.isprintable()) else quote(c, safe="") for c in text) or "%20"


def _line(text: str) -> str:
    """The text on one line."""
    return re.sub(r"[^ -~]|%", lambda c: c[0] if c[0] != "%" and c[0].isprintable() else quote(c[0], safe=""), text)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
