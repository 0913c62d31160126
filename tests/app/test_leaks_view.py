"""What was left behind, on screen: author, place, readers."""

from __future__ import annotations

import pytest

from isolation_tui.app.widgets.line_list import LineList
from pytest_isolation import events as ev
from runstory import ROOT, SHOP, Story, before, dirty
from view_text import body


@pytest.mark.parametrize("size", [(160, 48), (80, 24)])
def test_the_screen(play, golden, size):
    async def scene(stage):
        await stage.press("L")
        golden(f"leaks_{size[0]}", body(stage))

    play(scene, dirty().run, size=size)


def lines(stage, name: str) -> list[str]:
    return [line.drawn().plain.strip() for line in stage.app.screen.query_one(name, LineList).lines]


def test_what_was_read_is_listed_above_what_no_test_read(play):
    async def scene(stage):
        await stage.press("L")
        told = lines(stage, "#leaks")
        apart = told.index("No test read these")
        assert any("users, 3 rows" in line for line in told[:apart])
        assert any("orders, 5 rows" in line for line in told[apart:])

    play(scene, dirty().run)


def test_the_opened_leak_names_keys_place_and_readers_in_order(play):
    async def scene(stage):
        await stage.press("L")
        told = lines(stage, "#readers")
        assert "left by  fixture customer  in test_register" in told
        assert "at       tests/test_shop.py:9" in told
        assert "keys     id=1" in told
        at = told.index("Read it later: 2 tests, 1 of them failed")
        assert told[at + 1 : at + 3] == [
            "✘ test_list_users  tests/test_shop.py:24",
            "✔ test_report  tests/test_shop.py:50",
        ]

    play(scene, dirty().run)


def test_state_that_is_merely_in_reach_is_marked_as_a_guess(play):
    async def scene(stage):
        await stage.press("L")
        leaks = stage.app.screen.query_one("#leaks", LineList)
        leaks.select(next(line.key for line in leaks.lines if "env:CURRENCY" in line.drawn().plain))
        await stage.until(lambda: leaks.app.screen.opened.what == "env")
        told = lines(stage, "#readers")
        assert "Its code may read it: 1 test, 1 of them failed" in told
        assert "✘ test_price  src/prices.py:5" in told

    play(scene, dirty().run)


def test_enter_leads_to_the_author_and_to_a_reader(play):
    async def scene(stage):
        await stage.press("L", "enter", "enter")
        await stage.until(lambda: getattr(stage.app.screen_stack[0].test, "name", "") == "test_register")
        assert stage.app.current_mode == "main"
        await stage.press("L", "end", "enter")
        await stage.until(lambda: getattr(stage.app.screen_stack[0].test, "name", "") == "test_report")

    play(scene, dirty().run)


def test_y_copies_author_and_victim_and_says_so_where_there_is_none(play):
    async def scene(stage):
        await stage.press("L", "y")
        assert stage.app.clipboard == f"python -m pytest {SHOP}::test_register {SHOP}::test_list_users"
        await stage.press("end", "y")
        await stage.until(lambda: "Nothing to copy" in stage.text)

    play(scene, dirty().run)


def test_e_opens_the_line_that_left_it(play, monkeypatch):
    opened = []
    monkeypatch.setattr("isolation_tui.app.screens.leaks.open_source", lambda view, run, place: opened.append(place))

    async def scene(stage):
        await stage.press("L", "e", "enter", "end", "e")
        assert [(place.file, place.line) for place in opened] == [(f"{ROOT}/{SHOP}", 9), (f"{ROOT}/{SHOP}", 50)]

    play(scene, dirty().run)


def test_empty_states_say_what_will_appear(play):
    async def none_yet(stage):
        await stage.press("L")
        assert "No run yet." in stage.text
        assert "Each is listed with its readers" in stage.text

    async def clean(stage):
        await stage.press("L")
        assert "No leak was observed." in stage.text

    play(none_yet)
    play(clean, before().run)


def test_where_reading_was_not_watched_nothing_is_called_benign(play):
    nodeids = ["t.py::test_a", "t.py::test_b"]
    story = Story().collected(nodeids).models(("users",))
    for nodeid in nodeids:
        story.begin(nodeid)
        unit = ev.Unit(nodeid, "call")
        story.say(ev.RowsWritten(1, "users", 1, 0, 0, "committed", ev.Place(), unit, kept=1), after=0.001)
        story.test(nodeid, begun=True)
        story.say(ev.DatabasesUsed(nodeid, [1]))

    async def scene(stage):
        await stage.press("L")
        assert "Readers are not known: reads were not observed" in stage.text
        assert "benign" not in stage.text

    play(scene, story.finished(0).run)


def test_what_the_suite_calls_its_tables_stays_text(play):
    story = Story().collected(["t.py::test_[red]a\x1b[31m"]).models(("[b]users\x1b]0;x\x07",))
    nodeid = story.run.order[0].nodeid if story.run.order else "t.py::test_[red]a\x1b[31m"
    story.begin(nodeid)
    place = ev.Place("m", f"{ROOT}/[i]\x1b[2Jm.py", 3)
    unit = ev.Unit(nodeid, "call")
    story.say(ev.RowsWritten(1, "[b]users\x1b]0;x\x07", 1, 0, 0, "committed", place, unit, kept=1, keys=["\x1b[1m=2"]))
    story.test(nodeid, begun=True)
    story.say(ev.DatabasesUsed(nodeid, [1]))

    async def scene(stage):
        await stage.press("L")
        assert "[b]users" in stage.text
        assert "\x1b" not in stage.text

    play(scene, story.finished(0).run)
