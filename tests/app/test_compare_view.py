"""Before and after on screen."""

from __future__ import annotations

import pytest

from isolation_tui.app.screens.pair import PairScreen
from isolation_tui.app.widgets.line_list import LineList
from runstory import after, before
from view_text import body


@pytest.mark.parametrize("size", [(160, 48), (80, 24)])
def test_the_screen(play, golden, size):
    async def scene(stage):
        await stage.press("b")
        golden(f"compare_{size[0]}", body(stage))

    play(scene, before().run, after().run, size=size)


def test_the_seeds_summary_with_real_numbers(play):
    async def scene(stage):
        await stage.press("b")
        assert 'BEFORE: 34 failed, 173 passed, 83 errors; 22 of those "Table already defined"' in stage.text
        assert 'AFTER:  34 failed, 256 passed; 0 of those "Table already defined"' in stage.text
        assert "healed 83  still failing 34  broke 0  new 0  gone 0" in stage.text

    play(scene, before().run, after().run)


def test_the_lists_are_changed_by_keys_and_by_clicks(play):
    async def scene(stage):
        await stage.press("b", "right")
        tests = stage.app.screen.query_one("#tests", LineList)
        assert tests.border_title == "Still failing"
        assert len(tests.lines) == 34
        await stage.press("left_square_bracket")
        assert tests.border_title == "Healed"
        await stage.pilot.click("Tab#gone")
        await stage.until(lambda: tests.border_title == "Gone")
        assert "No test is gone." in stage.text

    play(scene, before().run, after().run)


def test_enter_shows_the_two_cards_and_escape_leads_back(play, golden):
    async def scene(stage):
        await stage.press("b", "enter")
        assert isinstance(stage.app.screen, PairScreen)
        assert "shared with 35 tests" in stage.text
        golden("pair_160", body(stage))
        await stage.press("escape")
        assert stage.app.current_mode == "compare"
        assert not isinstance(stage.app.screen, PairScreen)

    play(scene, before().run, after().run)


def test_one_run_alone_says_how_to_get_the_other(play):
    async def scene(stage):
        await stage.press("b")
        assert "There is a run before the fix, but none after it." in stage.text
        assert "x again applies it." in stage.text

    play(scene, before().run)


def test_no_run_and_recordings(play):
    async def nothing(stage):
        await stage.press("b")
        assert "No full run has ended yet." in stage.text

    async def recorded(stage):
        await stage.press("b")
        assert "Start isolation-tui in the project, and try the fix with x." in stage.text

    play(nothing)
    play(recorded, before().run, live=False)
