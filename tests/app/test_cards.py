"""The seed's card, and the keys that lead from it: to the cause, to the authors, beside another card."""

from __future__ import annotations

import pytest

from isolation_tui.app.card.schema import schema_lines
from isolation_tui.app.card.text import card
from isolation_tui.app.glyphs import UNICODE
from isolation_tui.app.screens.findings import FindingsScreen
from isolation_tui.app.screens.pair import PairScreen
from isolation_tui.app.widgets.finding_lines import UNEXPLAINED
from isolation_tui.app.widgets.line_list import LineList
from isolation_tui.app.widgets.timeline import Timeline
from isolation_tui.diagnose.conclusions import conclude
from isolation_tui.model import Database, Test
from isolation_tui.model.tables import TablesVersion
from runstory import SHOP, before, dirty, schemas
from view_text import body


def _version(*tables: str) -> TablesVersion:
    database = Database(1, "shop")
    database.add(tables)
    return database.version


def block(name: str, test: str, story=dirty) -> list[str]:
    """The lines under a heading of a test's card."""
    run = story().run
    said = str(card(run, run.tests[f"{SHOP}::{test}"], UNICODE, 90, conclude(run)))
    return next((part.splitlines()[1:] for part in said.split("\n\n") if part.startswith(f"{name}\n")), [])


def test_a_card_tells_who_left_what_it_found_and_that_it_read_it() -> None:
    assert block("Rows", "test_list_users")[:3] == [
        "! found  users 4 (!) read  by test_register",
        "                           by fixture customer",
        "         read at tests/test_shop.py:24",
    ]
    assert "! found  audit_entries 2 (!) not read  by test_register" in block("Rows", "test_list_users")


def test_a_card_tells_what_it_left_with_the_keys() -> None:
    assert "! left   users 1 [id=1]  by fixture customer" in block("Rows", "test_register")
    assert "! left   users 3 [id=2 id=3 id=4]  by test_register" in block("Rows", "test_register")


def test_a_card_tells_the_state_it_found_and_changed() -> None:
    assert block("Process state", "test_currency") == ["! left    env:CURRENCY (str)  the test's call"]
    assert block("Process state", "test_price") == [
        "! found   env:CURRENCY (str) (!)  by test_currency",
        "          mentioned by its code at src/prices.py:5",
    ]
    assert block("Process state", "test_report") == ["  found   env:CURRENCY (str)  by test_currency"]


def test_a_card_tells_what_it_left_open() -> None:
    (line,) = block("Left open", "test_register")
    assert line.split("  ")[1:] == [
        "connection in a transaction, closed later",
        "the test's call",
        "tests/test_shop.py:16",
    ]


def test_a_card_tells_what_each_phase_did_and_by_whom() -> None:
    assert block("Setup, call and teardown", "test_register") == [
        "setup    ✔ 3.0 ms",
        " └─ fixture customer: inserted 1 row",
        "call     ✔ 3.0 ms",
        " └─ the test's call: inserted 5 rows, kept a connection",
        "teardown ✔ 1.0 ms",
    ]


def test_a_card_tells_where_schemas_do_not_agree() -> None:
    assert block("Schema at the end", "test_schemas", schemas) == [
        "sqlite://#1 has 1 table that are in no MetaData",
        "audit",
        "sqlite://#1: no CREATE seen of 1 table in MetaData src.database",
        "orders",
    ]
    assert block("Schema at the end", "test_register") == []


def test_a_schema_with_braces_and_escapes_in_its_names_is_text() -> None:
    test = Test("a.py::t", 0, "a.py")
    test.latest.databases_used = ("sqlite:///{0}{x}\x1b[2J.db",)
    test.latest.database_at_end = {test.databases_used[0]: _version("users", "{}[bold]\x1b", "a" * 9_000)}
    test.latest.metadata_at_end = {"{shop}": _version("users", "{orders!r}")}
    said = "\n".join(map(str, schema_lines(test, UNICODE, 60)))
    assert "sqlite:///{0}{x}" in said
    assert "{orders!r}" in said
    assert "\x1b" not in said
    assert len(said) < 600


def test_a_card_tells_of_a_class_that_was_mapped_twice() -> None:
    assert block("Classes mapped twice", "test_schemas", schemas) == [
        "User  inside a function",
        "  first  tests/test_shop.py:41  the test's call, as test_shop",
        "  again  tests/test_shop.py:41  the test's call, as test_shop",
    ]
    assert block("Classes mapped twice", "test_register") == []


def test_the_card_of_a_failing_test_without_a_finding_says_so() -> None:
    assert block("Cause", "test_sum") == ["No isolation problem seen; probably an ordinary failure"]
    assert block("Cause", "test_list_users")[0].startswith("F7 ")


