"""The filter of the main screen: what it narrows, what it explains, and what is typed into it."""

from __future__ import annotations

import pytest
from textual import events
from textual.widgets import Input

from isolation_tui.app.widgets.filter_bar import FilterBar
from isolation_tui.model import Run
from runstory import before
from timeline_on_screen import timeline


def test_the_filter_narrows_counts_and_is_taken_back(play):
    async def scene(stage):
        await stage.press("slash", *"is:failed")
        await stage.until(lambda: timeline(stage).index.shown == 34)
        assert "34 of 290 tests" in stage.text
        await stage.press("enter")
        assert stage.app.focused is timeline(stage)
        assert "34 of 290 tests" in stage.text
        await stage.press("escape")
        await stage.until(lambda: timeline(stage).index.shown == 290)
        assert not stage.app.screen.query_one(FilterBar).has_class("-active")

    play(scene, before().run)


def test_the_filter_follows_a_run_that_goes_on(play, workbench_of):
    told = before().facts
    bench = workbench_of(Run())

    async def scene(stage):
        bench.current.pending = told[: len(told) // 4]
        await stage.press("slash", *"is:error")
        await stage.until(lambda: timeline(stage).index is not None and timeline(stage).index.shown > 0)
        early = timeline(stage).index.shown
        bench.current.pending = told[len(told) // 4 :]
        await stage.until(lambda: timeline(stage).index.shown == 83)
        assert early < 83

    play(scene, workbench=bench)


def test_letters_typed_into_the_filter_are_no_verbs(play):
    async def scene(stage):
        await stage.press("slash", *"rxqm")
        assert stage.workbench.asked == []
        assert stage.app.current_mode == "main"

    play(scene, before().run)


@pytest.mark.parametrize(("view", "typed"), [("", "is:error"), ("o", "error")], ids=["filter", "search"])
def test_what_is_typed_before_the_filter_or_the_search_could_be_shown_goes_there(play, view, typed):
    """A slow machine, or a fast hand: the keys come in one go."""

    async def scene(stage):
        if view:
            await stage.press(view)
            await stage.until(lambda: stage.app.current_mode == "output")
        for name, letter in [("slash", "/"), *((letter, letter) for letter in typed)]:
            stage.app.post_message(events.Key(name, letter))
        await stage.until(lambda: [field.value for field in stage.app.screen.query(Input)] == [typed])
        assert stage.workbench.asked == []
        await stage.press("slash")
        await stage.until(lambda: [field.value for field in stage.app.screen.query(Input)] == [typed + "/"])

    play(scene, before().run)


def test_an_unknown_state_in_the_filter_is_explained(play):
    async def scene(stage):
        await stage.press("slash", *"is:blue")
        await stage.until(lambda: "is:blue? One of" in stage.text)

    play(scene, before().run)
