"""The main screen under the fingers: cursor, folding, filter, verbs, narrow terminals."""

from __future__ import annotations

import pytest

from isolation_tui.app.card.card import TestCard as Card
from isolation_tui.app.screens.too_small import TooSmallScreen
from isolation_tui.errors import Status, ToolError
from isolation_tui.model import Run
from pytest_isolation import events as ev
from runstory import API, Story, after, before, many
from timeline_on_screen import timeline


def test_a_finished_run_puts_the_cursor_on_its_first_failure(play):
    async def scene(stage):
        await stage.until(lambda: timeline(stage).cursor is not None)
        assert timeline(stage).cursor.nodeid == f"{API}::TestProductsIntegration::test_01"
        assert "Who registered 'products'" in stage.text
        assert "src/database.py:41" in stage.text
        assert "shared with 35 tests" in stage.text

    play(scene, before().run)


def test_n_walks_through_the_failures_and_around(play):
    async def scene(stage):
        await stage.until(lambda: timeline(stage).cursor is not None)
        await stage.press("n")
        assert timeline(stage).cursor.name == "TestProductsIntegration::test_02"
        await stage.press("N", "N")
        assert timeline(stage).cursor.nodeid.startswith("unit/test_validation.py")

    play(scene, before().run)


def test_the_arrows_and_vi_keys_move_by_test_and_by_line(play):
    async def scene(stage):
        await stage.until(lambda: timeline(stage).cursor is not None)
        await stage.press("right", "l", "left", "h", "h")
        assert timeline(stage).cursor.name == "TestUsersIntegration::test_06"
        line = timeline(stage).cursor_line
        await stage.press("down", "j", "up", "k")
        assert timeline(stage).cursor_line == line

    play(scene, before().run)


def test_failing_files_open_themselves_and_clean_ones_stay_one_line(play):
    async def scene(stage):
        sections = timeline(stage).index.sections
        await stage.until(lambda: sections[API].open)
        assert not sections["unit/test_accounts.py"].open

    play(scene, before().run)


def test_enter_on_a_files_line_and_space_anywhere_fold_it(play):
    async def scene(stage):
        await stage.until(lambda: timeline(stage).cursor is not None)
        section = timeline(stage).index.sections[API]
        await stage.press("space")
        assert not section.open
        await stage.press("enter")
        assert section.open

    play(scene, before().run)


def test_a_click_on_a_files_line_folds_it_and_a_click_on_a_cell_selects_its_test(play):
    async def scene(stage):
        await stage.until(lambda: timeline(stage).cursor is not None)
        lines = stage.text.splitlines()
        row = next(y for y, line in enumerate(lines) if "  tests  " in line)
        await stage.pilot.click(offset=(lines[row].index("✔") + 3, row))
        await stage.until(lambda: timeline(stage).cursor.name == "TestAuthIntegration::test_04")
        row = next(y for y, line in enumerate(lines) if "test_api_integration.py" in line)
        await stage.pilot.click(offset=(12, row))
        await stage.until(lambda: not timeline(stage).index.sections[API].open)

    play(scene, before().run)


def test_the_axis_turns_to_time_and_zoom_widens(play):
    async def scene(stage):
        await stage.until(lambda: timeline(stage).cursor is not None)
        await stage.press("t")
        assert "Timeline, by time" in stage.text
        await stage.press("t", "plus", "plus")
        assert "by test, zoom 3" in stage.text
        await stage.press("minus", "minus")
        assert "by test" in stage.text
        assert "zoom" not in stage.text.splitlines()[1]

    play(scene, before().run)


def test_by_time_a_click_selects_the_test_that_ran_there(play):
    async def scene(stage):
        await stage.until(lambda: timeline(stage).cursor is not None)
        await stage.press("t")
        lines = stage.text.splitlines()
        row = next(y for y, line in enumerate(lines) if "  tests  " in line)
        await stage.pilot.click(offset=(lines[row].index("✔"), row))
        await stage.until(lambda: timeline(stage).cursor.name == "TestAuthIntegration::test_01")
        await stage.pilot.click(offset=(lines[row].rindex("E"), row))
        await stage.until(lambda: timeline(stage).cursor.name == "TestStockIntegration::test_10")

    play(scene, before().run)


