"""The metadata matrix on screen: shared against fresh, at a glance."""

from __future__ import annotations

import pytest

from isolation_tui.app.widgets.matrix_grid import MatrixGrid
from isolation_tui.model.matrix import Layer
from pytest_isolation import events as ev
from runstory import TABLES, Story, after, before
from view_text import body

API_TESTS = 36


def grid(stage) -> MatrixGrid:
    return stage.app.screen.query_one(MatrixGrid)


def row(stage, layer: Layer, table: str) -> str:
    """The line of a table as drawn."""
    shown = grid(stage)
    index = next(at for at, one in enumerate(shown.rows) if getattr(one, "table", "") == table and one.layer is layer)
    return shown.render_line(index + 2 - shown.scroll_offset.y).text.rstrip()


@pytest.mark.parametrize("size", [(160, 48), (80, 24)])
def test_the_screen_before(play, golden, size):
    async def scene(stage):
        await stage.press("m")
        golden(f"metadata_before_{size[0]}", body(stage))

    play(scene, before().run, size=size)


def test_the_screen_after(play, golden):
    async def scene(stage):
        await stage.press("m", "home", "a")
        golden("metadata_after_160", body(stage))

    play(scene, after().run)


def test_shared_models_read_as_registered_once_and_refused(play):
    async def scene(stage):
        await stage.press("m")
        line = row(stage, Layer.METADATA, "products")
        assert line.count("✗") == 22
        assert "registered once, used by 36 tests, refused 22x" in line
        assert "created once, used by 36 tests" in row(stage, Layer.DATABASE, "roles")

    play(scene, before().run)


def test_fresh_tables_read_as_new_for_each_test(play):
    async def scene(stage):
        await stage.press("m")
        line = row(stage, Layer.DATABASE, "roles")
        assert line.count("◆") == API_TESTS
        assert "created new for each of 36 tests" in line

    play(scene, after().run)


def test_it_opens_on_the_first_refusal_and_says_who_and_where(play):
    async def scene(stage):
        await stage.press("m")
        assert grid(stage).target.table == "products"
        assert "refused  by fixture sample_category  src/models/product.py:12" in stage.text
        assert "from create_tables src/database.py:41" in stage.text

    play(scene, before().run)


def test_all_files_and_back(play):
    async def scene(stage):
        await stage.press("m")
        assert "used by 36 tests" in stage.text
        await stage.press("a")
        assert "used by 290 tests" in stage.text
        await stage.press("a")
        assert "used by 36 tests" in stage.text

    play(scene, before().run)


def test_n_goes_from_mark_to_mark(play):
    async def scene(stage):
        await stage.press("m", "home", "n")
        first = grid(stage).test
        await stage.press("n")
        assert grid(stage).test.position == first.position + 1
        await stage.press("N")
        assert grid(stage).test is first

    play(scene, before().run)


def test_enter_leads_to_the_test_on_the_main_screen(play):
    async def scene(stage):
        await stage.press("m")
        wanted = grid(stage).test
        await stage.press("enter")
        await stage.until(lambda: stage.app.current_mode == "main" and stage.app.screen.test is wanted)

    play(scene, before().run)


def test_a_click_puts_the_cursor_on_the_cell(play):
    async def scene(stage):
        await stage.press("m")
        shown = grid(stage)
        await stage.pilot.click(MatrixGrid, offset=(shown._label + 2 * shown._cell, 4))
        assert shown.test.position == 2
        assert shown.row == 2

    play(scene, before().run)


def test_a_run_without_tables_says_what_would_be_here(play, golden):
    async def scene(stage):
        await stage.press("m")
        assert "No table yet." in stage.text

    play(scene, Story().collected(["a.py::test"]).test("a.py::test").finished(0).run)
    play(scene)


def test_a_live_run_is_followed_until_the_user_moves(play):
    story = before(upto=10, finish=False)

    async def scene(stage):
        await stage.press("m")
        shown = grid(stage)
        assert shown.test is story.run.order[-1]
        await stage.press("left")
        held = shown.test
        source = stage.workbench.current
        nodeid = story.run.tests[list(story.run.tests)[10]].nodeid
        more = Story().begin(nodeid).phase(nodeid, "setup").phase(nodeid, "call").phase(nodeid, "teardown").facts
        source.pending = [fact for fact in more if getattr(fact.fact, "nodeid", "") == nodeid]
        await stage.until(lambda: len(shown.columns) == 11)
        assert shown.test is held
        await stage.press("end")
        assert shown.test is story.run.order[-1]

    play(scene, story.run)


def test_hostile_table_names_stay_text_on_one_line(play):
    story = Story().collected(["a.py::t"]).models(["[red]x[/red]", "a\x1b[31mb\nc", "表" * 20])
    story.test("a.py::t").finished(0)

    async def scene(stage):
        await stage.press("m")
        assert "[red]x[/red]" in stage.text
        assert " ab c " in stage.text
        assert "\x1b" not in stage.text
        for y in range(6):
            assert grid(stage).render_line(y).cell_length == grid(stage).scrollable_content_region.width

    play(scene, story.run)


def test_ten_thousand_tests_draw_only_what_is_seen(play, monkeypatch):
    story = Story()
    nodeids = [f"a.py::test_{number}" for number in range(10_000)]
    story.collected(nodeids).models(TABLES)
    for nodeid in nodeids:
        story.begin(nodeid).phase(nodeid, "teardown")
        story.run.tests[nodeid].outcome = type(story.run.tests[nodeid].outcome).PASSED
    asked: list[str] = []

    async def scene(stage):
        await stage.press("m")
        shown = grid(stage)
        original = shown.matrix.cell
        monkeypatch.setattr(shown.matrix, "cell", lambda layer, table, test: asked.append(test.nodeid) or original(
            layer, table, test))  # fmt: skip
        await stage.press("home")
        assert len(set(asked)) <= 160
        assert shown.test.nodeid == nodeids[0]

    story.say(ev.SessionFinished(0))
    play(scene, story.run)


def test_it_comes_in_at_the_test_that_the_main_screen_shows(play):
    async def scene(stage):
        await stage.press("n", "n")
        wanted = stage.app.screen.test
        await stage.press("m")
        assert grid(stage).test is wanted
        assert wanted.name in stage.text

    play(scene, before().run)
