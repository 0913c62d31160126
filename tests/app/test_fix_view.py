"""The fix on screen: plan, diff, apply and rerun, undo and rerun, what it did."""

from __future__ import annotations

import threading

import pytest

from fixstory import Mending
from isolation_tui.app.widgets.line_list import LineList
from isolation_tui.fix import ChangedSincePlan, FixStatus, NothingToFix
from isolation_tui.workbench import FixAction, FixOutcome
from runstory import after, before
from view_text import body


def bench_of(workbench_of, *runs, **attributes):
    """A workbench that can fix."""
    bench = type("MendingWorkbench", (Mending, workbench_of), {})(*runs)
    for name, value in {"fix_status": FixStatus.CLEAN, **attributes}.items():
        setattr(bench, name, value)
    return bench


def text_of(stage, name: str) -> str:
    return "\n".join(line.drawn().plain.rstrip() for line in stage.app.screen.query_one(name, LineList).lines)


def notices(stage) -> list[str]:
    return [note.message for note in stage.app._notifications]


async def planned(stage) -> None:
    await stage.press("x")
    await stage.until(lambda: "+++ b/" in text_of(stage, "#diff"))


@pytest.mark.parametrize("size", [(160, 48), (80, 24)])
def test_the_screen(play, golden, workbench_of, size):
    async def scene(stage):
        await planned(stage)
        golden(f"fix_{size[0]}", body(stage))

    play(scene, workbench=bench_of(workbench_of, before().run), size=size)


def test_the_plan_shows_files_changes_and_real_counts(play, workbench_of):
    async def scene(stage):
        await planned(stage)
        plan = text_of(stage, "#plan")
        assert "NEW     tests/conftest.py" in plan
        assert "├─ fresh_tables(), autouse" in plan
        assert "MODIFY" in plan
        assert "2 files, +13 -10 lines" in plan
        assert '"already defined"          22' in plan
        assert "+def fresh_tables(test_app):" in text_of(stage, "#diff")

    play(scene, workbench=bench_of(workbench_of, before().run))


def test_x_applies_and_runs_and_x_undoes_and_runs(play, workbench_of):
    async def scene(stage):
        await planned(stage)
        await stage.press("x")
        assert stage.workbench.asked == [("apply", None), ("start", ())]
        assert "applied" in stage.text
        await stage.press("x")
        assert stage.workbench.asked[2:] == [("undo", None), ("start", ())]
        await stage.until(lambda: "not applied; no file was changed" in stage.text)

    play(scene, workbench=bench_of(workbench_of, before().run))


@pytest.fixture
def slow_bench(workbench_of):
    """A workbench that plans until ``planned`` is set, and whose plan can be applied."""

    class Slow(Mending, workbench_of):
        planned = threading.Event()

        def plan_fix(self):
            assert self.planned.wait(10)
            return super().plan_fix()

    bench = Slow(before().run)
    yield bench
    bench.planned.set()


def test_x_while_the_plan_is_made_applies_it_as_soon_as_it_is_there(play, slow_bench):
    async def scene(stage):
        await stage.press("x", "x")
        await stage.until(lambda: "planning… will apply and rerun (x cancels)" in stage.text)
        assert stage.workbench.asked == []
        slow_bench.planned.set()
        await stage.until(lambda: stage.workbench.asked == [("apply", None), ("start", ())])

    play(scene, workbench=slow_bench)


@pytest.mark.parametrize("key", ["x", "escape", "f"])
def test_x_again_or_leaving_takes_that_back(play, slow_bench, key):
    async def scene(stage):
        await stage.press("x", "x", key)
        slow_bench.planned.set()
        if key != "x":
            await stage.press("x")
        await stage.until(lambda: "+++ b/" in text_of(stage, "#diff"))
        assert stage.workbench.asked == []

    play(scene, workbench=slow_bench)


