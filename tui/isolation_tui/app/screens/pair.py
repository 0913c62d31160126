"""The same test in two runs, its cards beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal

from ...model import Run, Test
from ...model.compare import Pair
from ...plain import clean
from ..widgets.line_list import Line, LineList
from ..widgets.pair_card import card_lines
from ..widgets.panel import Legend
from .view import View


class PairScreen(View):
    """Before at the left, after at the right; one above the other where the terminal is narrow."""

    DEFAULT_CSS = """
    PairScreen {
        #pair { height: 1fr; }
        #pair LineList { width: 1fr; }
        &.-narrow #pair { layout: vertical; }
        &.-narrow #pair LineList { width: 100%; height: 1fr; }
    }
    """
    AUTO_FOCUS: ClassVar[str | None] = "#before"

    def __init__(self, pair: Pair, before: Run, after: Run) -> None:
        super().__init__()
        self._pair, self._before, self._after = pair, before, after

    def compose_view(self) -> ComposeResult:
        yield Legend()
        with Horizontal(id="pair"):
            yield LineList(id="before", classes="panel", keyed=False)
            yield LineList(id="after", classes="panel", keyed=False)

    def on_mount(self) -> None:
        pair = self._pair
        self.query_one(Legend).say(clean(pair.nodeid), ("", "", pair.change.value), ("Esc", "$text-accent", "back"))
        sides = (("#before", "Before", self._before, pair.before), ("#after", "After", self._after, pair.after))
        for name, title, run, test in sides:
            lines = self.query_one(name, LineList)
            lines.border_title = title

            lines.show(partial(self._card, run, test))

    def _card(self, run: Run, test: Test | None, width: int) -> Sequence[Line]:
        return card_lines(run, test, width, self.glyphs)
