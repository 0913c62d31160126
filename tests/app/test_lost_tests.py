"""Tests whose outcome is unknown: they are shown so, and the dashboard goes on."""

from __future__ import annotations

import pytest

from isolation_tui.app.widgets.timeline_canvas import TimelineCanvas
from isolation_tui.model import Outcome
from pytest_isolation import events as ev
from runstory import Story


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_has_a_style_in_the_timeline(outcome):
    assert f"timeline--{outcome.name.lower().replace('_', '-')}" in TimelineCanvas.COMPONENT_CLASSES


def test_a_stream_that_broke_off_leaves_tests_unknown(play):
    nodeids = [f"a.py::test_{number}" for number in range(3)]
    story = Story().collected(nodeids).test(nodeids[0])
    story.begin(nodeids[1]).say(ev.Disconnected("main", False), "observer")
    story.say(ev.ProcessEnded(1, False), "observer", 60.0)
    assert [test.outcome for test in story.run.order] == [Outcome.PASSED, Outcome.UNKNOWN]

    async def scene(stage):
        await stage.press("end")
        assert "✔??" in stage.text.replace(" ", "")

    play(scene, story.run)
