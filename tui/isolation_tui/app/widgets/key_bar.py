"""The footer: the keys that work here, the most needed first."""

from __future__ import annotations

from textual import events
from textual.app import App, RenderResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from ..keys import FOOTER
from ..theme import FAINT, MUTED


class KeyBar(Widget):
    """Shows the screen's active bindings; a click on one runs it. Two lines on a tall terminal."""

    DEFAULT_CSS = """
    KeyBar { dock: bottom; height: 1; padding: 0 1; background: $footer-background; color: $text-muted; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._actions: list[tuple[int, int, int, str]] = []
        """(line, first cell, end cell, action) of each key, for clicks."""

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)

    def _bindings_changed(self, screen: Screen[object]) -> None:
        self.refresh()

    def render(self) -> RenderResult:
        width, height = self.content_size
        lines: list[list[Content]] = [[]]
        cell = 0
        self._actions = []
        for binding, enabled in self._shown():
            part = self._part(binding, enabled)
            if cell + part.cell_length > width:
                if len(lines) == height:
                    continue  # a shorter one may still fit
                lines.append([])
                cell = 0
            lines[-1].append(part)
            if enabled:
                self._actions.append((len(lines) - 1, cell, cell + part.cell_length, binding.action))
            cell += part.cell_length + 2
        return Content("\n").join(Content("  ").join(parts) for parts in lines)

    def _shown(self) -> list[tuple[Binding, bool]]:
        """The bindings to show and whether they are enabled, the most needed first; each action once."""
        shown: dict[str, tuple[Binding, bool]] = {}
        typing = isinstance(self.screen.focused, Input)
        for node, binding, enabled, _ in self.screen.active_bindings.values():
            if typing and isinstance(node, (Screen, App)):
                continue  # letters are typed into the input
            if binding.show and not binding.system:
                shown.setdefault(binding.id or binding.action, (binding, enabled))
        rank = {id: place for place, id in enumerate(FOOTER)}
        unknown = FOOTER.index("...")
        return sorted(shown.values(), key=lambda pair: rank.get(pair[0].id or "", unknown))

    def _part(self, binding: Binding, enabled: bool) -> Content:
        key = self.app.get_key_display(binding)
        styles = ("bold $footer-key-foreground", MUTED) if enabled else (FAINT, FAINT)
        return Content.assemble((key, styles[0]), " ", (binding.description, styles[1]))

    async def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        for line, low, high, action in self._actions:
            if offset is not None and offset.y == line and low <= offset.x < high:
                await self._do(action)
                break

    async def _do(self, action: str) -> None:
        """Run the action on the focused widget if it has it, else on the screen, else on the app."""
        name = action.partition("(")[0].rpartition(".")[2]
        for node in (self.screen.focused, self.screen):
            if node is not None and hasattr(node, f"action_{name}"):
                await self.app.run_action(action, node)
                return
        await self.app.run_action(action)
