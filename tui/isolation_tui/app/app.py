"""The application: one workbench, eight screens over it, and a tick that brings the news to the screen in front."""

from __future__ import annotations

import gc
import importlib
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

from textual import events
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.driver import Driver
from textual.screen import Screen

from ..diagnose import Finding
from ..errors import ToolError
from ..fix import FixStatus
from ..fix.errors import FixError
from ..model import Test
from ..text.sanitize import clean
from ..workbench import FixAction
from . import glyphs, keys
from .conclusions_worker import ConclusionsWorker
from .driver import lasting
from .palette import RunProvider, verbs
from .screens.main import MainScreen
from .screens.too_small import TooSmallScreen, fits
from .screens.view import View
from .theme import DARK, THEMES
from .widgets.header import HeaderFacts

if TYPE_CHECKING:
    from ..session import Source
    from ..workbench import FixOutcome, Workbench

_T = TypeVar("_T")
Severity = Literal["information", "warning", "error"]

TICKS_PER_SECOND = 30
"""How often facts are folded."""

FIX_DONE = {
    FixAction.APPLY: "Applied. Running again.",
    FixAction.UNDO: "Undone: every file is as it was. Running again.",
    FixAction.FINISH: "Finished what was cut off. Running again.",
}

REPAINT = 0.1
"""Seconds from one frame to the next while facts rush in: what changes faster cannot be read. After a pause, news is
drawn with the tick that brings it."""


def _screen(module: str, name: str) -> Callable[[], Screen[Any]]:
    """A screen that is imported when it is first shown: the start stays quick."""

    def make() -> Screen[Any]:
        screen: Screen[Any] = getattr(importlib.import_module(f".screens.{module}", __package__), name)()
        return screen

    return make


