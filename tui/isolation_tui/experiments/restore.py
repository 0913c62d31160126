"""Let every trial begin from the same start: the project's files put back, and the user's restore commands run."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..launch.process import plugin_folder, private_folder
from ..launch.project import Project
from .fresh_process import FreshProcess
from .kept_files import KeepError, KeptFiles, opened_elsewhere
from .template_copy import TemplateCopies
from .trial_environment import user_environment

TEMPLATE = "template"
"""In place of a restore command: copy the databases."""

COMMAND_LIMIT = 300.0
"""Seconds that a restore command may take."""


def recover(project: Project) -> str:
    """Put back what a killed run of trials left changed in the project; why that could not be done, '' if it was."""
    folder = private_folder()
    try:
        copies = TemplateCopies(project.python, plugin_folder(folder))
        files = KeptFiles(project.root, copies.put_back)
        if not files.left_by_killed_run():
            return ""
        files.begin((), "")
        return files.close()
    except KeepError as error:
        return str(error)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sqlite_files(urls: Iterable[str], cwd: Path) -> list[Path]:
    """The database files that SQLAlchemy's URLs lead to, and that are there. A relative one is below ``cwd``."""
    found = []
    for url in urls:
        scheme, separator, rest = url.partition(":///")
        name = rest.partition("?")[0]
        if separator and scheme.startswith("sqlite") and name not in ("", ":memory:") and not name.startswith("file:"):
            found.append(cwd / name)
    return [path for path in dict.fromkeys(found) if path.is_file()]


class Restore:
    """The start of the trials of one prober.

    ``databases`` are SQLite files that the observed run used; ``commands`` are run by the shell in the project's folder
    before each trial. The command ``template`` copies the PostgreSQL databases that trials use.
    """

    def __init__(
        self,
        project: Project,
        folder: Path,
        inject: Path,
        *,
        databases: Sequence[Path] = (),
        commands: Sequence[str] = (),
    ) -> None:
        self.commands = tuple(each for each in commands if each != TEMPLATE)
        self.copies_databases = TEMPLATE in commands
        self._project, self._folder, self._marker = project, folder, str(inject)
        self._copies = TemplateCopies(project.python, inject)
        self._databases = tuple(databases)
        self._files = KeptFiles(project.root, self._copies.put_back)
        self._failed: str | None = None
        self._command: FreshProcess | None = None

    @property
    def keep(self) -> str:
        """The folder that a trial's process keeps copies in."""
        return str(self._files.folder)

    def before_trial(self, servers: Iterable[str] = ()) -> str:
        """Make the start; why it is not equal to the first one, '' if it is. ``servers`` are the URLs of the databases
        on servers that trials are known to use."""
        if self._failed is None:
            self._failed = self._begin()
        return self._failed or self._files.unequal() or self._copy(servers) or self._run_commands()

    def _copy(self, servers: Iterable[str]) -> str:
        if not self.copies_databases:
            return ""
        problem = self._copies.reset()
        for url in servers:
            if not problem and url not in self._copies.kept:
                self._files.note_database(url)
                problem = self._copies.keep(url)
        return problem

    def after_trial(self) -> str:
        """Put back what the trial changed; why that could not be done, '' if it was."""
        return "" if self._failed is None or self._failed else self._files.put_back()

    def changed_by_collecting(self) -> str:
        """The first file that is not as it was at the start, '' if all are: what importing changed."""
        return self._files.changed()

    def fingerprint(self) -> str:
        """Of the start of each trial."""
        if self._failed is None or self._failed:
            return ""
        commands = hashlib.sha256("\0".join(self.commands).encode("utf-8", "surrogateescape")).hexdigest()[:8]
        return f"{self._files.fingerprint()}-{commands}" if self.commands else self._files.fingerprint()

    def stop(self) -> None:
        """End the command that runs; from any thread."""
        command = self._command
        if command is not None:
            command.stop()

    def close(self) -> str:
        """Everything as it was before the first trial; why that could not be done, '' if it was."""
        if self._failed is None or self._failed:
            return ""
        return self._copies.put_all_back() or self._files.close()

    def _begin(self) -> str:
        for path in self._databases:
            user = opened_elsewhere(path.resolve())
            if user:
                return f"{path} is in use by another process ({user})"
        try:
            self._files.begin(self._databases, self._marker)
        except KeepError as error:
            return str(error)
        return ""

    def _run_commands(self) -> str:
        for number, command in enumerate(self.commands):
            output = self._folder / f"restore-{number}"
            try:
                self._command = FreshProcess(
                    ("/bin/sh", "-c", command),
                    self._project.cwd,
                    user_environment(),
                    output,
                    marker="",
                    children_stay=True,
                )
                ending = self._command.wait(COMMAND_LIMIT)
            except OSError as error:
                return f"the restore command could not be started: {error.strerror}"
            finally:
                self._command = None
            if ending.timed_out:
                return f"the restore command took longer than {COMMAND_LIMIT:.0f} s: {command}"
            if ending.status:
                last = next((line for line in reversed(ending.output.splitlines()) if line.strip()), "")
                return f"the restore command failed with status {ending.status}: {last.strip()[:300]}"
        return ""
