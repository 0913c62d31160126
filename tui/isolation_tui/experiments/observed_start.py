"""The start of the observed run: SQLite files of the project, kept before it and put back before the first trial.

Without it the trials would begin with what the observed run left, and a victim would fail alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from ..launch import Project
from ..model import Run
from .kept_files import KeepError, KeptFiles
from .project_files import project_files
from .restore import sqlite_files

_MAGIC = b"SQLite format 3\0"
_SOURCES = frozenset(
    (".py", ".pyc", ".md", ".txt", ".rst", ".js", ".ts", ".css", ".html", ".json", ".toml", ".yaml", ".yml")
)
MOST_FILES = 50_000
"""Files of a project that are looked at."""
LARGEST = 1 << 30
"""Bytes of all databases together that are copied."""


class ObservedStart:
    """Keeps the SQLite files of a project. Call :meth:`keep` before the run, :meth:`put_back` after it."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._files = KeptFiles(project.root)
        self._databases: list[Path] = []
        self._kept = False

    def keep(self) -> str:
        """Copy the databases aside; why that could not be done, '' if it was."""
        self._databases = list(find_databases(self._project.root))
        size = sum(path.stat().st_size for path in self._databases)
        if size > LARGEST:
            return f"the project's databases are too large to keep ({size >> 20} MB); pass --restore"
        try:
            self._files.begin(self._databases, "")
        except KeepError as error:
            return str(error)
        self._kept = True
        self._files.expect_writes(self._databases)
        return ""

    def put_back(self, run: Run) -> str:
        """Give the databases their content before ``run``, and put new ones aside. Why the start of the trials is not
        the run's, '' if it is."""
        if not self._kept:
            return ""
        labels = (each.label for worker in run.workers.values() for each in worker.databases.values())
        elsewhere = ""
        root = self._project.root.resolve()
        for path in sqlite_files(labels, self._project.cwd):
            real = Path(os.path.realpath(path))
            if real in self._databases:
                continue
            if real.is_relative_to(root):
                self._files.note_new(real)
            elif "pytest-of-" not in str(real) and real.stat().st_mtime >= run.started_at:
                elsewhere = f"the observed run changed {path}, which is outside the project; pass --restore"
        self._kept = False
        return self._files.close() or elsewhere

    def abandon(self) -> str:
        """Put the databases back without knowing what the run did."""
        if not self._kept:
            return ""
        self._kept = False
        return self._files.close()


def find_databases(root: Path) -> Iterator[Path]:
    """The SQLite files below a folder."""
    for path in islice(project_files(root), MOST_FILES):
        if path.suffix.lower() not in _SOURCES and _is_database(path):
            yield Path(os.path.realpath(path))


def _is_database(path: Path) -> bool:
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False
