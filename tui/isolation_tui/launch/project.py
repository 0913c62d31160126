"""Where a project is, which interpreter is its own, and whether that one can run pytest under us."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ..errors import Status, ToolError

OLDEST_PYTEST = (6, 2)
OLDEST_PYTHON = (3, 7)

_ASK = """
import json, sys
found = {"python": sys.version_info[:2], "pytest": None}
try:
    try:
        from importlib.metadata import version
    except ImportError:
        from importlib_metadata import version
    found["pytest"] = version("pytest")
except Exception:
    try:
        import pytest
        found["pytest"] = pytest.__version__
    except Exception:
        pass  # there is none, or it is broken: None says so
print(json.dumps(found))
"""


@dataclass(frozen=True, slots=True)
class Project:
    """What is to be run. ``cwd`` is where pytest starts; ``args`` are its arguments (a path given, then the user's).

    Running it equals ``cd CWD && PYTHON -m pytest ARGS``.
    """

    root: Path
    """What the user named: the folder that is watched, and below which a fix is planned."""
    cwd: Path
    args: tuple[str, ...]
    python: str
    pytest_version: str

    @property
    def name(self) -> str:
        return self.root.name or str(self.root)


def find_project(path: str | None, args: tuple[str, ...] = (), python: str | None = None) -> Project:
    """The project at ``path`` (a folder, a file, or a node id; None is the current folder).

    A folder is run from within itself, a file or node id from the current folder. Raises :class:`ToolError`:
    NO_SUCH_PATH, INTERPRETER or PYTEST_TOO_OLD.
    """
    given = path or "."
    file, separator, _ = given.partition("::")
    place = Path(file).expanduser()
    if not place.exists():
        raise ToolError(
            Status.NO_SUCH_PATH,
            f"There is no {file}.",
            "Give the folder of a project, a test file, or a node id; or go to the project and give none.",
        )
    place = place.resolve()
    if place.is_dir() and not separator:
        root, cwd, own = place, place, tuple[str, ...]()
    else:
        root, cwd, own = place if place.is_dir() else place.parent, Path.cwd(), (given,)
    interpreter = _find_python(root, python)
    return Project(root, cwd, (*own, *args), interpreter, _check(interpreter))


def _find_python(root: Path, explicit: str | None) -> str:
    if explicit:
        found = shutil.which(os.path.expanduser(explicit))
        if found is None:
            raise ToolError(
                Status.INTERPRETER,
                f"There is no interpreter {explicit}.",
                "Give --python the path of the project's own python, such as .venv/bin/python.",
            )
        # Absolute, but not resolved: the link is what makes it the virtual environment's.
        return os.path.abspath(found)
    active = os.environ.get("VIRTUAL_ENV")
    candidates = [Path(active)] if active else []
    for folder in (root, *root.parents):
        candidates += [folder / ".venv", folder / "venv"]
    for environment in candidates:
        for inside in ("bin/python", "Scripts/python.exe"):
            if (environment / inside).exists():
                return str(environment / inside)
    return sys.executable


def _check(python: str) -> str:
    """The version of its pytest."""
    try:
        asked = subprocess.run(
            [python, "-c", _ASK], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False
        )
        found = json.loads(asked.stdout.strip().splitlines()[-1])
    except (OSError, subprocess.TimeoutExpired, ValueError, IndexError) as error:
        raise ToolError(
            Status.INTERPRETER, f"{python} does not run as a Python interpreter.", "Give another one with --python."
        ) from error
    version = found["pytest"]
    if version is None:
        raise ToolError(
            Status.INTERPRETER,
            f"{python} has no pytest.",
            f"Install it there ({python} -m pip install pytest), or give the project's own interpreter with --python.",
        )
    if tuple(found["python"]) < OLDEST_PYTHON:
        raise ToolError(
            Status.INTERPRETER, f"{python} is older than Python 3.7.", "The plugin needs 3.9, and tries from 3.7 on."
        )
    if _numbers(version) < OLDEST_PYTEST:
        raise ToolError(
            Status.PYTEST_TOO_OLD,
            f"{python} has pytest {version}; the oldest that can be observed is 6.2.",
            "Upgrade pytest there (7.4 or newer is tested), or give another interpreter with --python.",
        )
    return str(version)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
