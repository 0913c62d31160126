"""The workbench changes no file under a run that goes on."""

from __future__ import annotations

import pytest

from isolation_tui import workbench
from isolation_tui.errors import ToolError
from isolation_tui.fix import FileChange, Plan
from isolation_tui.launch import Project
from isolation_tui.model import Run
from isolation_tui.workbench import FixAction, FixOutcome, Workbench


class Session:
    """A live session that ends when ``finished`` is set."""

    live, recording, title = True, None, "one"

    def __init__(self, project, *, select, **rest):
        self.run, self.selected, self.finished, self.stops = Run(), select, False, 0

    def poll(self):
        return False

    def stop(self):
        self.stops += 1

    def close(self): ...


@pytest.fixture
def bench(monkeypatch, tmp_path):
    monkeypatch.setattr(workbench, "LiveSession", Session)
    monkeypatch.setenv("ISOLATION_TUI_STATE", str(tmp_path / "state"))
    root = tmp_path / "project"
    root.mkdir()
    return Workbench(Project(root, root, (), "python"))


@pytest.fixture
def plan(bench):
    """A plan that creates one file."""
    root = bench.project.root
    return Plan("conftest", root, (FileChange.of(root, root / "conftest.py", before=None, after=b"# fixed\n"),), ())


@pytest.fixture
def conftest(bench):
    return bench.project.root / "conftest.py"


def test_with_nothing_running_the_fix_is_applied_at_once_and_then_it_runs(bench, plan, conftest):
    outcome = bench.apply_and_run(plan)
    assert outcome == bench.fix_outcome == FixOutcome(FixAction.APPLY)
    assert outcome.done
    assert conftest.exists()
    assert len(bench.sources) == 1


def test_a_run_is_stopped_once_and_awaited_before_files_change(bench, plan, conftest):
    bench.start()
    first = bench.sources[0]
    assert bench.apply_and_run(plan).waiting
    bench.poll()
    bench.start()
    assert (conftest.exists(), first.stops, bench.fix_outcome.waiting) == (False, 1, True)
    first.finished = True
    assert bench.poll()
    assert (conftest.exists(), bench.fix_outcome.done, len(bench.sources)) == (True, True, 2)


def test_a_refused_change_starts_no_run_and_gives_its_reason(bench, plan, conftest):
    bench.start()
    bench.apply_and_run(plan)
    conftest.write_text("# mine\n")
    bench.sources[0].finished = True
    assert bench.poll()
    assert "conftest.py was changed" in bench.fix_outcome.refused
    assert not bench.poll()
    assert len(bench.sources) == 1
    assert conftest.read_text() == "# mine\n"


def test_undo_and_run_waits_for_the_run_in_the_same_way(bench, plan, conftest):
    bench.apply_and_run(plan)
    assert bench.undo_and_run() == FixOutcome(FixAction.UNDO, waiting=True)
    assert conftest.exists()
    bench.sources[0].finished = True
    bench.poll()
    assert bench.fix_outcome == FixOutcome(FixAction.UNDO)
    assert (conftest.exists(), len(bench.sources)) == (False, 2)


def test_an_undo_without_a_run_returns_its_outcome(bench):
    assert "nothing to undo" in bench.undo_fix().refused


def test_a_recording_has_no_files_to_change(plan):
    with pytest.raises(ToolError):
        Workbench(None).apply_and_run(plan)


def test_closing_forgets_the_queued_change(bench, plan, conftest):
    bench.start()
    bench.apply_and_run(plan)
    bench.sources[0].finished = True
    bench.close()
    assert not conftest.exists()
