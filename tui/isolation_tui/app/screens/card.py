"""The card as a screen of its own, where the terminal is too narrow to have it beside the timeline."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from ...model import Test
from ..card.card import TestCard
from ..keys import CARD_SCREEN
from .main import MainScreen
from .view import View


class CardScreen(View):
    """One test. The main screen's verbs work here too: they are handed to it."""

    BINDINGS: ClassVar[list[BindingType]] = [*CARD_SCREEN]

    def __init__(self, main: MainScreen, test: Test | None) -> None:
        super().__init__()
        self.main = main
        self.test = test

    def compose_view(self) -> ComposeResult:
        yield TestCard(id="card")

    def on_mount(self) -> None:
        self.query_one(TestCard).focus()

    def show_run(self) -> None:
        self.query_one(TestCard).show(self.run_shown, self.test)

    def action_next_failure(self, step: int) -> None:
        self.main.action_next_failure(step)
        self.test = self.main.timeline.cursor
        self.show_run()

    def action_author(self, step: int) -> None:
        self.main.action_author(step)
        self.test = self.main.timeline.cursor or self.test
        self.show_run()

    def action_cause(self) -> None:
        self.main.action_cause()

    def action_beside(self) -> None:
        self.main.action_beside()

    def action_edit(self) -> None:
        self.main.action_edit()

    def action_copy(self) -> None:
        self.main.action_copy()

    def action_rerun_selected(self) -> None:
        self.main.action_rerun_selected()
