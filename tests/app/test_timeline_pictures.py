"""The seed's pictures, read off the timeline's lines: no app, no screen."""

from __future__ import annotations

import pytest

from isolation_tui.app.glyphs import ASCII, UNICODE
from isolation_tui.app.timeline.index import TimelineIndex
from isolation_tui.app.timeline.layout import Layout
from isolation_tui.app.timeline.line_text import Look, draw
from isolation_tui.model import Run, TableEventKind
from runstory import API, Story, after, before, many


def picture(run: Run, file: str = API, width: int = 90, opened: bool = True, **look: object) -> list[str]:
    """The lines of one file's section."""
    index = TimelineIndex(run)
    layout = Layout(index)
    layout.by_time = bool(look.get("by_time"))
    section = index.sections[file]
    section.choice = opened
    layout.update()
    shown = Look(width, look.pop("glyphs", UNICODE), now=run.last_at, **look)  # type: ignore[arg-type]
    return [
        "".join(text for text, _ in draw(line, index, shown)).rstrip()
        for line in layout.lines
        if line.section is section
    ]


def lane(lines: list[str], name: str) -> str:
    return next(line for line in lines if name in line[:32])


def test_before_the_fix_one_app_is_held_for_all_tests():
    lines = picture(before().run)
    assert "├─────── shared by 36 tests ───────┤" in lane(lines, "test_app")
    assert "├─────── shared by 36 tests ───────┤" in lane(lines, "client")
    assert lane(lines, "test_app").endswith("set up once")


def test_before_the_fix_fourteen_tests_pass_and_twenty_two_cannot_be_set_up():
    lines = picture(before().run)
    assert "✔" * 14 + "E" * 22 in lane(lines, "tests")
    assert "14✔ 22E" in lines[0]


def test_the_refusals_stand_under_the_tests_that_they_broke():
    lines = picture(before().run)
    assert lane(lines, "tests").index("E") == lane(lines, "refused").index("✗")
    assert lane(lines, "refused").count("✗") == 22


def test_tables_are_created_once_and_dropped_once_before_the_fix():
    lines = picture(before().run)
    assert lane(lines, "created").count("▲") == 1
    assert "▲18" in lane(lines, "created")
    assert lane(lines, "dropped").index("▼") == lane(lines, "tests").rindex("E")


def test_after_the_fix_every_test_has_an_app_of_its_own():
    lines = picture(after().run)
    assert "╷" * 36 in lane(lines, "test_app")
    assert "╷" * 36 in lane(lines, "client")
    assert lane(lines, "test_app").endswith("set up 36x")
    assert "held" not in "".join(lines)


def test_after_the_fix_every_test_finds_fresh_tables():
    lines = picture(after().run)
    assert "▲" * 36 in lane(lines, "created")
    assert "▼" * 36 in lane(lines, "dropped")
    assert not any("refused" in line for line in lines)


def test_where_one_life_ends_and_the_next_begins_both_show():
    story = Story()
    names = [f"tests/test_a.py::test_{number}" for number in range(400)]
    story.collected(names)
    store = story.fixture("store", "class", "tests/test_a.py")
    for first, last in ((0, 121), (121, 123), (123, 400)):
        life = story.set_up(store, names[first])
        for name in names[first:last]:
            story.test(name, uses=[life])
        story.tear_down(life, names[last - 1])
    lines = picture(story.finished(0).run, "tests/test_a.py")
    assert lane(lines, "store").count("┼") == 1
    assert lane(lines, "store").count("┤") == 1


def test_a_fixture_without_a_teardown_yet_has_an_open_end():
    lines = picture(before(upto=10, finish=False, others=False).run)
    assert "├" in lane(lines, "test_app")
    assert "┤" not in lane(lines, "test_app")


def test_a_failed_set_up_is_drawn_unlike_a_life():
    lines = picture(before().run)
    assert "╳" * 22 in lane(lines, "sample_category")
    assert "╷" * 14 in lane(lines, "sample_role")


def test_the_widest_scope_is_at_the_top():
    scopes = [line.split()[0] for line in picture(before().run)[1:5]]
    assert scopes == ["module", "module", "function", "function"]


def test_every_line_is_as_wide_as_asked():
    index = TimelineIndex(before().run)
    layout = Layout(index)
    layout.update()
    for width in (60, 78, 95, 140):
        for line in layout.lines:
            drawn = draw(line, index, Look(width, UNICODE))
            assert sum(len(text) for text, _ in drawn) == width


