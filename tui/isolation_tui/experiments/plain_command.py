"""The plain pytest command that repeats a trial, for people and for the last confirmation."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path


def plain_command(
    python: str, arguments: Sequence[str], tests: Sequence[str], *, root: Path, cwd: Path
) -> tuple[str, ...]:
    """``PYTHON -m pytest ARGUMENTS NODEIDS``, to be run in ``cwd``. Node ids are relative to ``root``, pytest's root
    folder; on the command line they are relative to ``cwd``."""
    return (python, "-m", "pytest", *arguments, *(_on_command_line(each, root, cwd) for each in tests))


def command_line(command: Sequence[str], cwd: Path) -> str:
    """The command as text for a shell: ``cd DIR && PYTHON -m pytest ...``."""
    return f"cd {shlex.quote(str(cwd))} && {shlex.join(command)}"


def _on_command_line(nodeid: str, root: Path, cwd: Path) -> str:
    file, separator, inside = nodeid.partition("::")
    if root != cwd:
        file = os.path.relpath(root / file, cwd)
    if file.startswith(("-", "@")):  # an option, or a file of arguments
        file = os.path.join(os.curdir, file)
    return file + separator + inside