class IsolationApp(App[int]):
    """Shows what the workbench sees, and sends it the user's intents. Its return value is the last run's exit status.

    ``clock`` gives seconds since the epoch; tests freeze it.
    """

    TITLE = "Isolation TUI"
    CSS_PATH = "isolation.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (30, "-tall")]  # noqa: RUF012
    DEFAULT_MODE = "main"
    MODES = {  # noqa: RUF012 - Textual declares it so
        "main": MainScreen,
        "metadata": _screen("metadata", "MetadataScreen"),
        "findings": _screen("findings", "FindingsScreen"),
        "leaks": _screen("leaks", "LeaksScreen"),
        "fix": _screen("fix", "FixScreen"),
        "compare": _screen("compare", "CompareScreen"),
        "output": _screen("output", "OutputScreen"),
        "runs": _screen("runs", "RunsScreen"),
    }
    BINDINGS: ClassVar[list[BindingType]] = [*keys.APP]
    COMMANDS = App.COMMANDS | {RunProvider}

    def __init__(
        self,
        workbench: Workbench,
        *,
        clock: Callable[[], float] = time.time,
        asked_to_leave: Callable[[], bool] = lambda: False,
    ) -> None:
        # Textual 8.2.8 turns its own themes into black on black under NO_COLOR unless colours stay the terminal's.
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self.workbench = workbench
        self.clock = clock
        self.asked_to_leave = asked_to_leave
        """Whether a signal wants the dashboard gone; looked at with every tick."""
        self.conclusions = ConclusionsWorker()
        self.glyphs = glyphs.choose(os.environ, getattr(sys.__stdout__, "encoding", None))
        self.stopping = False
        self.quitting = False
        self._warned: dict[int, set[str]] = {}
        self._flags: tuple[object, ...] = (None,)
        self._news = False
        self._told_at = float("-inf")
        self._fix_outcome: FixOutcome | None = None
        """The outcome of which a notice was shown last."""
        for theme in THEMES:
            self.register_theme(theme)
        if "TEXTUAL_THEME" not in os.environ:
            self.theme = DARK.name

    # -- the tick ------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        self.set_class(self.glyphs is glyphs.ASCII, "-ascii")
        self.set_interval(1 / TICKS_PER_SECOND, self.tick)
        if self.workbench.fix_remark:  # an earlier sitting left the fix in the files, whole or half
            self.notice(self.workbench.fix_remark, severity="warning")

    def tick(self) -> None:
        """Take in what has arrived; tell the screen in front, unless it was told a moment ago."""
        if not self.is_running:  # on its way out: widgets are going already
            return
        if self.asked_to_leave():
            self._leave()
            return
        self._news = self.attempt(self.workbench.poll) or self._news
        self.notice_fix_outcome()
        source = self.workbench.current
        if source is None or source.finished:
            self.stopping = False
            if self.quitting:
                self._leave()
                return
        flags = (id(source), source is not None and source.finished, self.stopping, self.workbench.watching)
        if flags != self._flags:
            if source is not None and id(source) != self._flags[0]:
                self._greet(source)
            self._flags = flags
            self._news, self._told_at = True, float("-inf")
            self.refresh_bindings()
        if source is not None:
            self._warn(source)
            self._news = self.conclusions.look(source.run) or self._news
        if time.monotonic() - self._told_at >= REPAINT - 0.5 / TICKS_PER_SECOND:
            self.tell(self._news)

    def _warn(self, source: Source) -> None:
        """Say once for each run what cannot be seen of it, and why."""
        run = source.run
        warnings = [
            *run.limits,
            *(f"{probe.probe} is not watched any more: {probe.why}" for probe in run.disabled_probes),
        ]
        if self.conclusions.problem:
            warnings.append(f"The causes could not be worked out: {self.conclusions.problem}")
        if source.damage and source.finished:
            warnings.append(f"This recording is cut short: {source.damage}.")
        known = self._warned.setdefault(id(run), set())
        for warning in warnings:
            if warning not in known:
                known.add(warning)
                self.notice(warning, severity="warning")

    def _greet(self, source: Source) -> None:
        """Another run is shown: why, for whoever looks up from the editor."""
        if source.live and self.workbench.reason:
            self.notice(f"{self.workbench.reason}: running again.")

    def tell(self, changed: bool = True) -> None:
        """Let the screens in front show the run: the topmost, and those that shine through it."""
        self._news, self._told_at = False, time.monotonic()
        for screen in self.screen_stack:
            if isinstance(screen, View):
                screen.refresh_run(changed)

    def attempt(self, deed: Callable[[], _T]) -> _T | None:
        """Do ``deed``; a failure of ours becomes a notice that says what to do next, never a traceback."""
        try:
            return deed()
        except ToolError as error:
            self.notice(error.next_step or error.what, title=error.what if error.next_step else "", severity="error")
        except FixError as error:
            self.notice(str(error), severity="error")
        return None

    def notice(self, message: str, *, title: str = "", severity: Severity = "information") -> None:
        """A notification. Its text is taken literally."""
        self.notify(clean(message), title=clean(title), severity=severity, markup=False)

    def notice_fix_outcome(self) -> None:
        """Notify of what became of the fix, once for each outcome and on whichever screen is in front."""
        outcome = self.workbench.fix_outcome
        if outcome is None or outcome is self._fix_outcome:
            return
        self._fix_outcome = outcome
        if outcome.waiting:
            self.stopping = True
            self.notice("Stopping the run first: no file changes under it.")
        elif outcome.refused:
            self.notice(outcome.refused, severity="error")
        else:
            self.notice(FIX_DONE[outcome.action])

    def header_facts(self) -> HeaderFacts:
        """What the header shows beside the run."""
        source = self.workbench.current
        elapsed = 0.0
        if source is not None and source.run.started_at:
            run = source.run
            elapsed = run.elapsed if run.finished or not source.live else self.clock() - run.started_at
        return HeaderFacts(
            title=self.workbench.title,
            elapsed=max(elapsed, 0.0),
            live=self.workbench.can_run,
            stopping=self.stopping,
            watching=self.workbench.watching,
            fix_on=self.workbench.fix_status is FixStatus.APPLIED,
            fix_interrupted=self.workbench.fix_status in (FixStatus.INTERRUPTED_APPLY, FixStatus.INTERRUPTED_UNDO),
        )

    # -- ways ----------------------------------------------------------------------------------------------------

    def show_test(self, test: Test) -> None:
        """Lead to the test on the main screen, wherever one is."""
        self.on_main(lambda main: main.show_test(test))

    def show_finding(self, finding: Finding) -> None:
        """Lead to the finding, wherever one is."""
        self.switch_mode("findings")
        reveal = getattr(self.screen_stack[0], "open_finding", None)
        if reveal is not None:
            reveal(finding)

    def narrow(self, text: str) -> None:
        """Filter the main screen, wherever one is."""
        self.on_main(lambda main: main.narrow(text))

    def on_main(self, deed: Callable[[MainScreen], object]) -> None:
        """Go to the main screen, and do it there."""
        self.switch_mode(self.DEFAULT_MODE)
        main = self.screen_stack[0]
        if isinstance(main, MainScreen):
            self.call_after_refresh(deed, main)

    # -- intents -------------------------------------------------------------------------------------------------

    def start(self, select: Sequence[str] = ()) -> None:
        """Run the whole suite, or the selected node ids; a run under way is stopped first."""
        self.attempt(lambda: self.workbench.start(select))
        self.tell()

    def action_rerun_all(self) -> None:
        self.start()

    def action_rerun_failed(self) -> None:
        source = self.workbench.current
        failed = [test.nodeid for test in source.run.tests.values() if test.outcome.bad] if source else []
        if failed:
            self.start(failed)
        else:
            self.notice("Nothing failed in this run.")

    def action_watch(self) -> None:
        watching = not self.workbench.watching
        self.attempt(lambda: self.workbench.set_watching(watching))
        self.notice("A saved file starts a run." if self.workbench.watching else "Watching is off.")

    def action_stop(self) -> None:
        source = self.workbench.current
        if source is None or source.finished:
            self.notice("Nothing is running.")
            return
        again = self.stopping
        self.stopping = True
        self.attempt(self.workbench.stop)
        self.notice("Insisting: pytest is killed." if again else "Stopping: pytest tears its fixtures down first.")
        self.tell()

    def action_view(self, mode: str) -> None:
        """Show one of the other views; its own key leads back."""
        self.switch_mode(self.DEFAULT_MODE if mode == self.current_mode else mode)

    async def action_back(self) -> None:
        if len(self.screen_stack) > 1:
            self.pop_screen()
        elif self.current_mode != self.DEFAULT_MODE:
            self.switch_mode(self.DEFAULT_MODE)

    def action_help(self) -> None:
        self.push_screen(_screen("help", "HelpScreen")())

    async def action_quit(self) -> None:
        """Leave. A run is stopped and its teardown awaited; a second time insists, a third leaves at once."""
        source = self.workbench.current
        if source is None or source.finished or not source.live:
            self._leave()
        elif not self.quitting:
            self.quitting = self.stopping = True
            self.attempt(self.workbench.stop)
            self.notice("Stopping pytest and awaiting its teardown. Press q again to insist.", severity="warning")
        elif self.stopping:
            self.stopping = False
            self.attempt(self.workbench.stop)
        else:
            self._leave()

    def action_help_quit(self) -> None:
        """Ctrl+C, which Textual merely explains: here it quits, pytest first."""
        self.run_worker(self.action_quit(), exclusive=True, group="quit")

    def _leave(self) -> None:
        status = self.workbench.current.run.exit_status if self.workbench.current else 0
        self.exit(status or 0)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Verbs that need pytest vanish in a replay; stop is grey while nothing runs."""
        if action in ("rerun_all", "rerun_failed", "rerun_selected", "watch", "stop") and not self.workbench.can_run:
            return False
        if action == "stop":
            source = self.workbench.current
            return True if source is not None and not source.finished else None
        return True

    # -- the palette ---------------------------------------------------------------------------------------------

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Every verb that the keys know, then Textual's own."""
        yield from verbs(self, screen)
        yield from super().get_system_commands(screen)

    # -- the terminal ----------------------------------------------------------------------------------------------

    def get_driver_class(self) -> type[Driver]:
        return lasting(super().get_driver_class())

    # -- the terminal's size -------------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        showing = isinstance(self.screen, TooSmallScreen)
        if not fits(event.size) and not showing:
            self.push_screen(TooSmallScreen())
        elif fits(event.size) and showing:
            self.pop_screen()


def spare_the_collector() -> None:
    """Look for garbage less often. What a run leaves behind stays: to search it again and again took a quarter of our
    time at 5,000 facts a second."""
    gc.freeze()
    gc.set_threshold(50_000, 50, 50)


def run_app(workbench: Workbench, asked_to_leave: Callable[[], bool] = lambda: False) -> int:
    """Show the workbench until the user leaves, or ``asked_to_leave`` says so; the last run's exit status. pytest never
    outlives this."""
    spare_the_collector()
    try:
        return IsolationApp(workbench, asked_to_leave=asked_to_leave).run() or 0
    finally:
        workbench.close()
