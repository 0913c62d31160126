"""The workbench: a project's runs, its fix, and the watching of its files. Independent of any screen."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import Status, ToolError
from .fix import (
    FixError,
    FixStatus,
    NothingToFix,
    Plan,
    apply_fix,
    describe_status,
    finish_fix,
    fix_status,
    plan_fix,
    undo_fix,
)
from .launch import Project
from .model import Run
from .session import LiveSession, ReplaySession, Source

if TYPE_CHECKING:
    from .watch import Watcher

KEPT_RUNS = 20
"""Runs that stay in memory. Older ones are dropped, except those that are being compared or shown."""


class FixAction(Enum):
    """What can be done with the fix in a project's files."""

    APPLY = "apply"
    UNDO = "undo"
    FINISH = "finish"


@dataclass(frozen=True, slots=True)
class FixOutcome:
    """What became of a change that the fix makes to the project's files.

    ``waiting``: the run in progress is being stopped first. ``refused`` is the reason why no file was changed, '' if
    the change was made.
    """

    action: FixAction
    waiting: bool = False
    refused: str = ""

    @property
    def done(self) -> bool:
        """Whether the files were changed."""
        return not self.waiting and not self.refused


class Workbench:
    """The runs of a project, and the actions on it: run, stop, watch, apply and undo the fix.

    ``sources`` are the runs since the start, oldest first. ``record`` names the recording of the first run; later ones
    get a number before the suffix (``run.ndjson``, ``run-2.ndjson``). ``ignore`` are files that we write ourselves:
    the watcher ignores them. ``verify`` and ``off`` are passed to each session. Without a project (in a replay),
    nothing can run.
    """

    def __init__(
        self,
        project: Project | None,
        *,
        replay: Sequence[ReplaySession] = (),
        record: Path | None = None,
        colour: bool = True,
        port: int | None = None,
        watching: bool = False,
        ignore: Sequence[Path] = (),
        verify: bool = False,
        off: Sequence[str] = (),
    ) -> None:
        self.project = project
        self.sources: list[Source] = list(replay)
        self.shown: Source | None = self.sources[-1] if self.sources else None
        self.reason = ""
        """Why the latest run was started, as in ``test_api.py saved``; '' if the user started it."""
        self._record = record
        self._ignore = [*ignore, *([record] if record is not None else [])]
        self._runs = 0
        self._colour = colour
        self._port = port
        self._verify, self._off = verify, tuple(off)
        self._watcher: Watcher | None = None
        self._queued: tuple[str, ...] | None = None
        self._queued_change: tuple[FixAction, Plan | None] | None = None
        self.fix_outcome: FixOutcome | None = None
        """The outcome of the last change that was asked for; None before the first."""
        self._fix_status = FixStatus.CLEAN
        self.fix_failure = ""
        """Why the status of the fix is unknown ('' it is known): another process works on it, or a damaged journal."""
        self.read_fix_status()
        if watching:
            self.set_watching(True)

    # -- state ----------------------------------------------------------------------------------------------------

    @property
    def title(self) -> str:
        """The name of the project or of the recording."""
        if self.project is not None:
            return self.project.name
        return self.sources[-1].title if self.sources else ""

    @property
    def current(self) -> Source | None:
        """The run on show: the latest, unless the user chose another."""
        return self.shown

    @property
    def can_run(self) -> bool:
        """Whether there is a project to run; in a replay there is none."""
        return self.project is not None

    @property
    def fix_status(self) -> FixStatus:
        """The status of the fix when it was read last."""
        return self._fix_status

    @property
    def fix_remark(self) -> str:
        """What an earlier session left of the fix, with the commands that finish or undo it; '' if nothing."""
        if self.fix_failure:
            return f"The status of the fix is unknown: {self.fix_failure}"
        if self.project is None or self._fix_status is FixStatus.CLEAN:
            return ""
        return "; the suite runs on the files as they are. ".join(describe_status(self._fix_status, self.project.root))

    @property
    def watching(self) -> bool:
        return self._watcher is not None

    @property
    def watch_failure(self) -> str:
        """Why watching ended by itself ('' it did not)."""
        return self._watcher.failed if self._watcher is not None else ""

    @property
    def busy(self) -> bool:
        """Whether a run is in progress, or is still being stopped."""
        return any(not source.finished for source in self.sources)

    def before_after(self) -> tuple[Run | None, Run | None]:
        """The latest finished runs of the whole suite without and with the fix."""
        before = after = None
        for source in self.sources:
            if source.finished and not source.selected and not source.run.stopped:
                if source.run.fix:
                    after = source.run
                else:
                    before = source.run
        return before, after

    # -- runs ----------------------------------------------------------------------------------------------------

    def show(self, source: Source) -> None:
        """Choose the run to show."""
        self.shown = source

    def start(self, select: Sequence[str] = (), reason: str = "") -> None:
        """Run the suite, or the selected tests of it.

        A run in progress is stopped first and its teardown awaited, so that two runs never share a database. Raises
        :class:`ToolError` if the run cannot start.
        """
        self._require_project()
        self.reason = reason
        self._queue(tuple(select))

    def _require_project(self) -> Project:
        if self.project is None:
            raise ToolError(Status.USAGE, "A recording cannot be run again.", "Launch the project itself.")
        return self.project

    def _queue(self, select: tuple[str, ...]) -> None:
        asked = self._queued is not None
        self._queued = select
        if not self.busy:
            self._start_queued()
        elif not asked:  # a second stop would terminate pytest
            self.stop()

    def _start_queued(self) -> None:
        """Change the files if that was asked for, then run; a refused change starts no run."""
        select, self._queued = self._queued, None
        change, self._queued_change = self._queued_change, None
        if change is not None:
            self.fix_outcome = self._change_files(*change)
            if self.fix_outcome.refused:
                return
        if select is not None:
            self._begin(select)

    def _begin(self, select: tuple[str, ...]) -> None:
        assert self.project is not None
        self._runs += 1
        session = LiveSession(
            self.project,
            select=select,
            record=self._recording(),
            fix=self._fix_status is FixStatus.APPLIED,
            colour=self._colour,
            port=self._port,
            verify=self._verify,
            off=self._off,
        )
        self.sources.append(session)
        self.shown = session
        self._forget_old()

    def _recording(self) -> Path | None:
        if self._record is None or self._runs == 1:
            return self._record
        return self._record.with_stem(f"{self._record.stem}-{self._runs}")

    def _forget_old(self) -> None:
        compared = self.before_after()
        while len(self.sources) > KEPT_RUNS:
            oldest = next(
                (s for s in self.sources[:-1] if s.run not in compared and s is not self.shown and s.finished), None
            )
            if oldest is None:
                return
            oldest.close()
            self.sources.remove(oldest)

    def stop(self) -> None:
        """Stop the run; a further call terminates pytest, the next kills it."""
        for source in self.sources:
            if not source.finished:
                source.stop()

    def poll(self) -> bool:
        """Fold the facts that have arrived, rerun on save, start what was queued. True if anything on show changed.

        A queued change of files leaves its outcome in ``fix_outcome``. Raises :class:`ToolError` if a run cannot start.
        """
        changed = False
        for source in self.sources:
            if not source.finished:
                changed = source.poll() or changed
                if source.finished:
                    source.close()
        if self._watcher is not None:
            saved = self._watcher.drain()
            if saved and self.project is not None:
                names = sorted(path.name for path in saved)
                self.start(reason=f"{names[0]} saved" if len(names) == 1 else f"{len(names)} files saved")
                changed = True
        if self._queued is not None and not self.busy:
            self._start_queued()
            changed = True
        return changed

    def set_watching(self, on: bool) -> None:
        """Start or stop watching the project's files. While on, a saved file starts a run."""
        if on and self._watcher is None and self.project is not None:
            from .watch import Watcher  # loads watchfiles, which a run without --watch does not need

            self._watcher = Watcher(self.project.root, self._ignore)
        elif not on and self._watcher is not None:
            self._watcher.close()
            self._watcher = None

    # -- the fix -------------------------------------------------------------------------------------------------

    def read_fix_status(self) -> FixStatus:
        """Read the status of the fix from its journal.

        If that fails, ``fix_failure`` is the reason and the status stays the same: no run fails because of it.
        """
        self.fix_failure = ""
        if self.project is not None:
            try:
                self._fix_status = fix_status(self.project.root)
            except FixError as error:
                self.fix_failure = str(error)
        return self._fix_status

    def plan_fix(self) -> Plan:
        """Plan the fix from the project's files. Raises :class:`FixError` (NothingToFix if no recipe fits)."""
        if self.project is None:
            raise NothingToFix("A recording has no files to fix.")
        self.read_fix_status()
        if self.fix_failure:
            raise FixError(self.fix_failure)
        return plan_fix(self.project.root)

    def apply_and_run(self, plan: Plan) -> FixOutcome:
        """Apply the plan, then run the suite.

        A run in progress is stopped first and its teardown awaited, because files must not change under it: the
        outcome is then ``waiting``, and :meth:`poll` replaces ``fix_outcome`` when it is known. A refused change starts
        no run. Raises :class:`ToolError` if the run cannot start; the files are changed then.
        """
        return self._change_and_run(FixAction.APPLY, plan)

    def undo_and_run(self) -> FixOutcome:
        """Undo the fix, then run the suite; like :meth:`apply_and_run`."""
        return self._change_and_run(FixAction.UNDO)

    def finish_and_run(self) -> FixOutcome:
        """Finish the apply or undo that was interrupted, then run the suite; like :meth:`apply_and_run`."""
        return self._change_and_run(FixAction.FINISH)

    def undo_fix(self) -> FixOutcome:
        """Undo the fix without another run. Call it while nothing runs."""
        self.fix_outcome = self._change_files(FixAction.UNDO)
        return self.fix_outcome

    def _change_and_run(self, action: FixAction, plan: Plan | None = None) -> FixOutcome:
        self._require_project()
        self.reason = ""
        self._queued_change = (action, plan)
        self.fix_outcome = FixOutcome(action, waiting=True)
        self._queue(())
        return self.fix_outcome

    def _change_files(self, action: FixAction, plan: Plan | None = None) -> FixOutcome:
        """Change the project's files. The watcher is off meanwhile, so that our writes start no run."""
        root, watching = self._require_project().root, self.watching
        self.set_watching(False)
        try:
            if action is FixAction.UNDO:
                undo_fix(root)
            elif action is FixAction.FINISH:
                finish_fix(root)
            elif plan is not None:
                apply_fix(plan)
        except FixError as error:
            return FixOutcome(action, refused=str(error))
        finally:
            self.read_fix_status()
            self.set_watching(watching)
        return FixOutcome(action)

    # -- the end -------------------------------------------------------------------------------------------------

    def close(self, patience: float = 20.0) -> None:
        """Stop pytest, await its teardown for ``patience`` seconds, end it, and remove our files."""
        self.set_watching(False)
        self._queued = self._queued_change = None
        self.stop()
        deadline = time.monotonic() + patience
        while self.busy and time.monotonic() < deadline:
            if not self.poll():
                time.sleep(0.02)
        for source in self.sources:
            source.close()
