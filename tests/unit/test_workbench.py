"""The workbench changes no file under a run that goes on."""

from __future__ import annotations

import pytest

from isolation_tui import workbench
from isolation_tui.errors import Status, ToolError
from isolation_tui.launch import Project
from isolation_tui.model import Run
from isolation_tui.workbench import Workbench


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
    return Workbench(Project(tmp_path, tmp_path, (), "python", "9"))


def test_with_nothing_running_the_change_is_made_at_once_and_then_it_runs(bench):
    seen = []
    bench.change_and_run(lambda: seen.append(len(bench.sources)))
    assert seen == [0]
    assert len(bench.sources) == 1


def test_a_run_is_stopped_once_and_awaited_before_the_change(bench):
    seen = []
    bench.start()
    first = bench.sources[0]
    bench.change_and_run(lambda: seen.append(first.finished))
    bench.poll()
    bench.start()
    assert (seen, first.stops, bench.changing) == ([], 1, True)
    first.finished = True
    bench.poll()
    assert (seen, bench.changing, len(bench.sources)) == ([True], False, 2)


def test_where_the_change_is_refused_nothing_runs(bench):
    def refuse():
        raise ToolError(Status.USAGE, "no")

    bench.start()
    bench.change_and_run(refuse)
    bench.sources[0].finished = True
    with pytest.raises(ToolError):
        bench.poll()
    assert not bench.poll()
    assert len(bench.sources) == 1
    assert not bench.changing


def test_closing_forgets_what_was_waiting(bench):
    bench.start()
    bench.change_and_run(lambda: pytest.fail("changed after the end"))
    bench.sources[0].finished = True
    bench.close()
    assert not bench.changing
