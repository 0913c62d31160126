"""The command palette: what it offers, and where its commands lead."""

from __future__ import annotations

from pytest_isolation import events as ev
from runstory import Story, before
from timeline_on_screen import timeline


def test_the_palette_jumps_to_a_test_and_narrows_to_a_table(play):
    async def scene(stage):
        await stage.until(lambda: timeline(stage).cursor is not None)
        await stage.press("o", "ctrl+p", *"validation")
        await stage.until(lambda: "passed  unit/test_validation.py" in stage.text)
        await stage.press("escape", "escape", "ctrl+p", *"table products")
        await stage.until(lambda: "define, create, drop" in stage.text)
        await stage.press("enter")
        await stage.until(lambda: stage.app.current_mode == "main" and timeline(stage).index.shown == 23)

    play(scene, before().run)


def test_the_palette_offers_no_model_as_a_table(play):
    story = Story().collected(["test_a.py::test_a"]).models(["users"]).begin("test_a.py::test_a")
    story.say(ev.RegistryDisposed(["src.models.Users"], ev.Place(), ev.Unit("test_a.py::test_a", "call")), after=0.001)
    story.test("test_a.py::test_a", begun=True).finished(0)

    async def scene(stage):
        await stage.until(lambda: timeline(stage).cursor is not None)
        await stage.press("ctrl+p", *"table user")
        await stage.until(lambda: "table users" in stage.text)
        assert "table src.models" not in stage.text

    play(scene, story.run)


def titles(stage) -> dict[str, object]:
    return {command.title.partition(":")[0]: command for command in stage.app.get_system_commands(stage.app.screen)}


def test_the_palette_offers_every_verb_from_anywhere(play):
    wanted = {"Findings", "Fix", "Compare", "Metadata", "Output", "Runs", "Rerun", "Failed", "Watch", "Help"}
    wanted |= {"Filter", "Next", "Previous", "This", "Edit", "Copy", "Axis", "Wider", "Narrower"}

    async def scene(stage):
        await stage.until(lambda: timeline(stage).cursor is not None)
        assert wanted | {"Follow", "Fold"} <= set(titles(stage))
        for key in "f", "m", "b", "o", "u", "x":
            await stage.press(key)
            assert wanted <= set(titles(stage)), key
            await stage.press("escape")
        before = timeline(stage).cursor
        await stage.press("o")
        assert "Search" in titles(stage)
        titles(stage)["Axis"].callback()
        await stage.until(lambda: stage.app.current_mode == "main" and timeline(stage).by_time)
        await stage.press("f")
        next(c for c in stage.app.get_system_commands(stage.app.screen) if "next failing" in c.title).callback()
        await stage.until(lambda: timeline(stage).cursor not in (None, before))

    play(scene, before().run)


def test_a_replay_offers_no_verbs_that_need_pytest(play):
    async def scene(stage):
        await stage.press("r", "w", "R")
        assert stage.workbench.asked == []
        assert "Rerun" not in "".join(stage.text.splitlines()[-2:])
        assert not {"Rerun", "Failed", "This", "Stop", "Watch"} & set(titles(stage))

    play(scene, before().run, live=False)
