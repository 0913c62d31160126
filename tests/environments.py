"""Throw-away virtual environments: other interpreters, pytests and SQLAlchemys, without this project.

They are built once, under the user's cache folder, and named after what is in them; a second run of the tests finds
them there. A test that needs an interpreter which this machine lacks is skipped, and says which one.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import platformdirs
import pytest


@dataclass(frozen=True)
class Environment:
    """``python`` as in 3.9, and what pip installs. ``path`` builds it where it is not there yet."""

    name: str
    python: str
    packages: tuple[str, ...]

    @property
    def interpreter(self) -> str:
        """Its own interpreter; the test is skipped where it cannot be had."""
        base = find_interpreter(self.python)
        if base is None:
            pytest.skip(f"needs Python {self.python}, which is neither on PATH nor under PYENV_ROOT")
        recipe = json.dumps([base, self.packages])
        folder = _store() / f"{self.name}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
        with _locked(folder.with_suffix(".lock")):
            if not (folder / "complete").exists():
                _build(base, folder, self.packages)
        return str(folder / "bin" / "python")


_OURS = f"{sys.version_info[0]}.{sys.version_info[1]}"

CURRENT = Environment("current", _OURS, ("pytest>=9.1", "SQLAlchemy>=2.1"))
PLUGINS = Environment(
    "plugins", _OURS,
    (
        "pytest>=9.1", "pytest-randomly", "pytest-cov", "pytest-rerunfailures", "pytest-asyncio", "pytest-xdist",
        "SQLAlchemy>=2.1",
    ),
)  # fmt: skip
LIBRARIES = Environment(
    "libraries", _OURS,
    (
        "pytest>=9.1", "pytest-randomly", "pytest-rerunfailures", "pytest-asyncio", "pytest-mock", "anyio",
        "SQLAlchemy>=2.0.40,<2.1", "Flask-SQLAlchemy>=3.1,<3.2", "sqlmodel", "factory_boy", "aiosqlite", "asyncpg",
    ),
)  # fmt: skip
"""Some of them are plugins which take a second to load: for the suite that needs them all."""
OLD = Environment("old", "3.9", ("pytest==7.4.4", "pytest-subtests", "SQLAlchemy==1.4.54"))
OLD_DATABASES = Environment(
    "old-databases", "3.9", (*OLD.packages, "psycopg2-binary", "asyncpg", "aiosqlite", "greenlet")
)
USUAL = Environment(
    "usual", "3.11",
    ("pytest==8.4.2", "pytest-subtests", "SQLAlchemy>=2.0.40,<2.1", "Flask-SQLAlchemy>=3.1,<3.2"),
)  # fmt: skip
NEWEST = Environment("newest", "3.13", ("pytest>=9.1", "SQLAlchemy>=2.1", "freezegun", "time-machine"))
GENERATIONS = (OLD, USUAL, NEWEST)
"""The oldest, the usual and the newest of what is supported: whatever is concluded is the same with all of them."""
ANCIENT = Environment("ancient", "3.9", ("pytest==6.2.5", "SQLAlchemy==1.3.24"))


def _store() -> Path:
    folder = Path(platformdirs.user_cache_dir("isolation-tui")) / "test-venvs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def find_interpreter(version: str) -> str | None:
    """An interpreter of that version that really starts (pyenv's shims may name one that is not installed)."""
    roots = [Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"]
    found = [path for root in roots for path in root.glob(f"{version}.*/bin/python")]
    candidates = [str(path) for path in sorted(found, key=_numbers, reverse=True)]
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        candidates.insert(0, str(getattr(sys, "_base_executable", sys.executable)))
    on_path = shutil.which(f"python{version}")
    if on_path:
        candidates.append(on_path)
    ask = "import sys, sqlite3, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
    for candidate in candidates:
        asked = subprocess.run([candidate, "-c", ask], capture_output=True, text=True, check=False)
        if asked.stdout.strip() == version:
            return candidate
    return None


def _numbers(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", path.parts[-3])]


def _build(base: str, folder: Path, packages: tuple[str, ...]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    quiet = {"env": env, "capture_output": True, "text": True, "check": False}
    made = subprocess.run([base, "-m", "venv", str(folder)], **quiet)  # type: ignore[call-overload]
    assert made.returncode == 0, made.stderr
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    installed = subprocess.run([*pip, *packages], **quiet)  # type: ignore[call-overload]
    if installed.returncode:
        pytest.skip(f"pip could not install {', '.join(packages)}: {installed.stderr.strip()[-400:]}")
    (folder / "complete").touch()


class _locked:
    """One builder at a time, also when two runs of the tests share the machine."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w")

    def __enter__(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        self._file.close()