@pytest.mark.parametrize("by_time", [False, True])
def test_every_line_that_looks_different_is_painted_again(play, workbench_of, by_time):
    facts = before(finish=False).facts
    bench = workbench_of(Run())

    def shown(view):
        return [strip.text for strip in view.render_lines(view.region.reset_offset)]

    async def scene(stage):
        view, painted = timeline(stage), set()
        refresh = view.refresh

        def noted(*regions, **options):
            for region in regions or [view.region.reset_offset]:
                painted.update(region.line_range)
            return refresh(*regions, **options)

        view.refresh = noted
        if by_time:
            await stage.press("t")
        partly = 0
        for first in range(0, len(facts), 60):
            old = shown(view)
            painted.clear()
            bench.current.pending = facts[first : first + 60]
            await stage.until(lambda: not bench.current.pending)
            new = shown(view)
            assert {y for y, line in enumerate(new) if line != old[y]} <= painted
            partly += 0 < len(painted) < len(new)
        assert partly > 5

    play(scene, workbench=bench)


def test_while_it_runs_the_newest_is_followed_until_the_user_moves(play, workbench_of):
    facts = before(finish=False).facts
    bench = workbench_of(Run())

    async def scene(stage):
        bench.current.pending = facts[:400]
        await stage.until(lambda: "following the newest" in stage.text)
        await stage.press("left")
        await stage.until(lambda: "End follows the newest" in stage.text)
        cursor = timeline(stage).cursor
        bench.current.pending = facts[400:]
        await stage.until(lambda: bench.current.run.done > 200)
        assert timeline(stage).cursor is cursor
        await stage.press("end")
        await stage.until(lambda: "following the newest" in stage.text)

    play(scene, workbench=bench)


def test_what_failed_before_stays_open_when_it_heals(play, workbench_of):
    bench = workbench_of(before().run)

    async def scene(stage):
        await stage.until(lambda: timeline(stage).cursor is not None)
        await stage.press("r")
        assert bench.asked == [("start", ())]
        bench.current.pending = after().facts
        await stage.until(lambda: timeline(stage).run is bench.current.run and timeline(stage).index is not None)
        await stage.until(lambda: bench.current.finished and timeline(stage).index.sections[API].open)
        await stage.press("home")
        assert "▲" * 36 in stage.text
        assert "▼" * 36 in stage.text

    play(scene, workbench=bench)


def test_s_runs_the_test_under_the_cursor_and_all_matches_of_a_filter(play):
    async def scene(stage):
        await stage.until(lambda: timeline(stage).cursor is not None)
        await stage.press("s")
        assert stage.workbench.asked == [("start", (f"{API}::TestProductsIntegration::test_01",))]

    play(scene, before().run)

    async def filtered(stage):
        await stage.press("slash", *"TestUsers", "enter")
        await stage.until(lambda: timeline(stage).index.shown == 6)
        await stage.press("s")
        assert len(stage.workbench.asked[0][1]) == 6

    play(filtered, before().run)


def test_capital_r_runs_what_failed(play):
    async def scene(stage):
        await stage.press("R")
        assert len(stage.workbench.asked[0][1]) == 117

    play(scene, before().run)


def test_y_copies_the_command_that_repeats_the_test(play):
    async def scene(stage):
        await stage.until(lambda: timeline(stage).cursor is not None)
        await stage.press("y")
        assert stage.app.clipboard == f"python -m pytest {API}::TestProductsIntegration::test_01"

    play(scene, before().run)


def test_an_internal_failure_is_a_notice_with_the_next_step(play, workbench_of):
    bench = workbench_of(before().run)
    bench.failure = ToolError(Status.INTERPRETER, "No pytest in .venv.", "Install it: pip install pytest [now].")

    async def scene(stage):
        await stage.press("r")
        await stage.until(lambda: "pip install pytest [now]" in stage.text)
        assert "No pytest in .venv." in stage.text

    play(scene, workbench=bench)


def test_on_a_narrow_terminal_the_card_replaces_the_timeline_after_enter(play):
    async def scene(stage):
        await stage.until(lambda: timeline(stage).cursor is not None)
        assert "Who registered" not in stage.text
        await stage.press("enter")
        await stage.until(lambda: "Who registered" in stage.text)
        assert "whole run" not in stage.text
        await stage.press("n")
        await stage.until(lambda: "test_02" in stage.text)
        await stage.press("escape")
        await stage.until(lambda: "Who registered" not in stage.text)
        assert timeline(stage).has_focus

    play(scene, before().run, size=(80, 24))


