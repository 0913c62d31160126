"""The runs of a session; and the help, which is made of the bindings themselves."""

from __future__ import annotations

from isolation_tui.app import keys
from isolation_tui.app.screens.help import shown_keys
from isolation_tui.app.widgets.line_list import LineList
from runstory import after, before


def session(workbench_of, *runs):
    """A workbench that can show any of its runs."""

    class Sitting(workbench_of):
        chosen = None

        @property
        def current(self):
            return self.chosen or (self.sources[-1] if self.sources else None)

        def show(self, source):
            self.chosen = source

    return Sitting(*runs)


def line(stage, at: int) -> str:
    return stage.app.screen.query_one("#runs", LineList).lines[at].drawn().plain


def test_runs_stand_newest_first_with_counts(play, workbench_of):
    async def scene(stage):
        await stage.press("u")
        assert "34 failed, 256 passed" in line(stage, 0)
        assert "fix on" in line(stage, 0)
        assert "34 failed, 173 passed, 83 errors" in line(stage, 1)
        assert line(stage, 0).startswith("▸")
        assert not line(stage, 1).startswith("▸")

    play(scene, workbench=session(workbench_of, before().run, after().run))


def test_enter_shows_the_run(play, workbench_of):
    async def scene(stage):
        await stage.press("u", "down", "enter")
        assert stage.workbench.current is stage.workbench.sources[0]
        assert stage.app.current_mode == "main"

    play(scene, workbench=session(workbench_of, before().run, after().run))


def test_two_marked_runs_are_compared(play, workbench_of):
    first, second = before().run, before().run
    second.started_at += 60

    async def scene(stage):
        await stage.press("u", "space", "down", "space")
        assert line(stage, 0)[1] == line(stage, 1)[1] == "+"
        await stage.press("b")
        assert stage.app.current_mode == "compare"
        await stage.until(lambda: "healed 0  still failing 117" in stage.text)

    play(scene, workbench=session(workbench_of, first, second))


def test_one_mark_is_not_enough(play, workbench_of):
    async def scene(stage):
        await stage.press("u", "space", "b")
        assert stage.app.current_mode == "runs"

    play(scene, workbench=session(workbench_of, before().run, after().run))


def test_no_run_yet(play):
    async def scene(stage):
        await stage.press("u")
        assert "The runs of this session are listed here." in stage.text

    play(scene)


def test_help_names_every_key_and_every_sign(play):
    async def scene(stage):
        await stage.press("question_mark")
        said = "\n".join(line.drawn().plain for line in stage.app.screen.query_one("#help", LineList).lines)
        for group in (value for value in vars(keys).values() if isinstance(value, list)):
            for binding in group:
                assert shown_keys(binding) in said
        for sign in "✔✘E■✗⌫▲▼◆":
            assert sign in said
        await stage.press("escape")
        assert stage.app.current_mode == "main"

    play(scene, before().run)
    play(scene, before().run, size=(80, 24))


def test_no_two_bindings_of_a_view_have_one_id():
    groups = [value for value in vars(keys).values() if isinstance(value, list)]
    ids = [binding.id for group in groups for binding in group]
    assert len(ids) == len(set(ids))
    assert all(binding.tooltip for group in groups for binding in group)
