"""The Textual application: eight screens over one workbench, updated by a timer."""

from __future__ import annotations

import gc
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
from .palette import RunProvider, key_commands
from .screens.lazy_screen import lazy_screen
from .screens.main import MainScreen
from .screens.too_small import TooSmallScreen, fits
from .screens.view import View
from .theme import DARK, THEMES
from .trials_worker import TrialsWorker
from .widgets.header import HeaderFacts

if TYPE_CHECKING:
    from ..session import Source
    from ..workbench import FixOutcome, Workbench

_T = TypeVar("_T")
Severity = Literal["information", "warning", "error"]

TICKS_PER_SECOND = 30
"""How often new facts are folded."""

_NEEDS_PYTEST = frozenset(("rerun_all", "rerun_failed", "rerun_selected", "watch", "stop", "verify", "verify_all"))
"""Actions that start something: a replay has none of them."""

FIX_DONE = {
    FixAction.APPLY: "Applied. Running again.",
    FixAction.UNDO: "Undone: every file is as it was. Running again.",
    FixAction.FINISH: "Finished what was cut off. Running again.",
}

REPAINT = 0.1
"""Least seconds between two updates of the screens while facts arrive; the first change after a pause shows at once."""


class IsolationApp(App[int]):
    """Shows the workbench's runs and passes the user's actions on to it. Returns the last run's exit status.

    ``clock`` returns seconds since the epoch; tests freeze it.
    """

    TITLE = "Isolation TUI"
    CSS_PATH = "isolation.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (30, "-tall")]  # noqa: RUF012
    DEFAULT_MODE = "main"
    MODES = {  # noqa: RUF012 - Textual declares it so
        "main": MainScreen,
        "metadata": lazy_screen("metadata", "MetadataScreen"),
        "findings": lazy_screen("findings", "FindingsScreen"),
        "leaks": lazy_screen("leaks", "LeaksScreen"),
        "fix": lazy_screen("fix", "FixScreen"),
        "compare": lazy_screen("compare", "CompareScreen"),
        "output": lazy_screen("output", "OutputScreen"),
        "runs": lazy_screen("runs", "RunsScreen"),
    }
    BINDINGS: ClassVar[list[BindingType]] = [*keys.APP]
    COMMANDS = App.COMMANDS | {RunProvider}

    def __init__(
        self,
        workbench: Workbench,
        *,
        clock: Callable[[], float] = time.time,
        asked_to_quit: Callable[[], bool] = lambda: False,
    ) -> None:
        # With NO_COLOR, Textual 8.2.8 shows its own themes black on black unless ansi_color is set.
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self.workbench = workbench
        self.clock = clock
        self.asked_to_quit = asked_to_quit
        """Whether a signal asks the dashboard to quit; checked with every tick."""
        self.trials = TrialsWorker()
        self.conclusions = ConclusionsWorker(self.trials.verdicts)
        self.glyphs = glyphs.choose(os.environ, getattr(sys.__stdout__, "encoding", None))
        self.stopping = False
        self.quitting = False
        self._warned: dict[int, set[str]] = {}
        self._flags: tuple[object, ...] = (None,)
        self._changed = False
        self._refreshed_at = float("-inf")
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
        if self.workbench.fix_remark:  # an earlier session left the fix in the files, fully or partly applied
            self.notice(self.workbench.fix_remark, severity="warning")

    def tick(self) -> None:
        """Fold what has arrived; refresh the screens, at most once per ``REPAINT``."""
        if not self.is_running:  # quitting: its widgets are being removed
            return
        if self.asked_to_quit():
            self._quit()
            return
        self._changed = self.attempt(self.workbench.poll) or self._changed
        self.notice_fix_outcome()
        source = self.workbench.current
        if source is None or source.finished:
            self.stopping = False
            if self.quitting:
                self._quit()
                return
        flags = (id(source), source is not None and source.finished, self.stopping, self.workbench.watching)
        if flags != self._flags:
            if source is not None and id(source) != self._flags[0]:
                self._announce(source)
            self._flags = flags
            self._changed, self._refreshed_at = True, float("-inf")
            self.refresh_bindings()
        self._changed = self._update_trials() or self._changed
        if source is not None:
            self._warn(source)
            self._changed = self.conclusions.update(source.run) or self._changed
        if time.monotonic() - self._refreshed_at >= REPAINT - 0.5 / TICKS_PER_SECOND:
            self.refresh_screens(self._changed)

    def _warn(self, source: Source) -> None:
        """Show, once per run, what cannot be observed and why."""
        run = source.run
        warnings = [
            *run.limits,
            *(f"The {probe.probe} probe is disabled: {probe.why}" for probe in run.disabled_probes),
        ]
        if self.conclusions.problem:
            warnings.append(f"Drawing conclusions failed: {self.conclusions.problem}")
        if source.damage and source.finished:
            warnings.append(f"This recording is incomplete: {source.damage}.")
        known = self._warned.setdefault(id(run), set())
        for warning in warnings:
            if warning not in known:
                known.add(warning)
                self.notice(warning, severity="warning")

    def _update_trials(self) -> bool:
        """Collect what trials have shown; say so when the last one has ended."""
        busy = self.trials.busy
        changed = self.trials.update()
        if busy and not self.trials.busy:
            self.refresh_bindings()
            if self.trials.problem:
                self.notice(f"The trials ended early: {self.trials.problem}", severity="error")
            else:
                self.notice("The trials have ended: see Findings and the cards of the tests.")
        return changed

    def _announce(self, source: Source) -> None:
        """Say why another run has started (a saved file)."""
        if source.live and self.workbench.reason:
            self.notice(f"{self.workbench.reason}: running again.")

    def refresh_screens(self, changed: bool = True) -> None:
        """Let every screen on the stack show the run as it is now."""
        self._changed, self._refreshed_at = False, time.monotonic()
        for screen in self.screen_stack:
            if isinstance(screen, View):
                screen.refresh_run(changed)

    def attempt(self, action: Callable[[], _T]) -> _T | None:
        """Call ``action``; an expected error becomes a notice with the next step, not a traceback."""
        try:
            return action()
        except ToolError as error:
            self.notice(error.next_step or error.what, title=error.what if error.next_step else "", severity="error")
        except FixError as error:
            self.notice(str(error), severity="error")
        return None

    def notice(self, message: str, *, title: str = "", severity: Severity = "information") -> None:
        """Show a notification. Markup in its text has no effect."""
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
        """What the header shows besides the run."""
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

    # -- navigation ----------------------------------------------------------------------------------------------------

    def show_test(self, test: Test) -> None:
        """Go to the test on the main screen, from any screen."""
        self.on_main(lambda main: main.show_test(test))

    def show_finding(self, finding: Finding) -> None:
        """Go to the finding, from any screen."""
        self.switch_mode("findings")
        reveal = getattr(self.screen_stack[0], "open_finding", None)
        if reveal is not None:
            reveal(finding)

    def narrow(self, text: str) -> None:
        """Filter the main screen, from any screen."""
        self.on_main(lambda main: main.narrow(text))

    def on_main(self, action: Callable[[MainScreen], object]) -> None:
        """Go to the main screen and call ``action`` with it."""
        self.switch_mode(self.DEFAULT_MODE)
        main = self.screen_stack[0]
        if isinstance(main, MainScreen):
            self.call_after_refresh(action, main)

    # -- actions -------------------------------------------------------------------------------------------------

    def start(self, select: Sequence[str] = ()) -> None:
        """Run the whole suite, or the selected node ids; a current run and trials are stopped first."""
        self.trials.stop()
        self.attempt(lambda: self.workbench.start(select))
        self.refresh_screens()

    def verify(self, nodeids: Sequence[str]) -> None:
        """Find out by trials why these tests of the current run ended as they did."""
        source, project = self.workbench.current, self.workbench.project
        if source is None or project is None or not source.finished:
            self.notice("Trials begin once the run has ended.")
            return
        self.trials.prove(project, source.run, self.conclusions.of(source.run), nodeids)
        what = nodeids[0].partition("::")[2] if len(nodeids) == 1 else f"{len(nodeids)} tests"
        self.notice(f"Proving {what} by trials. S stops them.")
        self.refresh_bindings()

    def action_verify_all(self) -> None:
        source = self.workbench.current
        failed = [test.nodeid for test in source.run.order if test.outcome.bad] if source else []
        if failed:
            self.verify(failed)
        else:
            self.notice("No test failed in this run.")

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
        self.notice("Watching: saving a file starts a run." if self.workbench.watching else "Watching is off.")

    def action_stop(self) -> None:
        source = self.workbench.current
        if source is None or source.finished:
            if self.trials.busy:
                self.trials.stop()
                self.notice("Trials stopped. The project's files are as they were.")
            else:
                self.notice("Nothing is running.")
            return
        again = self.stopping
        self.stopping = True
        self.attempt(self.workbench.stop)
        self.notice("Killing pytest." if again else "Stopping: pytest runs its teardown first.")
        self.refresh_screens()

    def action_view(self, mode: str) -> None:
        """Show another view; the same key goes back."""
        self.switch_mode(self.DEFAULT_MODE if mode == self.current_mode else mode)

    async def action_back(self) -> None:
        if len(self.screen_stack) > 1:
            self.pop_screen()
        elif self.current_mode != self.DEFAULT_MODE:
            self.switch_mode(self.DEFAULT_MODE)

    def action_help(self) -> None:
        self.push_screen(lazy_screen("help", "HelpScreen")())

    async def action_quit(self) -> None:
        """Stop the run, wait for its teardown, and quit. The second time kill pytest; the third time quit at once."""
        source = self.workbench.current
        if source is None or source.finished or not source.live:
            self._quit()
        elif not self.quitting:
            self.quitting = self.stopping = True
            self.attempt(self.workbench.stop)
            self.notice("Stopping pytest and waiting for its teardown. Press q again to kill it.", severity="warning")
        elif self.stopping:
            self.stopping = False
            self.attempt(self.workbench.stop)
        else:
            self._quit()

    def action_help_quit(self) -> None:
        """Ctrl+C: quit. (Textual's own action only explains which key quits.)"""
        self.run_worker(self.action_quit(), exclusive=True, group="quit")

    def _quit(self) -> None:
        self.trials.stop()
        status = self.workbench.current.run.exit_status if self.workbench.current else 0
        self.exit(status or 0)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide actions that need pytest in a replay; disable stop while nothing runs."""
        if action in _NEEDS_PYTEST and not self.workbench.can_run:
            return False
        if action == "stop":
            source = self.workbench.current
            return True if self.trials.busy or (source is not None and not source.finished) else None
        return True

    # -- the palette ---------------------------------------------------------------------------------------------

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Every action that has a key, then Textual's own commands."""
        yield from key_commands(self, screen)
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


def collect_garbage_less() -> None:
    """Collect garbage less often: a run's objects stay. Searching them took 25 % of the time at 5,000 facts/s."""
    gc.freeze()
    gc.set_threshold(50_000, 50, 50)


def run_app(workbench: Workbench, asked_to_quit: Callable[[], bool] = lambda: False) -> int:
    """Run the dashboard; return the last run's exit status. pytest is stopped when it ends."""
    collect_garbage_less()
    try:
        return IsolationApp(workbench, asked_to_quit=asked_to_quit).run() or 0
    finally:
        workbench.close()
