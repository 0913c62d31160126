"""The fix: the planned changes, the diff, and one key to apply or undo it and run again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Static

from ...errors import ToolError
from ...fix import FixError, NothingToFix, Plan
from ...text.sanitize import clean
from ...workbench import FixOutcome
from .. import keys
from ..content import wrapped
from ..theme import MUTED
from ..widgets.legend import Legend
from ..widgets.line_list import Line, LineList
from ..widgets.plan_lines import diff_lines, effect_table, figures, file_tree, heading, summary_table
from .view import View


class Planned(Message):
    """Planning has ended, with a plan or with the reason why there is none."""

    def __init__(self, plan: Plan | None, reason: str = "", expected: bool = False) -> None:
        super().__init__()
        self.plan, self.reason, self.expected = plan, reason, expected


class FixScreen(View):
    """Shows the plan and the diff: side by side, or one above the other on a narrow terminal."""

    DEFAULT_CSS = """
    FixScreen {
        #buttons { height: 3; padding: 0 1; }
        #buttons Button { margin-right: 1; min-width: 10; }
        #buttons #status { width: 1fr; height: 3; padding: 1 1 0 1; }
        #fix { height: 1fr; }
        #plan { width: 55%; }
        #diff { width: 45%; }
        &.-narrow #fix { layout: vertical; }
        &.-narrow #plan { width: 100%; height: 3fr; }
        &.-narrow #diff { width: 100%; height: 2fr; }
        &.-flat #buttons { height: 1; }
        &.-flat #buttons #status { height: 1; padding: 0 1; }
        &.-flat #buttons Button { height: 1; border: none; min-width: 8; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*keys.FIX]
    AUTO_FOCUS: ClassVar[str | None] = "#plan"

    def __init__(self) -> None:
        super().__init__()
        self._plan: Plan | None = None
        self._reason = ""
        self._planning = False
        self._apply_then = False
        """Whether x was pressed during planning: the plan is applied as soon as it is ready."""
        self._outcome: FixOutcome | None = None
        """The outcome that was shown last."""
        self._state: tuple[object, ...] = ()

    def compose_view(self) -> ComposeResult:
        yield Legend()
        with Horizontal(id="buttons"):
            yield Button("x  Apply and rerun", id="apply", variant="success")
            yield Button("x  Undo and rerun", id="undo", variant="warning")
            yield Button("F  Finish", id="finish", variant="primary")
            yield Static("", id="status", markup=False)
        with Horizontal(id="fix"):
            yield LineList(id="plan", classes="panel")
            yield LineList(id="diff", classes="panel", sideways=True)

    def on_mount(self) -> None:
        self.query_one("#plan", LineList).border_title = "Plan"
        self.query_one("#diff", LineList).border_title = "Diff"
        for button in self.query(Button):
            button.can_focus = True
        if self._status == "CLEAN":
            self.action_plan()

    @property
    def _status(self) -> str:
        return self.workbench.fix_status.name

    # -- planning ----------------------------------------------------------------------------------------------

    def action_plan(self) -> None:
        """Plan in a thread, because reading and parsing the project's files takes a moment."""
        if not self.workbench.can_run:
            self._planned(
                Planned(None, "A recording has no files to change. Start isolation-tui in the project itself.", True)
            )
            return
        if self._status != "CLEAN":
            self.isolation.notice("The fix is applied. Undo it before you plan again.")
            return
        self._planning = True
        self._show()
        self.run_worker(self._make_plan, thread=True, exclusive=True, group="plan", exit_on_error=False)

    def _make_plan(self) -> None:
        try:
            self.post_message(Planned(self.workbench.plan_fix()))
        except NothingToFix as nothing:
            self.post_message(Planned(None, nothing.reason, True))
        except (FixError, ToolError) as error:
            self.post_message(Planned(None, str(error)))
        except Exception as defect:  # an internal error must not end the dashboard
            self.post_message(Planned(None, f"{type(defect).__name__}: {defect}"))

    @on(Planned)
    def _planned(self, event: Planned) -> None:
        self._planning = False
        self._plan = event.plan
        title = "No recipe fits" if event.expected else "Planning failed"
        self._reason = "" if event.plan is not None else f"{title}: {event.reason}"
        self._show(top=True)
        if self._apply_then:
            self._apply_then = False
            self.action_apply_or_undo()

    # -- showing -----------------------------------------------------------------------------------------------

    def show_run(self) -> None:
        run = self.run_shown
        before, after = self.workbench.before_after()
        state = (self._status, id(before), id(after), id(run), run.done if run else 0, run.finished if run else False)
        if state != self._state:
            undone = bool(self._state) and self._state[0] != "CLEAN" and self._status == "CLEAN"
            self._state = state
            never = self._plan is None and not self._reason and not self._planning
            if self._status == "CLEAN" and (undone or never):
                self.action_plan()
            self._show()

    def tick(self, changed: bool) -> None:
        super().tick(changed)
        self._show_outcome()

    def on_screen_suspend(self) -> None:
        """Cancel a pending apply: nothing is written while the user looks elsewhere."""
        if self._apply_then:
            self._apply_then = False
            self.isolation.notice("Not applied: you left this view before the plan was ready.")

    def _show(self, top: bool = False) -> None:
        if not self.is_mounted:
            return
        status = self._status
        interrupted = status.startswith("INTERRUPTED")
        self.query_one("#apply").display = status == "CLEAN" and self._plan is not None
        self.query_one("#undo").display = status == "APPLIED" or interrupted
        self.query_one("#finish").display = interrupted
        self.query_one("#status", Static).update(self._status_text())
        self.query_one(Legend).show(
            "Fix",
            ("", "", f"recipe: {clean(self._plan.recipe)}" if self._plan else "planned from the project's files"),
            ("Tab", "$text-accent", "plan / diff"),
        )
        self.query_one("#plan", LineList).show(self._plan_lines, top=top)
        diff = self.query_one("#diff", LineList)
        if top or not diff.lines:
            diff.show(self._diff_lines, top=top)
        self.refresh_bindings()

    def _status_text(self) -> Content:
        """The state of the fix, the progress of the run, and the measured effect."""
        signs, run = self.glyphs, self.run_shown
        going = ""
        if run is not None and not run.finished:
            going = f"   {signs.running} running {run.done}/{run.total}"
        match self._status:
            case _ if self.workbench.fix_failure:
                state = Content.styled("! the state of the files is unknown", "bold $text-warning")
            case "APPLIED":
                state = Content.styled(f"{signs.passed} applied", "bold $text-success")
            case "INTERRUPTED_APPLY":
                state = Content.styled("! apply was interrupted: finish or undo it", "bold $text-warning")
            case "INTERRUPTED_UNDO":
                state = Content.styled("! undo was interrupted: finish it", "bold $text-warning")
            case _ if self._apply_then:
                words = f"{signs.running} planning{signs.ellipsis} will apply and rerun (x cancels)"
                state = Content.styled(words, "bold $text-warning")
            case _:
                words = "planning" if self._planning else "not applied; no file was changed"
                state = Content.styled(f"{signs.not_run} {words}", MUTED)
        return Content.assemble(state, (going, "$text-primary"), (self._effect(), MUTED))

    def _effect(self) -> str:
        """The counts that the fix changed, in one line."""
        measured = figures(*self.workbench.before_after()) if self._status == "APPLIED" else None
        changes = [delta for delta in reversed(measured or ()) if delta.difference]
        arrow = self.glyphs.arrow
        return "   " + ", ".join(f"{delta.name} {delta.before} {arrow} {delta.after}" for delta in changes)

    def _plan_lines(self, width: int) -> Sequence[Line]:
        plan, lines = self._plan, list[Line]()
        if plan is not None:
            lines += [Line(Content.styled("Files to modify", "bold"))]
            lines += file_tree(plan, width, self.glyphs)
            lines += heading("Summary of changes")
            lines += summary_table(plan, width, self.glyphs)
        elif self._planning:
            lines += [Line(Content.styled("Reading the project's files ...", MUTED))]
        elif self._status == "APPLIED":
            lines += _muted("The fix was applied in an earlier session. x restores every file exactly.", width)
        elif self._status != "CLEAN":
            lines += _muted("The journal holds the original of every file: finishing and undoing are both safe.", width)
        else:
            lines += _muted(self._reason, width)
        before, after = self.workbench.before_after()
        if plan is not None or before is not None or after is not None:
            lines += heading("Measured effect")
            lines += effect_table(before, after, self.glyphs)
            if before is not None and after is not None:
                lines.append(Line(Content.styled("b  compares both runs test by test", MUTED)))
        return lines

    def _diff_lines(self, width: int) -> Sequence[Line]:
        if self._plan is None:
            return [Line(Content.styled("The diff appears here.", MUTED))]
        return diff_lines(self._plan.diff)

    # -- actions -----------------------------------------------------------------------------------------------

    def action_apply_or_undo(self) -> None:
        if self._status == "CLEAN":
            plan = self._plan
            if self._planning or (plan is None and not self._reason):
                self._apply_then = not self._apply_then
                self._show()
                return
            if plan is None:
                self.isolation.notice(self._reason)
                return
            self._change_and_run(lambda: self.workbench.apply_and_run(plan))
        else:
            self._change_and_run(self.workbench.undo_and_run)

    def action_finish(self) -> None:
        self._change_and_run(self.workbench.finish_and_run)

    def _change_and_run(self, change: Callable[[], FixOutcome]) -> None:
        """Change files and run again, unless a change is pending already."""
        outcome = self.workbench.fix_outcome
        if not self.workbench.can_run:
            self.isolation.notice("A recording has no files to change. Start isolation-tui in the project itself.")
        elif outcome is not None and outcome.waiting:
            self.isolation.notice("Waiting for the run to stop. S kills pytest.")
        else:
            self.isolation.attempt(change)
            self.isolation.notice_fix_outcome()
            self._show_outcome()
            self.isolation.refresh_screens()

    def _show_outcome(self) -> None:
        """Show a new outcome. After a refusal plan again, so that the plan shown is the one that would be applied."""
        outcome = self.workbench.fix_outcome
        if outcome is self._outcome:
            return
        self._outcome = outcome
        if outcome is not None and outcome.refused and self._status == "CLEAN":
            self.action_plan()
        self._show()

    @on(Button.Pressed, "#apply")
    @on(Button.Pressed, "#undo")
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.action_apply_or_undo()

    @on(Button.Pressed, "#finish")
    def _finish_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.action_finish()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "finish":
            return self._status.startswith("INTERRUPTED")
        if action == "plan":
            return self._status == "CLEAN" and self.workbench.can_run
        return super().check_action(action, parameters)


def _muted(text: str, width: int) -> list[Line]:
    return [Line(Content.styled(line, MUTED)) for line in wrapped(clean(text), width)]
