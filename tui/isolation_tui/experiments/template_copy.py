"""Let trials work on copies of the user's PostgreSQL databases (``--restore template``)."""

from __future__ import annotations

import subprocess
from pathlib import Path

from pytest_isolation.trials.template_copy import DATABASE_VARIABLE

from .trial_environment import child_environment

LIMIT = 300.0
"""Seconds that making one copy may take."""


class TemplateCopies:
    """The databases that are kept while trials use copies under their names. Made and dropped by the project's own
    interpreter, which has SQLAlchemy and the driver."""

    def __init__(self, python: str, inject: Path) -> None:
        self._python, self._inject = python, inject
        self._kept: list[str] = []

    @property
    def kept(self) -> tuple[str, ...]:
        """The URLs of those that are kept now."""
        return tuple(self._kept)

    def keep(self, url: str) -> str:
        """Keep one and make its first copy; why that was not possible, '' if it was."""
        self._kept.append(url)
        problem = self._do("keep", url)
        if problem:
            self.put_back(url)
        return problem

    def reset(self) -> str:
        """Make all copies again."""
        return next((problem for url in self._kept if (problem := self._do("reset", url))), "")

    def put_back(self, url: str) -> str:
        """Drop the copy, and give the database its name again."""
        problem = self._do("back", url)
        if not problem and url in self._kept:
            self._kept.remove(url)
        return problem

    def put_all_back(self) -> str:
        """Of each that is kept."""
        return next((problem for url in self.kept if (problem := self.put_back(url))), "")

    def _do(self, action: str, url: str) -> str:
        try:
            done = subprocess.run(
                [self._python, "-m", "pytest_isolation.trials.template_copy", action],
                env={**child_environment(self._inject), DATABASE_VARIABLE: url},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=LIMIT,
                check=False,
                start_new_session=True,  # Ctrl-C must not end it half-way
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"the database could not be copied: {error}"
        if done.returncode:
            last = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
            return f"the database could not be copied: {last[:300]}"
        return ""
