"""The causes: one line each, worst first; opened, what each rests on and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content

from ...diagnose import ALREADY_DEFINED, Finding, diagnose
from ...fix import FixStatus
from ...model import Run
from ...plain import clean, keep_end, pad
from .. import view_keys
from ..glyphs import OUTCOME_STYLES
from ..open_source import open_source
from ..widgets.line_list import Line, LineList
from ..widgets.panel import Legend, Nothing, show_test, wrapped
from ..words import MUTED, test_name, tests, where
from .view import View

_GRADES = {
    "A": "proven: undoing it makes the victim pass",
    "B": "reproduced, and its place is known",
    "C": "reproduced",
    "D": "suspected from the evidence",
}


class FindingsScreen(View):
    """Causes above, the opened one below. Tab goes between them; Enter on a victim leads to it."""

    DEFAULT_CSS = """
    FindingsScreen {
        #causes { height: auto; max-height: 40%; scrollbar-gutter: auto; }
        #evidence { height: 1fr; }
        #findings { display: none; height: 1fr; }
        &.-some #findings { display: block; }
        &.-some #nothing { display: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*view_keys.FINDINGS]
    AUTO_FOCUS: ClassVar[str | None] = "#causes"

    def __init__(self) -> None:
        super().__init__()
        self._findings: list[Finding] = []
        self._state: tuple[object, ...] = ()

    def compose_view(self) -> ComposeResult:
        yield Legend()
        with Vertical(id="findings"):
            yield LineList(id="causes", classes="panel")
            yield LineList(id="evidence", classes="panel")
        yield Nothing()

    def show_run(self) -> None:
        run = self.run_shown
        # Findings change when a test ends, not with every fact.
        state = (id(run), run.done, run.finished, len(run.collection_errors)) if run is not None else ()
        if state == self._state and run is not None:
            return
        self._state = state
        self._findings = diagnose(run) if run is not None else []
        self.set_class(bool(self._findings), "-some")
        self._say_nothing(run)
        signs = self.glyphs
        self.query_one(Legend).say(
            "Findings", ("", "", "one line a cause, worst first"), ("x", "bold $text-accent", "a fix fits"),
            (signs.arrow, MUTED, "Enter leads to the test"),
        )  # fmt: skip
        causes = self.query_one("#causes", LineList)
        causes.border_title = "Causes"
        causes.show(self._cause_lines)
        self._show_evidence(top=False)

    def _say_nothing(self, run: Run | None) -> None:
        looked = (
            "Looked for: models registered a second time in one MetaData,",
            "and whatever else this version knows the marks of.",
        )
        nothing = self.query_one(Nothing)
        if run is None:
            nothing.say("No run yet.", "Findings appear as tests fail. r runs the suite.")
        elif not run.finished:
            nothing.say(f"Nothing found so far: {run.done} of {run.total} tests have ended.", *looked)
        elif run.counts.bad:
            bad = run.counts.bad
            nothing.say(
                "No known cause found.", *looked,
                f"{bad} failures and errors have no finding: their messages are on the main screen.",
            )  # fmt: skip
        else:
            nothing.say("Nothing found, and nothing failed.", *looked)

    # -- the causes --------------------------------------------------------------------------------------------

    def _cause_lines(self, width: int) -> Sequence[Line]:
        digits = max((len(str(len(finding.tests))) for finding in self._findings), default=1)
        kinds = max((len(finding.kind) for finding in self._findings), default=1) if width >= 110 else 0
        return [Line(self._cause(finding, width, digits, kinds), _key(finding)) for finding in self._findings]

    def _cause(self, finding: Finding, width: int, digits: int, kinds: int) -> Content:
        fix = "x fix" if self._fits(finding) else ""
        place = finding.evidence[-1].place if finding.evidence else None
        run = self.run_shown
        source = where(place, run) if place is not None and run is not None else ""
        source = keep_end(source, max(width // 4, 18), self.glyphs.ellipsis)
        left = Content.assemble(
            (f"{len(finding.tests):>{digits}}", "bold $text-error"), (" tests  ", MUTED),
            (pad(clean(finding.kind), kinds) + "  " if kinds else "", MUTED), clean(finding.title),
        )  # fmt: skip
        right = Content.assemble((source, "$text-accent"), (f"  {fix}" if fix else "", "bold $text-accent"))
        room = width - right.cell_length - 2
        return Content.assemble(left.truncate(room, ellipsis=True, pad=True), "  ", right)

    def _fits(self, finding: Finding) -> bool:
        """Whether x would mend it: there is a recipe for its class, it is not applied yet, and files can be changed."""
        bench = self.workbench
        return finding.kind == ALREADY_DEFINED and bench.can_run and bench.fix_status is FixStatus.CLEAN

    @property
    def opened(self) -> Finding | None:
        """The finding under the cursor."""
        key = self.query_one("#causes", LineList).key
        return next((finding for finding in self._findings if _key(finding) == key), None)

    # -- the evidence ------------------------------------------------------------------------------------------

    def _show_evidence(self, top: bool) -> None:
        evidence = self.query_one("#evidence", LineList)
        finding = self.opened
        evidence.border_title = clean(finding.title) if finding is not None else ""
        evidence.show(self._evidence_lines, top=top)

    def _evidence_lines(self, width: int) -> Sequence[Line]:
        finding, run = self.opened, self.run_shown
        if finding is None or run is None:
            return ()
        muted = MUTED
        lines = [
            Line(Content.assemble(("class    ", muted), clean(finding.kind), ("   grade ", muted), finding.grade,
                                  (f"  {_GRADES.get(finding.grade, '')}", muted))),
            Line(Content.assemble(("charged  ", muted), clean(finding.culprit) or "not known")),
            Line(Content("")),
            Line(Content.styled("What happened, in order", "bold")),
        ]  # fmt: skip
        for number, fact in enumerate(finding.evidence, 1):
            key = (number, fact.nodeid)
            place = keep_end(where(fact.place, run), max(width - 8, 10), self.glyphs.ellipsis)
            text = Content.assemble((f"  {number}  ", muted), clean(fact.text))
            if text.cell_length + len(place) + 2 <= width:
                lines.append(Line(Content.assemble(text, "  ", (place, "$text-accent")), key))
            else:
                lines.append(Line(text, key))
                lines.append(Line(Content.assemble("     ", (place, "$text-accent"))))
        lines += [Line(Content("")), Line(Content.styled("What to do", "bold"))]
        lines += [Line(Content(f"  {line}")) for line in wrapped(clean(finding.remedy), width - 4)]
        if self._fits(finding):
            lines.append(
                Line(Content.assemble("  ", ("x", "bold $text-accent"), " plans the fix, shows it, applies it"))
            )
        lines += [
            Line(Content("")),
            Line(Content.assemble(("Repeat it", "bold"), ("  y copies", muted))),
            Line(Content(f"  {clean(finding.command)}")),
            Line(Content("")),
            Line(Content.styled(f"Victims: {tests(len(finding.tests))}", "bold")),
        ]
        lines += [Line(partial(self._victim, run, nodeid), (0, nodeid)) for nodeid in finding.tests]
        return lines

    def _victim(self, run: Run, nodeid: str) -> Content:
        test = run.tests[nodeid]
        sign = (f"  {self.glyphs.outcome(test.outcome)} ", OUTCOME_STYLES[test.outcome])
        return Content.assemble(sign, test_name(nodeid), (f"  {clean(test.file)}", MUTED))

    # -- intents -----------------------------------------------------------------------------------------------

    @on(LineList.Moved, "#causes")
    def _cause_moved(self) -> None:
        self._show_evidence(top=True)

    @on(LineList.Chosen, "#causes")
    def _cause_chosen(self, event: LineList.Chosen) -> None:
        event.stop()
        self.query_one("#evidence", LineList).focus()

    @on(LineList.Chosen, "#evidence")
    def _test_chosen(self, event: LineList.Chosen) -> None:
        run = self.run_shown
        if isinstance(event.key, tuple) and run is not None and event.key[1] in run.tests:
            show_test(self, run.tests[event.key[1]])

    def action_edit(self) -> None:
        """The evidence under the cursor, or else the last of it: that is where the cause stands."""
        finding, run = self.opened, self.run_shown
        if finding is None or run is None or not finding.evidence:
            return
        key = self.query_one("#evidence", LineList).key
        chosen = key[0] - 1 if isinstance(key, tuple) and self.query_one("#evidence").has_focus else -1
        fact = finding.evidence[chosen if chosen >= 0 else -1]
        open_source(self, run, fact.place)

    def action_copy(self) -> None:
        finding = self.opened
        if finding is not None:
            self.app.copy_to_clipboard(finding.command)
            self.isolation.notice(f"Copied: {finding.command}")


def _key(finding: Finding) -> tuple[str, str]:
    return (finding.kind, finding.title)
