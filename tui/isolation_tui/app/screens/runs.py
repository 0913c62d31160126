"""The runs of this session and recordings: choose which is shown and which two are compared."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content

from ...text.measure import keep_start
from ...text.sanitize import clean
from ...text.wording import number, seconds
from .. import keys
from ..theme import MUTED
from ..widgets.empty_state import EmptyState
from ..widgets.legend import Legend
from ..widgets.line_list import Line, LineList
from .compare import CompareScreen
from .view import View

if TYPE_CHECKING:
    from ...session import Source


class RunsScreen(View):
    """Lists the runs, newest first. Enter shows one on all screens; two marked runs can be compared."""

    DEFAULT_CSS = """
    RunsScreen {
        #runs { display: none; }
        &.-some #runs { display: block; }
        &.-some #nothing { display: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*keys.RUNS]
    AUTO_FOCUS: ClassVar[str | None] = "#runs"

    def __init__(self) -> None:
        super().__init__()
        self._marked: list[Source] = []
        self._state: tuple[object, ...] = ()

    def compose_view(self) -> ComposeResult:
        yield Legend()
        yield LineList(id="runs", classes="panel")
        yield EmptyState()

    def show_run(self) -> None:
        sources = self.workbench.sources
        self._marked = [source for source in self._marked if source in sources]
        self.set_class(bool(sources), "-some")
        self.query_one(EmptyState).show("No run yet.", "The runs of this session are listed here. r runs the suite.")
        signs = self.glyphs
        self.query_one(Legend).show(
            "Runs",
            (signs.folded, "$text-accent", "shown"),
            ("+", "bold $text-accent", "marked (b compares two)"),
            ("Enter", "$text-accent", "shows a run"),
        )
        runs = self.query_one("#runs", LineList)
        runs.border_title = number(len(sources), "run")
        runs.show(self._lines)

    def _lines(self, width: int) -> Sequence[Line]:
        sources = list(enumerate(self.workbench.sources, 1))
        return [Line(partial(self._line, place, source, width), id(source)) for place, source in reversed(sources)]

    def _line(self, place: int, source: Source, width: int) -> Content:
        run, signs = source.run, self.glyphs
        shown = signs.folded if source is self.workbench.current else " "
        marked = "+" if source in self._marked else " "
        began = time.strftime("%H:%M:%S", time.localtime(run.started_at)) if run.started_at else "--:--:--"
        state = "stopped" if run.stopped else "died" if run.crashed else "" if run.finished else run.state.value
        if not run.finished:
            state = f"{signs.running} {state} {run.done}/{run.total}"
        select = getattr(source, "selected", ())
        scope = f"{len(select)} selected" if select else number(run.total, "test")
        counts = run.counts.line() if run.done or run.finished else ""
        style = "$text-error" if run.counts.bad else "$text-success"
        recorded = f"  {clean(source.recording.name)}" if source.recording is not None else ""
        return Content.assemble(
            (f"{shown}{marked} ", "bold $text-accent"),
            f"{place:>2}  {began}  ",
            (f"fix {'on ' if run.fix else 'off'}", "bold" if run.fix else MUTED),
            f"  {scope:>12}  ",
            (f"{seconds(run.elapsed) if run.started_at else '':>9}  ", MUTED),
            (keep_start(counts, max(width - 50, 20), signs.ellipsis), style),
            (f"  {state}" if state else "", "$text-warning" if run.finished else "$text-primary"),
            (recorded, MUTED),
        )

    @property
    def _here(self) -> Source | None:
        key = self.query_one("#runs", LineList).key
        return next((source for source in self.workbench.sources if id(source) == key), None)

    # -- actions -----------------------------------------------------------------------------------------------

    @on(LineList.Chosen)
    async def _chosen(self, event: LineList.Chosen) -> None:
        event.stop()
        source = self._here
        if source is not None:
            self.workbench.show(source)
            self.isolation.refresh_screens()
            await self.isolation.action_back()

    def action_mark(self) -> None:
        source = self._here
        if source is None:
            return
        if source in self._marked:
            self._marked.remove(source)
        else:
            self._marked = [*self._marked[-1:], source]
        self.show_run()

    async def action_compare(self) -> None:
        """Compare the marked runs in the order they ran; without marks, the last ones without and with the fix."""
        pair = sorted(self._marked, key=lambda source: source.run.started_at)
        if len(pair) == 1:
            self.isolation.notice("Mark one more run with space, then press b to compare them.")
            return
        if any(not source.finished for source in pair):
            self.isolation.notice("A run can be compared once it has finished.")
            return
        await self.app.switch_mode("compare")
        if len(pair) == 2:
            cast(CompareScreen, self.app.screen_stack[0]).compare_runs(pair[0].run, pair[1].run)