@pytest.mark.parametrize("size", [(160, 48), (80, 24)])
def test_the_screen(play, golden, size):
    async def scene(stage):
        await stage.until(lambda: stage.app.screen.query_one(Timeline).cursor is not None)
        if size[0] < 110:
            await stage.press("enter")
        golden(f"card_{size[0]}", body(stage))

    play(scene, dirty().run, size=size)


@pytest.mark.parametrize("size", [(160, 48), (80, 24)])
def test_c_leads_to_the_finding_of_the_test(play, size):
    async def scene(stage):
        await stage.until(lambda: stage.app.screen.query_one(Timeline).cursor is not None)
        await stage.press("n")
        wanted = stage.app.screen_stack[0].test
        assert wanted.name == "test_price"
        if size[0] < 110:
            await stage.press("enter")
        await stage.press("c")
        await stage.until(lambda: isinstance(stage.app.screen, FindingsScreen) and stage.app.screen.opened is not None)
        await stage.until(lambda: stage.app.screen.opened.tests == (wanted.nodeid,))

    play(scene, dirty().run, size=size)


def test_c_on_a_test_without_a_finding_says_so(play):
    async def scene(stage):
        await stage.until(lambda: stage.app.screen.query_one(Timeline).cursor is not None)
        await stage.press("N", "c")
        await stage.until(lambda: "No finding explains this test." in stage.text)
        assert stage.app.current_mode == "main"

    play(scene, dirty().run)


def test_brackets_lead_along_the_authors_and_back(play):
    def at(stage) -> str:
        return stage.app.screen_stack[0].test.name

    async def scene(stage):
        await stage.until(lambda: stage.app.screen.query_one(Timeline).cursor is not None)
        await stage.press("N")
        assert at(stage) == "test_sum"
        trail = []
        for _ in range(3):
            await stage.press("left_square_bracket")
            trail.append(at(stage))
        assert trail == ["test_nobody_looks", "test_currency", "test_register"]
        for _ in range(3):
            await stage.press("right_square_bracket")
        assert at(stage) == "test_sum"
        await stage.press("right_square_bracket")
        await stage.until(lambda: "No later author." in stage.text)

    play(scene, dirty().run)


def test_a_clean_test_has_no_authors(play):
    async def scene(stage):
        await stage.until(lambda: stage.app.screen.query_one(Timeline).cursor is not None)
        await stage.press("left_square_bracket")
        await stage.until(lambda: "This test found no leftovers of another test." in stage.text)

    play(scene, before().run)


def test_two_tests_stand_beside_each_other(play, golden):
    async def scene(stage):
        await stage.until(lambda: stage.app.screen.query_one(Timeline).cursor is not None)
        await stage.press("equals_sign")
        await stage.until(lambda: "= compare with test_list_users" in stage.text)
        await stage.press("n", "equals_sign")
        assert isinstance(stage.app.screen, PairScreen)
        titles = [str(lines.border_title) for lines in stage.app.screen.query(LineList)]
        assert titles == ["test_list_users", "test_price"]
        stage.app.clear_notifications()
        await stage.until(lambda: "Marked" not in stage.text)
        golden("beside_160", body(stage))
        await stage.press("escape")
        assert stage.app.current_mode == "main"
        assert "= compare with" not in stage.text

    play(scene, dirty().run)


def test_the_mark_is_removed_on_the_same_test(play):
    async def scene(stage):
        await stage.until(lambda: stage.app.screen.query_one(Timeline).cursor is not None)
        await stage.press("equals_sign", "equals_sign")
        await stage.until(lambda: "Mark removed." in stage.text)
        assert "= compare with" not in stage.text

    play(scene, dirty().run)


def test_the_findings_name_unexplained_tests(play, golden):
    async def scene(stage):
        await stage.press("f")
        causes = stage.app.screen.query_one("#causes", LineList)
        assert str(causes.border_title) == "2 causes may explain 2 of 3 failing tests"
        causes.select(UNEXPLAINED)
        await stage.until(lambda: "✘ test_sum" in stage.text)
        assert "assert 2 + 2 == 5" in stage.text
        assert "Leaks that broke nothing (yet)" in stage.text

    play(scene, dirty().run)


@pytest.mark.parametrize("size", [(160, 48), (80, 24)])
def test_the_findings_of_a_dirty_suite(play, golden, size):
    async def scene(stage):
        await stage.press("f")
        golden(f"findings_dirty_{size[0]}", body(stage))

    play(scene, dirty().run, size=size)