def test_a_run_that_goes_on_is_stopped_before_files_change(play, workbench_of):
    bench = bench_of(workbench_of, before().run)
    asked = []

    def apply_and_run(plan):
        asked.append(plan)
        bench.fix_outcome = FixOutcome(FixAction.APPLY, waiting=True)
        return bench.fix_outcome

    async def scene(stage):
        await planned(stage)
        await stage.press("x", "x")
        assert len(asked) == 1
        assert notices(stage) == [
            "Stopping the run first: no file changes under it.",
            "Waiting for the run to stop. S kills pytest.",
        ]
        bench.fix_status, bench.fix_outcome = FixStatus.APPLIED, FixOutcome(FixAction.APPLY)
        await stage.until(lambda: "✔ applied" in stage.text)
        assert notices(stage)[2:] == ["Applied. Running again."]

    bench.apply_and_run = apply_and_run
    play(scene, workbench=bench)


def test_an_outcome_that_comes_after_the_user_left_the_screen_is_notified(play, workbench_of):
    bench = bench_of(workbench_of, before().run)

    def apply_and_run(plan):
        bench.fix_outcome = FixOutcome(FixAction.APPLY, waiting=True)
        return bench.fix_outcome

    async def scene(stage):
        await planned(stage)
        await stage.press("x", "escape")
        bench.fix_outcome = FixOutcome(FixAction.APPLY, refused="tests/conftest.py is read-only.")
        await stage.until(lambda: "tests/conftest.py is read-only." in notices(stage))

    bench.apply_and_run = apply_and_run
    play(scene, workbench=bench)


def test_a_click_on_the_button_applies(play, workbench_of):
    async def scene(stage):
        await planned(stage)
        await stage.pilot.click("#apply")
        await stage.until(lambda: ("apply", None) in stage.workbench.asked)

    play(scene, workbench=bench_of(workbench_of, before().run))


def test_after_the_rerun_the_effect_is_measured(play, workbench_of):
    async def scene(stage):
        await planned(stage)
        plan = text_of(stage, "#plan")
        assert '"already defined"          22        0          -22  better' in plan
        assert "errors                     83        0          -83  better" in plan

    play(scene, workbench=bench_of(workbench_of, before().run, after().run))


def test_without_a_recipe_that_fits_the_view_says_so(play, workbench_of):
    async def scene(stage):
        await stage.press("x")
        await stage.until(lambda: "No recipe fits: no conftest is needed." in stage.text)
        await stage.press("x")
        assert stage.workbench.asked == []

    play(scene, workbench=bench_of(workbench_of, before().run, failure=NothingToFix("no conftest is needed.")))


def test_a_refusal_changes_nothing_and_runs_nothing(play, workbench_of):
    async def scene(stage):
        await planned(stage)
        stage.workbench.failure = ChangedSincePlan(["tests/conftest.py"])
        await stage.press("x")
        assert stage.workbench.asked == []
        assert any("changed after the fix was planned" in message for message in notices(stage))

    play(scene, workbench=bench_of(workbench_of, before().run))


def test_what_was_cut_off_can_be_finished_or_undone(play, workbench_of):
    async def scene(stage):
        await stage.press("x")
        assert "apply was interrupted: finish or undo it" in stage.text
        await stage.press("F")
        assert stage.workbench.asked == [("finish", None), ("start", ())]

    play(scene, workbench=bench_of(workbench_of, before().run, fix_status=FixStatus.INTERRUPTED_APPLY))


def test_a_fix_of_an_earlier_session_can_be_undone(play, workbench_of):
    async def scene(stage):
        await stage.press("x")
        assert "The fix was applied in an earlier session." in stage.text
        await stage.press("x")
        assert stage.workbench.asked[0] == ("undo", None)

    play(scene, workbench=bench_of(workbench_of, after().run, fix_status=FixStatus.APPLIED))


def test_a_recording_has_nothing_to_mend(play):
    async def scene(stage):
        await stage.press("x")
        assert "A recording has no files to change" in stage.text
        await stage.press("x")
        assert stage.workbench.asked == []

    play(scene, before().run, live=False)


def test_hostile_source_stays_text(play, workbench_of):
    bench = bench_of(workbench_of, before().run, extra="# [red]x[/red] \x1b[31m\x1b]0;t\x07 \u202e\n")

    async def scene(stage):
        await planned(stage)
        diff = text_of(stage, "#diff")
        assert "+# [red]x[/red]" in diff
        assert "\x1b" not in diff
        assert "\u202e" not in diff

    play(scene, workbench=bench)
