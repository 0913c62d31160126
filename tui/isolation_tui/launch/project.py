"""Find a project, its interpreter, and whether that can run pytest with the plugin."""

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

_NAMES = (".venv", "venv")
_REPOSITORY = (".git", ".hg")
_CONFIGURATION = ("pyproject.toml", "setup.py", "setup.cfg", "pytest.ini", "tox.ini")
"""Outside a repository, the nearest folder with one of these is the project's."""

_PROBE = """
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
        pass  # no pytest, or a broken one
print(json.dumps(found))
"""


@dataclass(frozen=True, slots=True)
class Project:
    """A suite to run: ``cd CWD && PYTHON -m pytest ARGS``. ``args`` begin with the path of a file or node id."""

    root: Path
    """The folder that the user named: it is watched, and the fix is planned below it."""
    cwd: Path
    args: tuple[str, ...]
    python: str

    @property
    def name(self) -> str:
        return self.root.name or str(self.root)


def find_project(path: str | None, args: tuple[str, ...] = (), python: str | None = None) -> Project:
    """Find the project at ``path``: a folder, a file, or a node id; None means the current folder.

    A folder is run from within, a file or node id from the current folder. Raises :class:`ToolError` (NO_SUCH_PATH,
    INTERPRETER or PYTEST_TOO_OLD).
    """
    given = path or "."
    file, separator, _ = given.partition("::")
    place = Path(file).expanduser()
    if not place.exists():
        raise ToolError(
            Status.NO_SUCH_PATH,
            f"There is no {file}.",
            "Name the folder of a project, a test file or a node id, or name none inside the project's folder.",
        )
    place = place.resolve()
    if place.is_dir() and not separator:
        root, cwd, own = place, place, tuple[str, ...]()
    else:
        root, cwd, own = place if place.is_dir() else place.parent, Path.cwd(), (given,)
    interpreter = _find_python(root, python)
    _check(interpreter)
    return Project(root, cwd, (*own, *args), interpreter)


def _find_python(root: Path, explicit: str | None) -> str:
    """Choose ``--python``, else the environment of the project, else the activated one, else ours."""
    if explicit:
        found = shutil.which(os.path.expanduser(explicit))
        if found is None:
            raise ToolError(
                Status.INTERPRETER,
                f"There is no interpreter {explicit}.",
                "Pass the path of the project's interpreter, as in --python .venv/bin/python.",
            )
        # Absolute but not resolved: Python finds its virtual environment by the link.
        return os.path.abspath(found)
    active = os.environ.get("VIRTUAL_ENV")
    inside, outside = _environments(root)
    for environment in (*inside, *([Path(active)] if active else []), *outside):
        for name in ("bin/python", "Scripts/python.exe"):
            if (environment / name).exists():
                return str(environment / name)
    return sys.executable


def _environments(folder: Path) -> tuple[list[Path], list[Path]]:
    """Where environments may be at or above the folder, nearest first: those of its project, and those further up."""
    folders = [folder, *folder.parents]
    ends = (_first_with(folders, _REPOSITORY), _first_with(folders, _CONFIGURATION), 0)
    last = next(end for end in ends if end is not None)
    inside, outside = folders[: last + 1], folders[last + 1 :]
    return [at / name for at in inside for name in _NAMES], [at / name for at in outside for name in _NAMES]


def _first_with(folders: list[Path], names: tuple[str, ...]) -> int | None:
    return next((at for at, folder in enumerate(folders) if any((folder / name).exists() for name in names)), None)


def describe_interpreter(project: Project, explicit: str | None = None) -> str:
    """A sentence for a user whose activated environment is not the one in use; '' if there is nothing to explain."""
    active = os.environ.get("VIRTUAL_ENV")
    used = Path(project.python).parents[1]  # ENVIRONMENT/bin/python
    if explicit or not active or Path(active).resolve() in (Path(sys.prefix).resolve(), used.resolve()):
        return ""
    return f"using {project.python}, not the activated {active}; --python chooses another."


def _check(python: str) -> None:
    """Raise :class:`ToolError` unless the interpreter can run a pytest that the plugin supports."""
    try:
        answer = subprocess.run(
            [python, "-c", _PROBE], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False
        )
        found = json.loads(answer.stdout.strip().splitlines()[-1])
    except (OSError, subprocess.TimeoutExpired, ValueError, IndexError) as error:
        raise ToolError(
            Status.INTERPRETER, f"{python} does not run as a Python interpreter.", "Choose another with --python."
        ) from error
    version = found["pytest"]
    if version is None:
        raise ToolError(
            Status.INTERPRETER,
            f"{python} has no pytest.",
            f"Install it there ({python} -m pip install pytest), or choose the project's interpreter with --python.",
        )
    if tuple(found["python"]) < OLDEST_PYTHON:
        raise ToolError(
            Status.INTERPRETER, f"{python} is older than Python 3.7.", "The plugin supports Python 3.9 and newer."
        )
    if _numbers(version) < OLDEST_PYTEST:
        raise ToolError(
            Status.PYTEST_TOO_OLD,
            f"{python} has pytest {version}, and the plugin needs 6.2 or newer.",
            "Upgrade pytest there, or choose another interpreter with --python.",
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
