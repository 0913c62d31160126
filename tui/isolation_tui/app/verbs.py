"""The palette's verbs: what the keys of the screen in front do, and the main screen's from wherever one is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from textual.app import SystemCommand
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

from .keys import APP, MAIN

if TYPE_CHECKING:
    from .app import IsolationApp

_ALSO = (
    "main.previous",
    "main.later_author",
    "grid.previous",
    "compare.previous",
    "timeline.follow",
    "timeline.fold",
    "output.follow",
)
"""Verbs that the footer has no room for."""
_NOT = ("app.quit", "app.back", "main.escape")
"""Keys that mean nothing in the palette, or that Textual offers itself."""


def verbs(app: IsolationApp, screen: Screen[Any]) -> Iterator[SystemCommand]:
    """A command for every verb, each once; those that cannot be done now are left out."""
    seen: set[str] = set()
    for node, binding, enabled, _ in screen.active_bindings.values():
        if enabled and _offered(binding) and binding.id not in seen:
            seen.add(binding.id or "")
            yield _command(binding, _on(app, node, binding.action))
    for binding in (*APP, *(MAIN if app.workbench.current is not None else ())):
        name = binding.action.partition("(")[0]
        if binding.id not in seen and _offered(binding) and app.check_action(name, ()):
            yield _command(binding, _on(app, app, binding.action) if binding in APP else _on_main(app, binding.action))


def _offered(binding: Binding) -> bool:
    return bool(binding.id) and binding.id not in _NOT and (binding.show or binding.id in _ALSO)


def _command(binding: Binding, deed: Callable[[], None]) -> SystemCommand:
    tooltip = binding.tooltip[:1].lower() + binding.tooltip[1:]
    key = binding.key_display or binding.key.partition(",")[0]
    return SystemCommand(f"{binding.description}: {tooltip}", f"key {key}", deed)


def _on(app: IsolationApp, node: DOMNode, action: str) -> Callable[[], None]:
    def later() -> None:
        app.call_later(app.run_action, action, node)

    return later


def _on_main(app: IsolationApp, action: str) -> Callable[[], None]:
    def later() -> None:
        app.on_main(lambda main: app.call_later(app.run_action, action, main))

    return later