def test_a_terminal_that_is_too_small_shows_a_notice(play):
    async def scene(stage):
        await stage.until(lambda: isinstance(stage.app.screen, TooSmallScreen))
        assert "Please enlarge the terminal" in stage.text
        await stage.pilot.resize_terminal(100, 30)
        await stage.until(lambda: not isinstance(stage.app.screen, TooSmallScreen))

    play(scene, before().run, size=(50, 12))


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ([], "Waiting for pytest"),
        ([ev.Hello(1, "main", 1, "3.12", "9.0")], "Collecting"),
        ([ev.Hello(1, "main", 1, "3.12", "9.0"), ev.ProcessEnded(5)], "No tests were found"),
        ([ev.CollectionFailed("tests/test_a.py", "SyntaxError", "invalid [syntax]")], "invalid [syntax]"),
        ([ev.InternalError("KeyError: 'x'", "Traceback\n  boom")], "INTERNALERROR"),
    ],
)
def test_what_belongs_to_no_test_is_shown_in_place_of_the_card(play, workbench_of, facts, words):
    story = Story.__new__(Story)
    story.run, story.facts, story.now = Run(), [], 1000.0
    for fact in facts:
        story.say(fact)

    async def scene(stage):
        await stage.until(lambda: words in stage.text)

    play(scene, workbench=workbench_of(story.run))


def test_quitting_stops_pytest_first_and_a_second_time_insists(play, workbench_of):
    bench = workbench_of(before(finish=False).run)

    async def scene(stage):
        await stage.press("q")
        assert bench.asked == [("stop", None)]
        assert "stopping" in stage.text
        await stage.press("q")
        assert bench.asked == [("stop", None), ("stop", None)]
        bench.current.pending = [before().facts[-1]]
        await stage.until(lambda: stage.app._exit)
        assert stage.app.return_value == 1

    play(scene, workbench=bench)


def test_control_c_stops_pytest_first_too(play, workbench_of):
    bench = workbench_of(before(finish=False).run)

    async def scene(stage):
        await stage.press("ctrl+c")
        await stage.until(lambda: bench.asked == [("stop", None)])
        assert stage.app.quitting

    play(scene, workbench=bench)


def test_enter_opens_the_first_failure_while_the_newest_is_followed(play, workbench_of):
    async def scene(stage):
        await stage.until(
            lambda: "following the newest" in stage.app.screen.query_one("#timeline-panel").border_subtitle
        )
        stage.app.screen.timeline.action_open()
        stage.app.refresh_screens()  # news comes between the key and what it does
        await stage.until(lambda: "Who registered 'products'" in stage.text)

    play(scene, workbench=workbench_of(before(finish=False).run), size=(80, 24))


def test_a_click_on_a_key_does_what_the_key_does(play):
    async def scene(stage):
        first, second = stage.text.splitlines()[-2:]
        await stage.pilot.click(offset=(first.index("Metadata"), 46))
        await stage.until(lambda: stage.app.current_mode == "metadata")
        await stage.press("escape")
        await stage.pilot.click(offset=(second.index("Output"), 47))
        await stage.until(lambda: stage.app.current_mode == "output")

    play(scene, before().run)


def test_ten_thousand_tests_scroll_and_jump(play):
    async def scene(stage):
        await stage.until(lambda: timeline(stage).cursor is not None)
        await stage.press("n", "pagedown", "end", "home", "n")
        assert timeline(stage).cursor.outcome.bad

    play(scene, many(10_000).run)


def test_the_wheel_lets_go_of_the_newest(play, workbench_of):
    bench = workbench_of(before(finish=False).run)

    async def scene(stage):
        await stage.until(lambda: "following the newest" in stage.text)
        timeline(stage)._let_go()
        await stage.until(lambda: "End follows the newest" in stage.text)

    play(scene, workbench=bench)


def test_the_card_scrolls_only_while_its_test_stays(play):
    async def scene(stage):
        await stage.until(lambda: timeline(stage).cursor is not None)
        await stage.press("enter", "down", "down")
        card = stage.app.screen.query_one(Card)
        assert card.has_focus
        await stage.press("escape")
        assert stage.app.focused is timeline(stage)

    play(scene, before().run)