def test_a_test_a_fixture_was_not_asked_for_is_dashed():
    story = Story().collected([f"a.py::test_{n}" for n in range(3)])
    life = story.set_up(story.fixture("app", "module", "a.py"), "a.py::test_0")
    story.test("a.py::test_0", uses=[life]).test("a.py::test_1").test("a.py::test_2", uses=[life], ends=[life])
    assert "├─╌╌─┤" in lane(picture(story.finished(0).run, "a.py"), "app")


def test_ten_thousand_tests_share_cells_and_every_failure_still_shows():
    story = many(2000, files=1, bad_every=500)
    line = lane(picture(story.run, "tests/area_000/test_it.py"), "tests")
    assert line.count("✘") == 4
    assert "━" in line


def test_a_fixture_for_thousands_of_tests_is_one_bar():
    story = many(2000, files=1)
    assert "shared by 2000 tests" in lane(picture(story.run, "tests/area_000/test_it.py"), "engine")


def test_a_session_fixture_is_in_the_section_of_the_whole_run():
    story = Story().collected(["a.py::test_1", "b.py::test_1"])
    life = story.set_up(story.fixture("engine", "session", "conftest.py"), "a.py::test_1")
    story.test("a.py::test_1", uses=[life]).test("b.py::test_1", uses=[life], ends=[life]).finished(0)
    index = TimelineIndex(story.run)
    assert [lane.definition.name for lane in index.whole.lanes.values()] == ["engine"]
    assert not index.sections["a.py"].lanes


def test_each_worker_has_a_lane_of_its_own():
    story = Story(workers=2)
    nodeids = [f"a.py::test_{n}" for n in range(4)]
    for worker in ("gw0", "gw1"):
        story.collected(nodeids, worker)
    for number, worker in enumerate(("gw0", "gw1")):
        life = story.set_up(story.fixture("app", "module", "a.py", worker=worker), nodeids[number], worker=worker)
        story.test(nodeids[number], uses=[life], worker=worker).test(nodeids[number + 2], uses=[life], worker=worker)
    names = [line[11:22].strip() for line in picture(story.finished(0).run, "a.py")[1:3]]
    assert names == ["app gw0", "app gw1"]


def test_tests_stand_in_the_order_in_which_they_ran():
    story = Story().collected([f"a.py::test_{n}" for n in range(4)])
    for number in (2, 0):
        story.test(f"a.py::test_{number}", "failed" if number == 2 else "passed")
    assert "✘ ✔ · ·" in lane(picture(story.run, "a.py"), "tests")


def test_the_index_that_followed_equals_the_one_built_at_the_end():
    facts = before().facts
    run = Run()
    index = TimelineIndex(run)
    for number, fact in enumerate(facts):
        run.apply(fact)
        if number % 7 == 0:
            index.update()
    index.update()
    late = TimelineIndex(run)
    for file, section in late.sections.items():
        followed = index.sections[file]
        assert followed.severity == section.severity
        assert followed.marks == section.marks
        assert followed.columns == section.columns
    assert index.sections[API].marks[TableEventKind.REFUSED]


def test_time_is_drawn_to_scale():
    story = Story().collected(["a.py::test_0", "a.py::test_1"])
    story.begin("a.py::test_0").phase("a.py::test_0", "setup", took=0.0).phase("a.py::test_0", "call", took=9.0)
    story.phase("a.py::test_0", "teardown", took=0.0)
    story.begin("a.py::test_1").phase("a.py::test_1", "setup", took=0.0).phase("a.py::test_1", "call", took=1.0)
    story.phase("a.py::test_1", "teardown", took=0.0)
    line = lane(picture(story.finished(0).run, "a.py", by_time=True), "tests")
    assert line.rindex("✔") - line.index("✔") > 8 * (len(line) - line.rindex("✔"))


@pytest.mark.parametrize("zoom", [1, 2, 3])
def test_zoom_gives_each_test_so_many_cells(zoom):
    line = lane(picture(before().run, width=200, zoom=zoom), "tests")
    assert line[30:].strip().startswith(("✔" + " " * (zoom - 1)) * 2)


def test_a_terminal_without_unicode_gets_ascii():
    lines = picture(before().run, glyphs=ASCII)
    assert "\n".join(lines).isascii()
    assert "[" + "-" * 7 + " shared by 36 tests " + "-" * 7 + "]" in lane(lines, "test_app")


def test_a_folded_file_is_one_line_with_its_outcomes():
    lines = picture(before().run, opened=False)
    assert len(lines) == 1
    assert "✔" * 14 + "E" * 22 in lines[0]
