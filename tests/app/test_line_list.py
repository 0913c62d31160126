"""The list of lines: cursor, scrolling, and what it costs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from textual.app import App, ComposeResult
from textual.content import Content
from textual.pilot import Pilot

from isolation_tui.app.widgets.line_list import Line, LineList


class ListApp(App[None]):
    """A list and nothing else; ``chosen`` notes what Enter handed over."""

    def __init__(self, lines: list[Line]) -> None:
        super().__init__()
        self.lines, self.chosen = lines, list[Any]()

    def compose(self) -> ComposeResult:
        yield LineList()

    def on_mount(self) -> None:
        self.list.show(lambda width: self.lines)

    @property
    def list(self) -> LineList:
        return self.query_one(LineList)

    def on_line_list_chosen(self, event: LineList.Chosen) -> None:
        self.chosen.append(event.key)


def play(lines: list[Line], scene: Callable[[ListApp, Pilot[Any]], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        app = ListApp(lines)
        async with app.run_test(size=(40, 10)) as pilot:
            await pilot.pause()
            await scene(app, pilot)

    asyncio.run(main())


def keyed(*names: str) -> list[Line]:
    return [Line(Content(name), name) for name in names]


def drawn(app: ListApp, y: int) -> str:
    return app.list.render_line(y).text.rstrip()


def test_the_cursor_passes_by_lines_without_a_key():
    async def scene(app, pilot):
        await pilot.press("down")
        assert app.list.key == "b"
        await pilot.press("enter")
        assert app.chosen == ["b"]

    play([Line(Content("title")), *keyed("a"), Line(Content("between")), *keyed("b")], scene)


def test_the_cursor_keeps_its_key_when_lines_come_before_it():
    async def scene(app, pilot):
        await pilot.press("down")
        app.lines = keyed("new", "a", "b", "c")
        app.list.show(lambda width: app.lines)
        assert app.list.key == "b"

    play(keyed("a", "b", "c"), scene)


def test_a_key_that_went_leaves_the_cursor_near():
    async def scene(app, pilot):
        await pilot.press("down")
        app.lines = keyed("a", "c")
        app.list.show(lambda width: app.lines)
        assert app.list.key == "c"

    play(keyed("a", "b", "c"), scene)


def test_what_lies_between_two_keys_can_be_read_by_scrolling():
    async def scene(app, pilot):
        seen = set()
        for _ in range(45):
            await pilot.press("down")
            seen.update(drawn(app, y) for y in range(10))
        assert {f"text {number}" for number in range(40)} <= seen
        assert app.list.key == "b"

    play([*keyed("a"), *(Line(Content(f"text {number}")) for number in range(40)), *keyed("b")], scene)


def test_home_and_end():
    async def scene(app, pilot):
        await pilot.press("end")
        assert app.list.key == "49"
        assert drawn(app, 9) == "49"
        await pilot.press("home")
        assert drawn(app, 0) == "0"

    play(keyed(*map(str, range(50))), scene)


def test_text_is_never_taken_for_markup():
    async def scene(app, pilot):
        assert drawn(app, 0) == "[red]not red[/] [link]"

    play(keyed("[red]not red[/] [link]"), scene)


def test_wide_characters_are_cut_to_the_cells():
    async def scene(app, pilot):
        strip = app.list.render_line(0)
        assert strip.cell_length == app.list.scrollable_content_region.width
        assert "…" in strip.text

    play(keyed("表" * 60), scene)


def test_only_lines_on_screen_are_drawn():
    asked = []

    def line(number: int) -> Line:
        def content() -> Content:
            asked.append(number)
            return Content(str(number))

        return Line(content, number)

    async def scene(app, pilot):
        await pilot.press("down", "down")
        assert set(asked) <= set(range(14))
        asked.clear()
        await pilot.press("end")
        assert min(asked) > 9_980

    play([line(number) for number in range(10_000)], scene)


def test_a_click_selects_and_a_second_click_chooses():
    async def scene(app, pilot):
        await pilot.click(LineList, offset=(2, 2))
        assert app.list.key == "c"
        assert app.chosen == []
        await pilot.click(LineList, offset=(2, 2))
        assert app.chosen == ["c"]

    play(keyed("a", "b", "c"), scene)


def test_the_cursor_is_seen_without_colours(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")

    async def scene(app, pilot):
        assert all(segment.style.reverse for segment in app.list.render_line(0) if segment.text.strip())

    play(keyed("a", "b"), scene)
