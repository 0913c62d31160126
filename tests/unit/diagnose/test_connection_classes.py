"""Causes that lie in connections and databases, on facts alone: hangs, servers' words, and what is not known."""

from __future__ import annotations

import pytest

from isolation_tui.diagnose import Finding, diagnose
from isolation_tui.model import in_memory
from pytest_isolation import events as ev
from runstory import ROOT, Story

A, B, C = (f"test_a.py::test_{name}" for name in "abc")
HERE = ev.Place("app.db", f"{ROOT}/app/db.py", 7, "work")
THERE = ev.Place("conftest", f"{ROOT}/conftest.py", 12, "session")
POSTGRESQL = "postgresql+psycopg://tester@/shop_1?host=/tmp/sockets"


def suite(url: str = POSTGRESQL, dialect: str = "postgresql") -> Story:
    return Story().collected([A, B, C]).say(ev.DatabaseSeen(1, url, dialect))


def fails(story: Story, nodeid: str, exception: str, message: str) -> Story:
    story.begin(nodeid).phase(nodeid, "setup")
    story.phase(nodeid, "call", "failed", exception=exception, message=message, place=HERE)
    return story.phase(nodeid, "teardown")


def found(story: Story) -> list[Finding]:
    return [finding for finding in diagnose(story.run) if not finding.harmless]


def awaited(story: Story, nodeid: str, holder: str) -> Story:
    units = [ev.Unit(holder, "call")]
    return story.say(ev.DropAwaited(1, [THERE], HERE, ev.Unit(nodeid, "call"), units))


def in_vain(story: Story, nodeid: str, why: str, *holders: str) -> Story:
    units = [ev.Unit(holder, "call") for holder in holders]
    return story.say(ev.WaitedInVain(1, why, [THERE] * len(units), units, HERE, ev.Unit(nodeid, "call")))


# -- a drop that waits -------------------------------------------------------------------------------------------------


def test_a_test_that_hangs_in_its_drop_waits_for_the_holder_of_a_transaction() -> None:
    story = suite().test(A).begin(B).phase(B, "setup")
    awaited(story, B, A)
    (finding,) = found(story)
    assert (finding.code, finding.tests, finding.culprit) == ("F11", (B,), A)
    assert [item.place for item in finding.evidence] == [THERE, HERE]
    stopped = story.finished(-15, stopped=True)
    assert [(finding.code, finding.tests) for finding in found(stopped)] == [("F11", (B,))]


def test_a_drop_that_went_through_did_no_harm() -> None:
    story = suite().test(A).begin(B).phase(B, "setup")
    awaited(story, B, A).test(B, begun=True)
    (finding,) = diagnose(story.finished(0).run)
    assert (finding.code, finding.harmless) == ("F11", True)
    assert "waits" not in finding.title


@pytest.mark.parametrize(
    ("exception", "message"),
    [
        ("OperationalError", "(psycopg.errors.LockNotAvailable) canceling statement due to lock timeout"),
        ("OperationalError", "(pymysql.err.OperationalError) (1205, 'Lock wait timeout exceeded; try restarting')"),
        ("OperationalError", "(psycopg.errors.DeadlockDetected) deadlock detected"),
        ("Failed", "Timeout >5.0s"),
    ],
)
def test_a_drop_that_timed_out_is_explained_by_it(exception: str, message: str) -> None:
    story = suite().test(A)
    awaited(story, B, A)
    fails(story, B, exception, message)
    assert [(finding.code, finding.tests) for finding in found(story)] == [("F11", (B,))]


def test_a_test_that_timed_out_elsewhere_is_not() -> None:
    story = suite().test(A)
    awaited(story, A, C)
    fails(story, B, "Failed", "Timeout >5.0s")
    assert found(story) == []


def test_sqlite_does_not_wait_it_says_that_it_is_locked() -> None:
    story = suite("sqlite:///shop.db", "sqlite").test(A)
    awaited(story, B, A)
    in_vain(story, B, "locked", A)
    fails(story, B, "OperationalError", "(sqlite3.OperationalError) database is locked")
    assert [(finding.code, finding.culprit) for finding in found(story)] == [("F12", A)]


