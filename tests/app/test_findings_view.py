"""The causes on screen."""

from __future__ import annotations

import pytest

from isolation_tui.app.widgets.line_list import LineList
from runstory import Story, after, before
from view_text import body


@pytest.mark.parametrize("size", [(160, 48), (80, 24)])
def test_the_screen(play, golden, size):
    async def scene(stage):
        await stage.press("f")
        golden(f"findings_{size[0]}", body(stage))

    play(scene, before().run, size=size)


def test_a_cause_names_victims_class_place_and_the_fix(play):
    async def scene(stage):
        await stage.press("f")
        line = stage.app.screen.query_one("#causes", LineList).lines[0].drawn().plain
        assert line.startswith("22 tests  F2  table-already-defined  Table `products`")
        assert line.rstrip().endswith("src/database.py:41  x fix")

    play(scene, before().run)


def test_from_a_red_test_to_the_culprits_line_in_one_key(play):
    async def scene(stage):
        await stage.press("f")
        assert "refused as" in stage.text
        assert "in fixture `sample_category`  src/models/product.py:12" in stage.text
        assert "What to do" in stage.text
        assert "python -m pytest" in stage.text

    play(scene, before().run)


def test_y_copies_the_command(play):
    async def scene(stage):
        await stage.press("f", "y")
        assert stage.app.clipboard.startswith("python -m pytest ")

    play(scene, before().run)


def test_enter_on_a_victim_leads_to_it(play):
    async def scene(stage):
        await stage.press("f", "enter", "end")
        _, _, nodeid = stage.app.screen.query_one("#evidence", LineList).key
        await stage.press("enter")
        await stage.until(lambda: stage.app.current_mode == "main")
        await stage.until(lambda: getattr(stage.app.screen.test, "nodeid", "") == nodeid)

    play(scene, before().run)


def test_without_findings_the_view_says_so(play):
    async def scene(stage):
        await stage.press("f")
        assert "No isolation problem found." in stage.text
        assert "34 failures and errors have no finding" in stage.text

    play(scene, after().run)


def test_nothing_failed(play):
    async def scene(stage):
        await stage.press("f")
        assert "No test failed, and nothing was found." in stage.text

    play(scene, Story().collected(["a.py::t"]).test("a.py::t").finished(0).run)


def test_a_run_under_way_says_how_far_it_is(play):
    async def scene(stage):
        await stage.press("f")
        assert "No finding so far: 5 of 290 tests have ended." in stage.text

    play(scene, before(upto=5, finish=False).run)


def test_no_run_yet(play):
    async def scene(stage):
        await stage.press("f")
        assert "No run yet." in stage.text

    play(scene)


def test_hostile_messages_stay_text(play):
    evil = "Table '[red]x\x1b[31m\x1b]0;t\x07' is already defined for this MetaData instance."
    story = Story().collected(["a.py::t"])
    story.test("a.py::t", "error", message=evil).finished(1)

    async def scene(stage):
        await stage.press("f")
        assert "Table '[red]x'" in stage.text
        assert "\x1b" not in stage.text

    play(scene, story.run)
