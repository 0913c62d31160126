"""Two runs side by side: what is fixed, what still fails, what broke."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Tab, Tabs

from ...model import Run, Test
from ...model.run_comparison import Change, Pair, RunComparison, compare
from ...text.sanitize import clean, first_line
from ...text.wording import seconds, test_name
from .. import keys
from ..content import cut
from ..glyphs import OUTCOME_STYLES
from ..theme import MUTED
from ..widgets.empty_state import EmptyState
from ..widgets.legend import Legend
from ..widgets.line_list import Line, LineList
from ..widgets.plan_lines import delta_line, figures, result_line
from .pair import PairScreen, Side
from .view import View

_SECTIONS = (Change.HEALED, Change.STILL, Change.BROKE, Change.NEW, Change.GONE, Change.UNPROVEN)


class CompareScreen(View):
    """The last full runs without and with the fix, or two runs that the user marked (:meth:`compare_runs`)."""

    DEFAULT_CSS = """
    CompareScreen {
        #figures { height: auto; max-height: 14; scrollbar-gutter: auto; }
        #compare { display: none; height: 1fr; }
        #tests { height: 1fr; }
        &.-some #compare { display: block; }
        &.-some #nothing { display: none; }
        Tabs { padding: 0 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*keys.COMPARE]
    AUTO_FOCUS: ClassVar[str | None] = "#tests"

    def __init__(self) -> None:
        super().__init__()
        self._chosen: tuple[Run, Run] | None = None
        self._offered: tuple[Run | None, Run | None] = (None, None)
        self._found: RunComparison | None = None
        self._section = Change.HEALED

    def compose_view(self) -> ComposeResult:
        yield Legend()
        with Vertical(id="compare"):
            yield LineList(id="figures", classes="panel", keyed=False)
            yield Tabs(*(Tab(change.value, id=change.name.lower()) for change in _SECTIONS))
            yield LineList(id="tests", classes="panel")
        yield EmptyState()

    def on_mount(self) -> None:
        self.query_one(Tabs).can_focus = False
        self.query_one("#figures", LineList).can_focus = False

    def compare_runs(self, before: Run, after: Run) -> None:
        """Show these two until there is another pair of full runs."""
        self._chosen = (before, after)
        self.show_run()

    def show_run(self) -> None:
        offered = self.workbench.before_after()
        if offered != self._offered:
            if self._offered != (None, None):
                self._chosen = None
            self._offered = offered
        before, after = self._chosen or offered
        self.query_one(Legend).show(
            "Before / after",
            ("", "", "[ ] switches the list"),
            ("Enter", "$text-accent", "shows both cards"),
        )
        self.set_class(before is not None and after is not None, "-some")
        if before is None or after is None:
            self._found = None
            self._show_empty(before, after)
        elif self._found is None or self._found.before is not before or self._found.after is not after:
            self._found = compare(before, after)
            self._fill()

    def _show_empty(self, before: Run | None, after: Run | None) -> None:
        nothing = self.query_one(EmptyState)
        if not self.workbench.can_run:
            nothing.show(
                "A single recording cannot be compared.", "Start isolation-tui in the project, and try the fix with x."
            )
        elif before is None and after is None:
            nothing.show("No full run has ended yet.", "This view compares a run without and a run with the fix.")
        elif after is None:
            nothing.show(
                "There is a run before the fix, but none after it.",
                "x shows the fix, x again applies it.",
            )
        else:
            nothing.show("There is a run after the fix, but none before it.", "x shows the fix, x again undoes it.")

    def _fill(self) -> None:
        found = self._found
        assert found is not None
        figures_list = self.query_one("#figures", LineList)
        figures_list.border_title = "Figures"
        figures_list.show(self._figure_lines)
        for change in _SECTIONS:
            self.query_one(f"Tab#{change.name.lower()}", Tab).label = Content(f"{change.value} {len(found.of(change))}")
        if not found.of(self._section):
            self._section = next((change for change in _SECTIONS if found.of(change)), Change.HEALED)
        self.query_one(Tabs).active = self._section.name.lower()
        self._show_section(top=True)

    def _show_section(self, top: bool) -> None:
        tests = self.query_one("#tests", LineList)
        tests.border_title = self._section.value.capitalize()
        tests.show(self._test_lines, top=top)

    # -- lines -------------------------------------------------------------------------------------------------

    def _figure_lines(self, width: int) -> Sequence[Line]:
        found = self._found
        if found is None:
            return ()
        result = [
            Line(Content.assemble(("BEFORE: ", "bold"), result_line(found.before))),
            Line(Content.assemble(("AFTER:  ", "bold"), result_line(found.after))),
        ]
        if self.app.size.height < 30:
            return result
        head = f"{'':<20}{'before':>9}{'after':>9}{'difference':>13}"
        lines = [*result, Line(Content("")), Line(Content.styled(head, MUTED))]
        lines += [Line(partial(delta_line, delta)) for delta in figures(found.before, found.after) or ()]
        was, now = found.seconds
        longer = f"{'+' if now > was else '-'}{seconds(abs(now - was))}"
        duration = f"{'duration':<20}{seconds(was):>9}{seconds(now):>9}"
        lines.append(Line(Content.assemble(duration, (f"{longer:>13}", MUTED))))
        off, on = ("on" if run.fix else "off" for run in (found.before, found.after))
        lines.append(Line(Content.styled(f"{'fix':<20}{off:>9}{on:>9}", MUTED)))
        return lines

    def _test_lines(self, width: int) -> Sequence[Line]:
        pairs = self._found.of(self._section) if self._found is not None else ()
        if not pairs:
            return [Line(Content.styled(f"No test is {self._section.value}.", MUTED))]
        return [Line(partial(self._pair_line, pair, width), pair.nodeid) for pair in pairs]

    def _pair_line(self, pair: Pair, width: int) -> Content:
        signs = self.glyphs
        shown = pair.after if pair.after is not None and pair.after.outcome.bad else pair.before
        failure = shown.failure if shown is not None else None
        left = Content.assemble(
            self._sign(pair.before),
            (f" {signs.arrow} ", MUTED),
            self._sign(pair.after),
            "  ",
            test_name(pair.nodeid),
            (f"  {clean(pair.nodeid.partition('::')[0])}", MUTED),
        )
        if failure is None or width < 100:
            return left
        message = first_line(failure.message) or clean(failure.exception)
        room = width * 55 // 100
        return Content.assemble(cut(left, room, signs), (f"  {message}", MUTED))

    def _sign(self, test: Test | None) -> tuple[str, str]:
        return (" ", "") if test is None else (self.glyphs.outcome(test.outcome), OUTCOME_STYLES[test.outcome])

    # -- actions -----------------------------------------------------------------------------------------------

    def action_section(self, step: int) -> None:
        self._section = _SECTIONS[(_SECTIONS.index(self._section) + step) % len(_SECTIONS)]
        self.query_one(Tabs).active = self._section.name.lower()
        self._show_section(top=True)

    @on(Tabs.TabActivated)
    def _tab_activated(self, event: Tabs.TabActivated) -> None:
        section = next(change for change in _SECTIONS if change.name.lower() == event.tab.id)
        if section is not self._section:
            self._section = section
            self._show_section(top=True)
            self.query_one("#tests").focus()

    @on(LineList.Chosen, "#tests")
    def _pair_chosen(self, event: LineList.Chosen) -> None:
        found = self._found
        pair = next((pair for pair in found.pairs if pair.nodeid == event.key), None) if found is not None else None
        if found is not None and pair is not None:
            sides = (
                Side(f"{title}, fix {'on' if run.fix else 'off'}", run, test)
                for title, run, test in (("Before", found.before, pair.before), ("After", found.after, pair.after))
            )
            self.app.push_screen(PairScreen(pair.nodeid, pair.change.value, *sides))
