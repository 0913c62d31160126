"""Two cards side by side: one test in two runs, or two tests of one run."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content

from ...model import Run, Test
from ...text.sanitize import clean
from .. import keys
from ..card.text import card
from ..theme import MUTED
from ..widgets.legend import Legend
from ..widgets.line_list import Line, LineList
from .view import View


class Side(NamedTuple):
    """One of the two cards; ``test`` is None if the run does not have it."""

    title: str
    run: Run
    test: Test | None


class PairScreen(View):
    """Two cards, left and right; on a narrow terminal one above the other."""

    DEFAULT_CSS = """
    PairScreen {
        #pair { height: 1fr; }
        #pair LineList { width: 1fr; }
        &.-narrow #pair { layout: vertical; }
        &.-narrow #pair LineList { width: 100%; height: 1fr; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*keys.PAIR]
    AUTO_FOCUS: ClassVar[str | None] = "#left"

    def __init__(self, title: str, note: str, left: Side, right: Side) -> None:
        super().__init__()
        self._title, self._note = title, note
        self._sides = {"#left": left, "#right": right}

    def compose_view(self) -> ComposeResult:
        yield Legend()
        with Horizontal(id="pair"):
            yield LineList(id="left", classes="panel", keyed=False)
            yield LineList(id="right", classes="panel", keyed=False)

    def on_mount(self) -> None:
        self.query_one(Legend).show(clean(self._title), ("", "", self._note), ("Esc", "$text-accent", "back"))
        for name, side in self._sides.items():
            self.isolation.conclusions.update(side.run)  # an earlier run may have no conclusions yet
            lines = self.query_one(name, LineList)
            lines.border_title = Content(clean(side.title))
            lines.show(partial(self._card, side))

    def _card(self, side: Side, width: int) -> Sequence[Line]:
        if side.test is None:
            return [Line(Content.styled("This run does not have the test.", MUTED))]
        found = self.isolation.conclusions.of(side.run)
        shown = card(side.run, side.test, self.glyphs, width, found)
        return [Line(part) for line in shown.split("\n", allow_blank=True) for part in line.wrap(width) or [line]]
