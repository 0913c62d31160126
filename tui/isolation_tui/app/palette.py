"""The command palette: every key's verb, and the tests, fixtures and tables of the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from textual.app import SystemCommand
from textual.binding import Binding
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import Screen

from ..model import Run, Test
from ..text.sanitize import clean
from ..text.wording import number
from .keys import APP, MAIN
from .timeline.index import hidden

if TYPE_CHECKING:
    from .app import IsolationApp

MOST = 40
"""Most hits that are listed."""


class Goal(NamedTuple):
    """Something to jump to."""

    text: str
    about: str
    go: Callable[[], None]
    sought: str
    """The text that is searched; a test's includes its file."""


class RunProvider(Provider):
    """Finds tests, to jump to, and fixtures and tables, to filter by."""

    @property
    def isolation(self) -> IsolationApp:
        return cast("IsolationApp", self.app)

    async def discover(self) -> Hits:
        """Offer the first failures before anything is typed."""
        source = self.isolation.workbench.current
        for test in [test for test in source.run.order if test.outcome.bad][:5] if source is not None else ():
            goal = self._test(test)
            yield DiscoveryHit(Content(goal.text), goal.go, text=goal.text, help=goal.about)

    async def search(self, query: str) -> Hits:
        source = self.isolation.workbench.current
        if source is None:
            return
        matcher = self.matcher(query)
        found = [(matcher.match(goal.sought), goal) for goal in self._goals(source.run, query)]
        best = sorted((pair for pair in found if pair[0] > 0), key=lambda pair: -pair[0])[:MOST]
        for score, goal in best:
            yield Hit(score, Content(goal.text), goal.go, text=goal.text, help=goal.about)

    def _goals(self, run: Run, query: str) -> Iterator[Goal]:
        # The matcher takes about 20 us per text: with 10,000 tests, those that cannot match are left out first.
        letters = [letter for letter in query.lower() if not letter.isspace()]
        for definition in run.definitions.values():
            if not hidden(definition):
                about = f"{definition.scope} fixture, set up {number(len(definition.lives), 'time')}"
                name = f"fixture {clean(definition.name)}"
                yield Goal(name, about, self._narrow("fixture", definition.name), name)
        for table in sorted(run.table_history.tables()):
            name = f"table {clean(table)}"
            yield Goal(
                name, "filter the tests that define, create, drop or clear it", self._narrow("table", table), name
            )
        for test in run.tests.values():
            if _in_order(letters, test.nodeid.lower()):
                yield self._test(test)

    def _test(self, test: Test) -> Goal:
        glyph = self.isolation.glyphs.outcome(test.outcome)
        about = f"{glyph} {test.outcome.value}  {clean(test.file)}"
        return Goal(clean(test.name), about, partial(self._jump, test), clean(test.nodeid))

    def _jump(self, test: Test) -> None:
        self.isolation.show_test(test)

    def _narrow(self, name: str, value: str) -> Callable[[], None]:
        quoted = f'"{value}"' if any(letter in value for letter in " ,") else value
        return partial(self.isolation.narrow, f"{name}:{quoted}")


def _in_order(letters: list[str], text: str) -> bool:
    """Whether the letters occur in that order, as a fuzzy match requires at least."""
    at = 0
    for letter in letters:
        at = text.find(letter, at) + 1
        if not at:
            return False
    return True


_ALSO = (
    "main.previous",
    "main.later_author",
    "grid.previous",
    "compare.previous",
    "timeline.follow",
    "timeline.fold",
    "output.follow",
)
"""Actions that the footer does not show but the palette offers."""
_NOT = ("app.quit", "app.back", "main.escape")
"""Keys without a use in the palette, or offered by Textual itself."""


def key_commands(app: IsolationApp, screen: Screen[Any]) -> Iterator[SystemCommand]:
    """A command for every key of the current screen, then of the app and the main screen, each once.

    Actions that are disabled are left out."""
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


def _command(binding: Binding, action: Callable[[], None]) -> SystemCommand:
    tooltip = binding.tooltip[:1].lower() + binding.tooltip[1:]
    key = binding.key_display or binding.key.partition(",")[0]
    return SystemCommand(f"{binding.description}: {tooltip}", f"key {key}", action)


def _on(app: IsolationApp, node: DOMNode, action: str) -> Callable[[], None]:
    def later() -> None:
        app.call_later(app.run_action, action, node)

    return later


def _on_main(app: IsolationApp, action: str) -> Callable[[], None]:
    def later() -> None:
        app.on_main(lambda main: app.call_later(app.run_action, action, main))

    return later
