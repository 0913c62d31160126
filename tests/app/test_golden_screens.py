"""Whole screens as text: what a person sees, before and after, at the sizes that people use."""

from __future__ import annotations

from functools import reduce

import pytest

from isolation_tui.app.widgets.timeline import Timeline
from runstory import after, before


@pytest.mark.parametrize("size", [(160, 48), (80, 24), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", ["before", "after"])
def test_the_main_screen(play, golden, name, size):
    async def scene(stage):
        await stage.until(lambda: stage.app.screen.query_one(Timeline).cursor is not None)
        golden(f"main-{name}-{size[0]}x{size[1]}", stage.text)

    play(scene, (before if name == "before" else after)().run, size=size)


def test_a_run_in_the_middle(play, golden, workbench_of):
    bench = workbench_of(before(upto=20, finish=False).run)

    async def scene(stage):
        await stage.until(lambda: "following the newest" in stage.text)
        golden("main-running-160x48", stage.text)

    play(scene, workbench=bench)


def test_in_ascii(play, golden, monkeypatch, workbench_of):
    bench = workbench_of(before().run)

    async def scene(stage):
        await stage.until(lambda: stage.app.screen.query_one(Timeline).cursor is not None)
        assert stage.text.isascii()
        golden("main-ascii-100x30", stage.text)

    play(scene, workbench=bench, size=(100, 30), environ={"ISOLATION_TUI_ASCII": "1"})


def test_without_colour(play, workbench_of):
    async def scene(stage):
        await stage.until(lambda: stage.app.screen.query_one(Timeline).cursor is not None)
        strips = stage.app.screen._compositor.render_strips()
        background = stage.app.screen.background_colors[1]
        filtered = [reduce(lambda line, f: line.apply_filter(f, background), stage.app._filters, s) for s in strips]
        colours = {s.style.color.name for strip in filtered for s in strip if s.style and s.style.color}
        assert stage.app.no_color
        assert colours <= {"default"}
        assert any(s.style and s.style.reverse for strip in filtered for s in strip)

    play(scene, workbench=workbench_of(before().run), environ={"NO_COLOR": "1"})
