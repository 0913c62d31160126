"""``launch --headless --fix``: run, apply the conftest fix, run again, compare, and undo the fix."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import Status, ToolError
from ..fix import FixError, FixStatus, NothingToFix, Plan, describe_status, fix_command
from ..model import Run
from ..report.comparison import draw_before_after, draw_plan
from ..report.exit_status import exit_status
from ..report.json.document import fix_document
from .headless import Headless

if TYPE_CHECKING:
    from rich.console import Console

UNDONE, KEPT, NOT_APPLIED, LEFT = "undone", "kept", "not applied", "left applied"


class FixMeasurement:
    """A measurement of the fix. It is undone however the runs end (an exception, Ctrl-C, SIGTERM), unless ``keep``."""

    def __init__(self, headless: Headless, keep: bool = False) -> None:
        self._headless = headless
        self._workbench = headless.workbench
        self._keep = keep
        self._outcome = NOT_APPLIED
        self._problem = ""

    def run(self) -> int:
        """Run both times and return the exit status.

        Raises :class:`ToolError` (FIX) before any run if a fix is applied already, or was interrupted.
        """
        project = self._workbench.project
        assert project is not None
        status = self._workbench.read_fix_status()
        if self._workbench.fix_failure:
            raise ToolError(Status.FIX, f"The fix: {self._workbench.fix_failure}")
        refuse_unless_clean(status, project.root, "so there is no run without it to compare with")
        before = self._headless.run()
        self._headless.print_summary(before, title=f"BEFORE  {before.title}")
        plan = self._plan(before.run)
        after = self._run_with(plan) if plan is not None else None
        if after is not None:
            self._headless.print(lambda console: _draw_comparison(console, before.run, after))
        return self._end(before.run, after, plan)

    def _plan(self, before: Run) -> Plan | None:
        """Plan the fix. None if this run cannot be compared with another, or no recipe fits."""
        if self._headless.interrupts.count:
            self._problem = "The run was stopped, so the fix was not applied."
        elif exit_status(before) not in (0, 1):
            self._problem = "The suite did not finish, so the fix was not applied."
        else:
            try:
                plan = self._workbench.plan_fix()
            except NothingToFix as error:
                self._problem = f"The conftest fix does not fit this project: {error.reason}"
            except FixError as error:
                self._problem = f"The fix could not be planned: {error}"
            else:
                self._headless.print(lambda console: _draw_plan_below(console, plan))
                return plan
        return None

    def _run_with(self, plan: Plan) -> Run | None:
        """Apply, run, undo. None if the plan could not be applied."""
        if self._headless.interrupts.count:
            self._problem = "The command was stopped, so the fix was not applied."
            return None
        try:
            applied = self._workbench.apply_and_run(plan)
            if applied.refused:
                self._problem = f"The fix could not be applied: {applied.refused}"
                return None
            self._outcome = LEFT
            after = self._headless.follow()
        except BaseException:
            self._workbench.close()  # awaits pytest's end, so that no file changes during the run
            if self._workbench.fix_status is not FixStatus.CLEAN:
                self._undo()
            if self._problem:
                self._headless.progress.note(self._problem)
            raise
        self._undo()
        self._headless.print_summary(after, brief=True, title=f"AFTER  {after.title}")
        return after.run

    def _undo(self) -> None:
        if self._keep:
            self._outcome = KEPT
            return
        undone = self._workbench.undo_fix()
        if undone.refused:
            self._problem = f"The fix stays applied because it could not be undone: {undone.refused}"
        else:
            self._outcome = UNDONE

    def _end(self, before: Run, after: Run | None, plan: Plan | None) -> int:
        last = before if after is None else after
        failed = self._outcome == LEFT or (after is None and not _stopped_or_died(self._headless, before))
        status = int(Status.FIX) if failed else self._headless.interrupts.status(exit_status(last))
        self._headless.print(lambda console: console.print(_closing_line(self._outcome, self._root), soft_wrap=True))
        self._headless.write_json(
            fix_document(before, after, plan, status=status, outcome=self._outcome, problem=self._problem)
        )
        if self._problem:
            self._headless.progress.note(f"isolation-tui: {self._problem}")
        return status

    @property
    def _root(self) -> Path:
        assert self._workbench.project is not None
        return self._workbench.project.root


def refuse_unless_clean(status: FixStatus, root: Path, consequence: str) -> None:
    """Raise :class:`ToolError` (FIX), with what to do, if a fix is applied or was interrupted."""
    if status is not FixStatus.CLEAN:
        what, next_step = describe_status(status, root)
        raise ToolError(Status.FIX, f"{what}, {consequence}.", next_step)


def _draw_plan_below(console: Console, plan: Plan) -> None:
    console.print()
    draw_plan(console, plan)
    console.print()


def _draw_comparison(console: Console, before: Run, after: Run) -> None:
    console.print()
    draw_before_after(console, before, after)


def _stopped_or_died(headless: Headless, before: Run) -> bool:
    return bool(headless.interrupts.count) or exit_status(before) not in (0, 1)


def _closing_line(outcome: str, root: Path) -> str:
    if outcome == UNDONE:
        return "The fix was undone and every file restored. --keep-fix keeps it."
    if outcome == KEPT:
        return f"The fix was kept. Undo it with: {fix_command(root, 'undo')}"
    if outcome == LEFT:
        return "The fix stays applied."
    return "The fix was not applied; no file was changed."
