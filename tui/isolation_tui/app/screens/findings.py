"""The findings: one line per cause, worst first, and the evidence and remedy of the selected one."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content

from pytest_isolation.events import Place

from ...diagnose import Evidence, Finding
from ...diagnose.conclusions import NOTHING
from ...fix import FixStatus
from ...model import Run
from ...text.sanitize import clean
from ...text.wording import number
from .. import keys
from ..editor import open_source
from ..theme import MUTED
from ..widgets.empty_state import EmptyState
from ..widgets.finding_lines import RECIPES, UNEXPLAINED, cause_lines, finding_key, opened_lines, unexplained_lines
from ..widgets.legend import Legend
from ..widgets.line_list import Line, LineList
from .view import View


class FindingsScreen(View):
    """Causes above, the selected one below. Enter on evidence or a victim goes to its test."""

    DEFAULT_CSS = """
    FindingsScreen {
        #causes { height: auto; max-height: 40%; scrollbar-gutter: auto; }
        #evidence { height: 1fr; }
        #findings { display: none; height: 1fr; }
        &.-some #findings { display: block; }
        &.-some #nothing { display: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*keys.FINDINGS]
    AUTO_FOCUS: ClassVar[str | None] = "#causes"

    def __init__(self) -> None:
        super().__init__()
        self._conclusions = NOTHING
        self._state: tuple[object, ...] = ()
        self._wanted: Hashable | None = None
        """The finding that gets the cursor as soon as it is listed."""

    def compose_view(self) -> ComposeResult:
        yield Legend()
        with Vertical(id="findings"):
            yield LineList(id="causes", classes="panel")
            yield LineList(id="evidence", classes="panel")
        yield EmptyState()

    def show_run(self) -> None:
        run = self.run_shown
        conclusions = self.isolation.conclusions.of(run)
        state = (id(run), id(conclusions), run is not None and run.finished, self.workbench.fix_status)
        if state == self._state and conclusions.findings:
            return
        self._state, self._conclusions = state, conclusions
        self.set_class(bool(conclusions.findings), "-some")
        self._show_empty(run)
        self.query_one(Legend).show(
            "Findings",
            ("", "", "causes, worst first"),
            ("x", "bold $text-accent", "can be fixed"),
            (self.glyphs.arrow, MUTED, "Enter goes to the test"),
        )
        causes = self.query_one("#causes", LineList)
        causes.border_title = conclusions.sentence() or "Causes"
        causes.show(self._cause_lines)
        self._show_evidence(top=False)
        self._go_to_wanted()

    def _show_empty(self, run: Run | None) -> None:
        looked = (
            "Checked: models registered twice; rows, tables, connections and process state that one test leaves",
            "behind and another test meets; the error messages themselves.",
        )
        nothing = self.query_one(EmptyState)
        if run is None:
            nothing.show("No run yet.", "Findings appear as tests fail. r runs the suite.")
        elif not run.finished:
            nothing.show(f"No finding so far: {run.done} of {run.total} tests have ended.", *looked)
        elif not self.isolation.conclusions.is_up_to_date(run):
            nothing.show("Looking for the causes...", *looked)
        elif run.counts.bad:
            nothing.show(
                "No isolation problem found.",
                *looked,
                f"{number(run.counts.bad, 'failure or error has', 'failures and errors have')} no finding: "
                "see their messages on the main screen.",
            )
        else:
            nothing.show("No test failed, and nothing was found.", *looked)

    # -- lines -------------------------------------------------------------------------------------------------

    def _cause_lines(self, width: int) -> Sequence[Line]:
        run, found = self.run_shown, self._conclusions
        if run is None:
            return ()
        unexplained = len(found.unexplained)
        return cause_lines(found.causes, found.harmless, unexplained, run, width, self.glyphs, self._recipe)

    def _recipe(self, finding: Finding) -> str:
        """What x would do for it: a recipe fits its class, is not applied yet, and files can be changed."""
        bench = self.workbench
        return RECIPES.get(finding.code, "") if bench.can_run and bench.fix_status is FixStatus.CLEAN else ""

    @property
    def opened(self) -> Finding | None:
        """The finding under the cursor."""
        key = self.query_one("#causes", LineList).key
        return next((finding for finding in self._conclusions.findings if finding_key(finding) == key), None)

    def _show_evidence(self, top: bool) -> None:
        evidence = self.query_one("#evidence", LineList)
        finding = self.opened
        evidence.border_title = Content(clean(finding.title) if finding is not None else "Not explained")
        evidence.show(self._evidence_lines, top=top)

    def _evidence_lines(self, width: int) -> Sequence[Line]:
        run, finding = self.run_shown, self.opened
        if run is None:
            return ()
        if finding is not None:
            return opened_lines(finding, run, width, self.glyphs, self._recipe(finding))
        if self.query_one("#causes", LineList).key == UNEXPLAINED:
            return unexplained_lines(self._conclusions.unexplained, run, self.glyphs)
        return ()

    def open_finding(self, finding: Finding) -> None:
        """Put the cursor on the finding, now or as soon as the screen is built."""
        self._wanted = finding_key(finding)
        if self.is_ready:
            self._go_to_wanted()

    def _go_to_wanted(self) -> None:
        causes = self.query_one("#causes", LineList)
        if self._wanted is not None and any(line.key == self._wanted for line in causes.lines):
            wanted, self._wanted = self._wanted, None
            causes.select(wanted)

    # -- actions -----------------------------------------------------------------------------------------------

    @on(LineList.Moved, "#causes")
    def _cause_moved(self) -> None:
        self._go_to_wanted()
        self._show_evidence(top=True)

    @on(LineList.Chosen, "#causes")
    def _cause_chosen(self, event: LineList.Chosen) -> None:
        event.stop()
        self.query_one("#evidence", LineList).focus()

    @on(LineList.Chosen, "#evidence")
    def _line_chosen(self, event: LineList.Chosen) -> None:
        """Go to the test of the evidence or victim; open what belongs to no test in the editor."""
        run = self.run_shown
        if run is None or not isinstance(event.key, tuple):
            return
        test = run.tests.get(event.key[2])
        if test is not None:
            self.isolation.show_test(test)
        else:
            self.action_edit()

    def action_edit(self) -> None:
        """Open the line under the cursor, or else the last of the evidence, which is the cause's own line."""
        run = self.run_shown
        place = self._place_under_cursor()
        if run is not None and place is not None:
            open_source(self, run, place)

    def _place_under_cursor(self) -> Place | None:
        finding, run, evidence = self.opened, self.run_shown, self.query_one("#evidence", LineList)
        key = evidence.key if evidence.has_focus else None
        if isinstance(key, tuple) and run is not None:
            if key[0] == "file":
                return Place("", str(key[1]))
            if key[0] == "evidence" and finding is not None and key[1] <= len(finding.evidence):
                fact: Evidence = finding.evidence[key[1] - 1]
                return fact.place
            test = run.tests.get(key[2])
            if test is not None:
                return Place("", test.file, test.line)
        return finding.evidence[-1].place if finding is not None and finding.evidence else None

    def action_verify(self) -> None:
        """Prove by trials why the victims of the cause under the cursor fail."""
        finding = self.opened
        run = self.run_shown
        if finding is not None and run is not None:
            self.isolation.verify([nodeid for nodeid in finding.tests if nodeid in run.tests])
        elif self._conclusions.unexplained:
            self.isolation.verify([test.nodeid for test in self._conclusions.unexplained])

    def action_copy(self) -> None:
        finding = self.opened
        if finding is not None and finding.command:
            self.app.copy_to_clipboard(finding.command)
            self.isolation.notice(f"Copied: {finding.command}")