# -- who holds it, and who may ----------------------------------------------------------------------------------------


def test_of_several_holders_none_is_the_culprit() -> None:
    story = suite()
    in_vain(story, C, "pool", A, A, B)
    fails(story, C, "TimeoutError", "QueuePool limit of size 3 overflow 0 reached, connection timed out")
    (finding,) = found(story)
    assert (finding.code, finding.culprit) == ("F16", "")
    assert [item.text for item in finding.evidence][:2] == [
        f"2 connections, taken by {A}",
        f"a connection, taken by {B}",
    ]


def test_a_lock_without_a_known_holder_has_no_culprit() -> None:
    story = fails(suite("sqlite:///shop.db", "sqlite"), A, "OperationalError", "database is locked")
    (finding,) = found(story)
    assert (finding.code, finding.culprit, finding.title) == ("F12", "", "The database is locked")
    assert "No SQLAlchemy connection of this process was seen to hold it" in finding.remedy


def test_a_database_whose_connections_are_all_in_the_pool_is_in_use_nevertheless() -> None:
    story = suite().begin(A)
    story.test(A, begun=True).say(ev.DatabasesUsed(A, [1]))
    in_vain(story, B, "in use")
    message = '(psycopg.errors.ObjectInUse) database "shop_1" is being accessed by other users'
    fails(story, B, "OperationalError", message)
    (finding,) = found(story)
    assert (finding.code, finding.culprit) == ("F17", "")
    assert "test_a was the last test to use" in finding.evidence[0].text
    assert finding.remedy.startswith("Call engine.dispose()")


def test_one_worker_shares_its_database_with_no_other() -> None:
    message = "(sqlite3.OperationalError) table users already exists"
    story = fails(suite("sqlite:///shop.db", "sqlite"), A, "OperationalError", message)
    assert [finding.code for finding in found(story)] == []


@pytest.mark.parametrize(
    ("label", "memory"),
    [
        ("sqlite://", True), ("sqlite:// (2)", True), ("sqlite:///:memory:", True), ("sqlite+aiosqlite://", True),
        ("sqlite:///file:shop?mode=memory&cache=shared&uri=true", True), ("sqlite:///shop.db", False),
        ("sqlite:////tmp/shop (2).db", False), (POSTGRESQL, False),
    ],
)  # fmt: skip
def test_an_in_memory_database_is_known_by_its_url(label: str, memory: bool) -> None:
    assert in_memory(label) is memory


# -- mappings ---------------------------------------------------------------------------------------------------------


def mapped(story: Story, number: int) -> Story:
    return story.say(ev.ModelMapped(1, "tags", "models.Tag", ev.Unit("", "import"), HERE._replace(line=number)))


def test_a_class_mapped_again_and_again_is_remembered_by_its_first_and_latest() -> None:
    story = suite().say(ev.MetadataSeen(1, "", HERE))
    for number in range(100):
        mapped(story, number)
    fails(story, A, "InvalidRequestError", 'Multiple classes found for path "Tag" in the registry')
    (finding,) = found(story)
    assert [item.place.line for item in finding.evidence[:2]] == [0, 99]
    (known,) = story.run.workers["main"].mapped.by_name["Tag"].values()
    assert (known.count, len(known.kept)) == (100, 9)


def test_a_mapping_whose_registry_was_disposed_is_not_in_the_way() -> None:
    story = mapped(suite().say(ev.MetadataSeen(1, "", HERE)), 1)
    story.say(ev.RegistryDisposed(["models.Tag"], HERE, ev.Unit(A, "setup")), after=1.0)
    mapped(story, 2)
    fails(story, A, "InvalidRequestError", 'Multiple classes found for path "Tag" in the registry')
    (finding,) = found(story)
    assert [item.place.line for item in finding.evidence[:1]] == [2]
    assert finding.culprit == ""
