"""The line that answers "what is the cause?", and leads to it. It always stands at the same place."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.content import Content
from textual.widget import Widget

from ...diagnose.verdict import verdict
from ...model import Outcome, Run

if TYPE_CHECKING:
    from ..app import IsolationApp


class Verdict(Widget):
    """Loud once a run has ended red or dirty, quiet before. A click shows the findings, or the leaks where they
    are all there is."""

    DEFAULT_CSS = """
    Verdict {
        height: 1; padding: 0 1; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis;
        &.-error { color: $text-error; background: $error-muted; text-style: bold; }
        &.-warning { color: $text-warning; background: $warning-muted; text-style: bold; }
        &.-success { color: $text-success; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._said = Content("")
        self._loud = ""
        self._leads_to = "findings"

    def show(self, run: Run | None) -> None:
        """Say what this run comes to."""
        app = cast("IsolationApp", self.app)
        settled = run is not None and app.conclusions.settled(run)
        words, level = verdict(run, app.conclusions.of(run), settled)
        loud = level if words and run is not None and run.finished else ""
        signs = {"error": Outcome.FAILED, "success": Outcome.PASSED}
        sign = app.glyphs.outcome(signs[level]) if level in signs else app.glyphs.dirty
        parts: list[str | tuple[str, str]] = []
        if words:
            parts = [f"{sign} {words}" if level else words]
            found = app.conclusions.of(run)
            self._leads_to = "leaks" if level == "warning" and not found.findings else "findings"
            if found.findings or level == "warning":
                key = "L" if self._leads_to == "leaks" else "f"
                parts += ["   ", (key, "bold underline"), " shows " + ("why" if level == "error" else "what")]
        said = Content.assemble(*parts)
        if loud != self._loud:
            for each in ("error", "warning", "success"):
                self.set_class(each == loud, f"-{each}")
        if (said, loud) != (self._said, self._loud):
            self._said, self._loud = said, loud
            self.refresh()

    def render(self) -> Content:
        return self._said

    async def on_click(self) -> None:
        await self.app.run_action(f"view('{self._leads_to}')")
