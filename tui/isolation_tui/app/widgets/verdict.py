"""The line at the bottom that sums up the run and leads to its causes."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.content import Content
from textual.widget import Widget

from ...diagnose.verdict import verdict
from ...model import Outcome, Run

if TYPE_CHECKING:
    from ..app import IsolationApp


class Verdict(Widget):
    """Shows the verdict, highlighted once the run has ended. A click shows the findings, or the leaks if there are
    no findings."""

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
        self._shown = Content("")
        self._loud = ""
        self._leads_to = "findings"

    def show(self, run: Run | None) -> None:
        """Show the verdict on this run."""
        app = cast("IsolationApp", self.app)
        up_to_date = run is not None and app.conclusions.is_up_to_date(run)
        words, level = verdict(run, app.conclusions.of(run), up_to_date)
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
        text = Content.assemble(*parts)
        if loud != self._loud:
            for each in ("error", "warning", "success"):
                self.set_class(each == loud, f"-{each}")
        if (text, loud) != (self._shown, self._loud):
            self._shown, self._loud = text, loud
            self.refresh()

    def render(self) -> Content:
        return self._shown

    async def on_click(self) -> None:
        await self.app.run_action(f"view('{self._leads_to}')")
