"""Tables that were left: who failed by them, and who merely talks of it."""

from __future__ import annotations

import pytest

from isolation_tui.model import leaks
from pytest_isolation import events as ev
from runstory import Story

REFUSED = "Table 'cats' is already defined for this MetaData instance."
PLACE = ev.Place("a", "a.py", 5, "make")


@pytest.mark.parametrize(
    ("exception", "victims"),
    [("sqlalchemy.exc.InvalidRequestError", ["a.py::two"]), ("AssertionError", [])],
    ids=["by that error", "by what it says about one"],
)
def test_a_victim_failed_by_the_very_error(exception: str, victims: list[str]) -> None:
    story = Story().models(("users",)).collected(["a.py::one", "a.py::two"]).begin("a.py::one")
    story.say(ev.TableRegistered(1, "cats", PLACE, [], ev.Unit("a.py::one", "call")))
    story.test("a.py::one", begun=True).begin("a.py::two")
    story.say(ev.TableRefused(1, "cats", PLACE, [], ev.Unit("a.py::two", "call"))).phase("a.py::two", "setup")
    story.phase("a.py::two", "call", "failed", message=f"{exception}: {REFUSED}", exception=exception)
    story.phase("a.py::two", "teardown").finished(1)
    (leak,) = [leak for leak in leaks(story.run) if leak.what == "metadata"]
    assert (leak.author.label, leak.thing) == ("a.py::one", "cats in MetaData src.database")
    assert [test.nodeid for test in leak.readers] == ["a.py::two"]
    assert [test.nodeid for test in leak.victims] == victims


def test_a_table_that_went_with_its_database_is_no_leak() -> None:
    """Labels are given again: the next in-memory database may be called the same."""
    story = Story().collected(["a.py::one", "a.py::two"])
    for number, nodeid in enumerate(("a.py::one", "a.py::two"), 1):
        story.begin(nodeid).say(ev.DatabaseSeen(number, "sqlite://", "sqlite"))
        story.say(ev.TablesCreated(number, ["cats"], "orm", PLACE, ev.Unit(nodeid, "call")))
        story.test(nodeid, begun=True).say(ev.DatabasesUsed(nodeid, [number])).say(ev.HoldersGone(databases=[number]))
    assert [leak for leak in leaks(story.finished(0).run) if leak.what == "table"] == []
