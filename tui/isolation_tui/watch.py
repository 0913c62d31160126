"""Watch a project's files: which saved files start a run, and when a save is complete."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path, PurePath

from watchfiles import Change, DefaultFilter, watch

STEP_MS = 50
"""Milliseconds between two looks while changes arrive."""

DEBOUNCE_MS = 400
"""Milliseconds after which a save is reported even if files still change; editors write several files in a row."""

_IGNORED_FOLDERS = frozenset(DefaultFilter.ignore_dirs) | frozenset(
    {".venv", "venv", "build", "dist", ".isolation-tui", ".ruff_cache", ".coverage", "htmlcov", "instance", ".eggs"}
)
_WATCHED_SUFFIXES = frozenset(
    {".py", ".pyi", ".toml", ".ini", ".cfg", ".sql", ".html", ".jinja", ".jinja2", ".j2", ".yaml", ".yml", ".env"}
)
"""Source and settings. Not .json, .txt, .db and the like: suites write those themselves and would start themselves."""


class SuiteFilter:
    """Selects source files below ``root``: no caches, version control, temporary or hidden files."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def __call__(self, change: Change, path: str) -> bool:
        try:
            return affects_tests(PurePath(path).relative_to(self._root))
        except ValueError:
            return False


def affects_tests(path: PurePath) -> bool:
    """Whether a change to this file (a path relative to the project) can change the outcome of a test."""
    if path.name.startswith(".") and path.name != ".env":
        return False
    if any(folder in _IGNORED_FOLDERS or folder.endswith(".egg-info") for folder in path.parts[:-1]):
        return False
    return path.suffix in _WATCHED_SUFFIXES or path.name == ".env"


class Watcher:
    """Watches a folder from a thread of its own. :meth:`drain` returns the files saved since the last call."""

    def __init__(self, root: Path, ignore: Iterable[Path] = ()) -> None:
        self._ignore = {path.resolve() for path in ignore}
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._saved: set[Path] = set()
        self.failed = ""
        self._thread = threading.Thread(target=self._watch, args=(root,), name="isolation-watch", daemon=True)
        self._thread.start()

    def drain(self) -> frozenset[Path]:
        """Remove and return the files saved since the last call."""
        with self._lock:
            saved, self._saved = frozenset(self._saved), set()
        return saved

    def close(self) -> None:
        """Stop watching and end the thread."""
        self._stop.set()
        self._thread.join(timeout=2.0)

    def _watch(self, root: Path) -> None:
        try:
            for changes in watch(
                root.resolve(),
                watch_filter=SuiteFilter(root),
                stop_event=self._stop,
                step=STEP_MS,
                debounce=DEBOUNCE_MS,
                rust_timeout=500,
                raise_interrupt=False,
            ):
                self._note({Path(path) for _, path in changes})
        except Exception as error:  # too many open files, a network share: the dashboard goes on
            self.failed = f"{root} is no longer watched: {str(error) or type(error).__name__}"

    def _note(self, paths: set[Path]) -> None:
        with self._lock:
            self._saved |= {path for path in paths if path.resolve() not in self._ignore}
