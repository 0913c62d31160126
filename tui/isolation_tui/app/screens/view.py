"""The base of every screen: a header above, a view of the run, the keys below."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Input

from ...model import Run
from ..glyphs import Glyphs
from ..widgets.header import RunHeader
from ..widgets.key_bar import KeyBar

if TYPE_CHECKING:
    from ...workbench import Workbench
    from ..app import IsolationApp


class View(Screen[None]):
    """Base of all screens. A subclass yields its widgets in :meth:`compose_view` and shows the run in :meth:`show_run`.

    The app calls :meth:`refresh_run` about ten times a second; ``changed`` is whether the run changed. A screen that
    was just pushed is on the stack before it has widgets, and is skipped until it :attr:`is_ready`.
    """

    def __init__(self) -> None:
        super().__init__()
        self._header = RunHeader()

    def compose(self) -> ComposeResult:
        yield self._header
        yield from self.compose_view()
        yield KeyBar()

    def compose_view(self) -> ComposeResult:
        """The widgets between header and footer."""
        yield from ()

    @property
    def isolation(self) -> IsolationApp:
        """The app, with its own type."""
        return cast("IsolationApp", self.app)

    @property
    def workbench(self) -> Workbench:
        return self.isolation.workbench

    @property
    def glyphs(self) -> Glyphs:
        return self.isolation.glyphs

    @property
    def run_shown(self) -> Run | None:
        """The run to show; None before the first."""
        source = self.workbench.current
        return source.run if source is not None else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable the rerun of a test in a replay, and ``/`` while text is typed."""
        if action in ("filter", "search"):
            return not isinstance(self.focused, Input)
        return self.isolation.check_action(action, parameters) if action == "rerun_selected" else True

    @property
    def is_ready(self) -> bool:
        """Whether the screen has all its widgets: it is neither being built nor being removed."""
        return self.is_mounted and self.is_attached and self.is_running

    def refresh_run(self, changed: bool) -> None:
        """Bring the screen up to date. The header updates also without new facts (elapsed time)."""
        if self.is_ready:
            self._header.tick()
            self.tick(changed)

    def tick(self, changed: bool) -> None:
        """Update the view. Most screens do so only if the run ``changed``."""
        if changed:
            self.show_run()

    def show_run(self) -> None:
        """Show :attr:`run_shown` as it is now. Called on every change and when the screen becomes current."""

    def on_screen_resume(self) -> None:
        self.refresh_run(True)
