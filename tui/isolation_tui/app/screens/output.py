"""pytest's own output, to follow, scroll and search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, overload

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Input

from ...model import Run
from ...text.sanitize import clean
from .. import keys
from ..keys import key
from ..widgets.empty_state import EmptyState
from ..widgets.following_list import FollowingList
from ..widgets.legend import Legend
from ..widgets.line_list import Line
from ..widgets.output_text import OutputText
from .view import View


class OutputLines(Sequence[Line]):
    """Lines of output, decoded when they are drawn."""

    def __init__(self, text: OutputText, needle: str) -> None:
        self._text, self._needle = text, needle

    def __len__(self) -> int:
        return len(self._text.lines)

    @overload
    def __getitem__(self, index: int) -> Line: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Line]: ...
    def __getitem__(self, index: int | slice) -> Line | Sequence[Line]:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        return Line(self._text.content(index, self._needle))


class SearchInput(Input):
    """The input of the search; Escape closes it."""

    class Closed(Message): ...

    BINDINGS: ClassVar[list[BindingType]] = [
        key("escape", "close", "Close", "Close the search", "output.close", show=False)
    ]

    def action_close(self) -> None:
        self.post_message(self.Closed())


class OutputScreen(View):
    """Follows the output until the user scrolls up; End follows again."""

    DEFAULT_CSS = """
    OutputScreen {
        #output { display: none; }
        &.-some #output { display: block; }
        &.-some #nothing { display: none; }
        #search {
            dock: bottom; display: none; height: 1; border: none; margin-bottom: 1; padding: 0 1; background: $panel;
        }
        &.-searching #search { display: block; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*keys.OUTPUT]
    AUTO_FOCUS: ClassVar[str | None] = "#output"

    def __init__(self) -> None:
        super().__init__()
        self._run: Run | None = None
        self._text = OutputText()
        self._chunks = 0
        self._needle = ""
        self._match = -1
        self._result = ""

    def compose_view(self) -> ComposeResult:
        yield Legend()
        yield FollowingList(id="output", classes="panel")
        yield EmptyState()
        yield SearchInput(placeholder="search the output", id="search", compact=True)

    def tick(self, changed: bool) -> None:
        super().tick(changed)
        self.query_one(FollowingList).catch_up()

    def show_run(self) -> None:
        run = self.run_shown
        if run is not self._run:
            self._run, self._text, self._chunks, self._match = run, OutputText(), 0, -1
            self.query_one(FollowingList).follow = True
        new = run.output[self._chunks :] if run is not None else []
        self._chunks += len(new)
        for chunk in new:
            self._text.feed(chunk)
        some = bool(self._chunks)
        self.set_class(some, "-some")
        if not some:
            self.query_one(EmptyState).show(
                "pytest has printed nothing yet." if run is not None else "No run yet.",
                "Its output appears here, with its colours. r runs the suite.",
            )
        if new or not self.query_one(FollowingList).lines:
            self._draw()
        self._show_legend()

    def _draw(self) -> None:
        output = self.query_one(FollowingList)
        output.show(lambda width: OutputLines(self._text, self._needle), longest=lambda: self._text.longest)
        output.keep_up()

    def _show_legend(self) -> None:
        output = self.query_one(FollowingList)
        output.border_title = "Output"
        lines = len(self._text.lines)
        parts = [("", "", f"{lines} lines")]
        if self._text.forgotten:
            parts.append(("", "", f"{self._text.forgotten} older lines dropped"))
        if self._result:
            parts.append(("/", "$text-accent", self._result))
        self.query_one(Legend).show("Output", *parts)

    # -- searching ---------------------------------------------------------------------------------------------

    def action_search(self) -> None:
        self.add_class("-searching")
        self.set_focus(self.query_one(SearchInput))  # at once, so that keys typed fast go into the input

    @on(SearchInput.Closed)
    def _search_closed(self) -> None:
        self.remove_class("-searching")
        self.query_one("#output").focus()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._needle, self._match = event.value, -1
        self._search_closed()
        self._result = ""
        self._draw()
        if self._needle:
            self.action_match(1)
        self._show_legend()

    def action_match(self, step: int) -> None:
        if not self._needle:
            self.action_search()
            return
        found = list(self._text.matches(self._needle))
        if not found:
            self._result, self._match = f"{clean(self._needle)}: not found", -1
        else:
            if step > 0:
                self._match = next((at for at in found if at > self._match), found[0])
            else:
                self._match = next((at for at in reversed(found) if at < self._match), found[-1])
            self._result = f"{clean(self._needle)}: {found.index(self._match) + 1} of {len(found)}"
            output = self.query_one(FollowingList)
            output.follow = False
            output.scroll_to(y=max(self._match - output.size.height // 3, 0), animate=False)
        self._show_legend()

    # -- other actions -----------------------------------------------------------------------------------------

    def action_follow(self) -> None:
        self.query_one(FollowingList).action_to_end(1)

    def action_copy(self) -> None:
        text = "\n".join(self._text.plain(at) for at in range(len(self._text.lines)))
        self.app.copy_to_clipboard(text)
        self.isolation.notice(f"Copied {len(self._text.lines)} lines.")
