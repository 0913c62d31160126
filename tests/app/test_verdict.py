"""The line with the verdict of a run: while it runs, when it has ended, and that nothing waits for it."""

from __future__ import annotations

import threading

from isolation_tui.app import conclusions_worker
from isolation_tui.app.conclusions_worker import ConclusionsWorker
from isolation_tui.app.widgets.verdict import Verdict
from isolation_tui.diagnose.conclusions import NOTHING, conclude
from isolation_tui.diagnose.verdict import verdict
from isolation_tui.model import Run
from pytest_isolation import events as ev
from runstory import Story, after, before, dirty


def said(run: Run) -> tuple[str, str]:
    return verdict(run, conclude(run), up_to_date=True)


def test_a_red_run_says_what_causes_explain_and_what_they_do_not() -> None:
    assert said(dirty().run) == ("2 causes may explain 2 of 3 failing tests, 1 not explained", "error")
    assert said(after().run) == ("No known cause for 34 failing tests", "error")


def test_a_run_under_way_says_so_far() -> None:
    assert said(before(upto=20, finish=False).run) == ("1 cause may explain 6 of 6 failing tests so far", "error")
    assert said(before(upto=5, finish=False).run) == ("No failure so far", "")


def test_a_green_run_that_is_dirty_says_so() -> None:
    story = Story().collected(["a.py::t", "a.py::u"]).models(("users",))
    story.begin("a.py::t")
    story.say(ev.HeldOpen("a.py::t", 1, 1, "connection", True, ev.Place("m", "m.py", 3), ev.Unit("a.py::t", "call")))
    story.test("a.py::t", begun=True).test("a.py::u").finished(0)
    assert said(story.run) == ("No test failed, but 1 leak was found", "warning")


def test_a_green_run_in_which_a_table_that_was_left_is_read_says_so() -> None:
    story = Story().collected(["a.py::t", "a.py::u"]).models(("users",)).begin("a.py::t")
    story.say(ev.TablesCreated(1, ["users"], "orm", ev.Place("a", "a.py", 3), ev.Unit("a.py::t", "call")))
    story.test("a.py::t", begun=True).say(ev.DatabasesUsed("a.py::t", [1])).begin("a.py::u")
    story.say(ev.TablesRead(1, ["users"], ev.Unit("a.py::u", "call"), ev.Place("a", "a.py", 9)))
    story.test("a.py::u", begun=True).say(ev.DatabasesUsed("a.py::u", [1])).finished(0)
    assert said(story.run) == ("No test failed, but 1 leak was read by a later test", "warning")


def test_a_clean_run_says_so_and_no_run_says_nothing() -> None:
    assert said(Story().collected(["a.py::t"]).test("a.py::t").finished(0).run)[1] == "success"
    assert verdict(None, NOTHING, up_to_date=False) == ("", "")


def test_the_line_stays_where_it_is_and_turns_loud_at_the_end(play, workbench_of):
    told = before().facts
    bench = workbench_of(Run())

    async def scene(stage):
        line = stage.app.screen.query_one(Verdict)
        region = line.region
        bench.current.pending = told[: len(told) // 4]
        await stage.until(lambda: "so far" in stage.text)
        assert not line.has_class("-error")
        bench.current.pending = told[len(told) // 4 :]
        await stage.until(lambda: "1 cause may explain 22 of 117 failing tests, 95 not explained" in stage.text)
        assert line.has_class("-error")
        assert line.region == region
        await stage.pilot.click(Verdict)
        await stage.until(lambda: stage.app.current_mode == "findings")

    play(scene, workbench=bench)


def test_a_run_that_goes_on_is_not_looked_at_with_every_fact() -> None:
    told = before().facts
    run, worker = Run(), ConclusionsWorker()
    looks = 0
    for fact in told[:-1]:
        run.apply(fact)
        looks += worker.update(run)
    assert looks == 1  # less than a second has gone by
    run.apply(told[-1])
    assert worker.update(run)
    assert worker.is_up_to_date(run)
    assert not worker.update(run)


def test_a_large_run_is_looked_at_beside_the_screen(monkeypatch) -> None:
    run, worker = before().run, ConclusionsWorker()
    monkeypatch.setattr(ConclusionsWorker, "LARGE", 10)
    go, threads = threading.Event(), []

    def slow(run):
        threads.append(threading.current_thread())
        go.wait(30)
        return conclude(run)

    monkeypatch.setattr(conclusions_worker, "conclude", slow)
    assert not worker.update(run)
    assert not worker.update(run)
    assert worker.of(run) is NOTHING
    assert verdict(run, NOTHING, worker.is_up_to_date(run)) == ("Looking for the causes...", "")
    go.set()
    threads[0].join(30)
    assert worker.update(run)
    assert threads == [threads[0]] != [threading.main_thread()]
    assert worker.of(run).failed == 117


def test_an_internal_error_is_shown_and_the_dashboard_goes_on(play, monkeypatch):
    def broken(run):
        raise KeyError("nobody")

    monkeypatch.setattr(conclusions_worker, "conclude", broken)

    async def scene(stage):
        await stage.until(lambda: "Drawing conclusions failed: KeyError" in stage.text)
        await stage.press("f")
        assert "No isolation problem found." in stage.text

    play(scene, before().run)
