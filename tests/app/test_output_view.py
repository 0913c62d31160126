"""pytest's own output on screen."""

from __future__ import annotations

from textual.events import MouseScrollUp

from isolation_tui.app.widgets.line_list import LineList
from isolation_tui.model import Stamped
from pytest_isolation import events as ev
from runstory import Story, before


def printed(*chunks: str, finish: bool = True):
    story = Story().collected(["a.py::t"])
    for chunk in chunks:
        story.say(ev.Output(chunk), "observer")
    return (story.finished(0) if finish else story).run


def top(stage) -> str:
    return stage.app.screen.query_one("#output", LineList).render_line(0).text.rstrip()


LONG = "".join(f"line {number}\n" for number in range(200))


def test_the_end_is_shown_and_followed(play):
    async def scene(stage):
        await stage.press("o")
        assert "line 199" in stage.text
        stage.workbench.current.pending = [Stamped("observer", 2000.0, ev.Output("and more\n"))]
        await stage.until(lambda: "and more" in stage.text)

    play(scene, printed(LONG, finish=False))


def test_scrolling_away_ends_following_and_end_follows_again(play):
    async def scene(stage):
        await stage.press("o", "home")
        assert top(stage) == "line 0"
        stage.workbench.current.pending = [Stamped("observer", 2000.0, ev.Output("and more\n"))]
        await stage.until(lambda: "202 lines" in stage.text)
        assert top(stage) == "line 0"
        await stage.press("end")
        assert "and more" in stage.text

    play(scene, printed(LONG, finish=False))


def test_search_goes_from_match_to_match(play):
    async def scene(stage):
        await stage.press("o", "slash", *"LINE 19", "enter")
        assert "LINE 19: 1 of 11" in stage.text
        await stage.press("n")
        assert "LINE 19: 2 of 11" in stage.text
        assert "line 190" in stage.text
        await stage.press("N", "N")
        assert "LINE 19: 11 of 11" in stage.text

    play(scene, printed(LONG))


def test_escape_closes_the_search_and_not_the_view(play):
    async def scene(stage):
        await stage.press("o", "slash", "x", "escape")
        assert stage.app.current_mode == "output"
        await stage.press("escape")
        assert stage.app.current_mode == "main"

    play(scene, printed(LONG))


def test_colours_are_shown_and_escapes_are_not(play):
    async def scene(stage):
        await stage.press("o")
        assert "3 passed [red]" in stage.text
        assert "\x1b" not in stage.text
        strip = stage.app.screen.query_one("#output", LineList).render_line(0)
        assert any(segment.style and segment.style.color for segment in strip if "passed" in segment.text)

    play(scene, printed("\x1b[32m3 passed\x1b[0m [red]\x1b]0;evil\x07\x1b[2J"))


def test_y_copies_all_of_it_without_colours(play):
    async def scene(stage):
        await stage.press("o", "y")
        assert stage.app.clipboard == "3 passed\n"

    play(scene, printed("\x1b[32m3 passed\x1b[0m\n"))


def test_nothing_printed_yet(play):
    async def scene(stage):
        await stage.press("o")
        assert "pytest has printed nothing yet." in stage.text

    play(scene, before().run)


def test_another_run_shows_its_own_output(play):
    async def scene(stage):
        await stage.press("o")
        stage.workbench.sources.append(type(stage.workbench.sources[0])(printed("the second run")))
        await stage.until(lambda: "the second run" in stage.text)
        assert "the first" not in stage.text

    play(scene, printed("the first run"))


def test_the_end_stays_in_sight_when_the_terminal_shrinks_and_when_the_view_comes_back(play):
    async def scene(stage):
        await stage.press("o", "m")
        await stage.pilot.resize_terminal(80, 24)
        stage.workbench.current.pending = [Stamped("observer", 2000.0, ev.Output(LONG + "the end\n"))]
        await stage.press("o")
        await stage.until(lambda: "the end" in stage.text)

    play(scene, printed("short\n", finish=False))


def test_the_wheel_ends_following(play):
    async def scene(stage):
        await stage.press("o")
        output = stage.app.screen.query_one("#output", LineList)
        await stage.pilot._post_mouse_events([MouseScrollUp], output, offset=(5, 5))
        await stage.until(lambda: not output.follow)
        stage.workbench.current.pending = [Stamped("observer", 2000.0, ev.Output("and more\n"))]
        await stage.until(lambda: "202 lines" in stage.text)
        assert "and more" not in stage.text

    play(scene, printed(LONG, finish=False))
