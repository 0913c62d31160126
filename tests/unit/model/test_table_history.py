"""Which table event came before another: the look-ups that cards and findings share."""

from __future__ import annotations

import math

from isolation_tui.diagnose.conclusions import conclude
from isolation_tui.model import TableEvent, TableEventKind
from isolation_tui.model.queries import refusals
from pytest_isolation import events as ev
from runstory import Story

A, B = "test_a.py::test_one", "test_a.py::test_two"
CREATED, DROPPED, REGISTERED = TableEventKind.CREATED, TableEventKind.DROPPED, TableEventKind.REGISTERED
REFUSED = "sqlalchemy.exc.InvalidRequestError: Table 'users' is already defined for this MetaData instance."


def place(line: int) -> ev.Place:
    return ev.Place("models", "/suite/models.py", line, "make")


def database(story: Story, number: int = 1, url: str = "sqlite:///app.db") -> Story:
    return story.say(ev.DatabaseSeen(number, url, "sqlite"))


def created(story: Story, *tables: str, number: int = 1, worker: str = "main") -> Story:
    return story.say(ev.TablesCreated(number, list(tables), "orm", place(1), ev.Unit(A, "call")), worker, 0.01)


def dropped(story: Story, *tables: str, number: int = 1, worker: str = "main") -> Story:
    return story.say(ev.TablesDropped(number, list(tables), "orm", place(2), ev.Unit(A, "call")), worker, 0.01)


def kinds(events: list[TableEvent] | tuple[TableEvent, ...] | object) -> list[TableEventKind]:
    assert isinstance(events, (list, tuple))
    return [event.kind for event in events]


def test_events_of_one_table_in_one_database_keep_their_order() -> None:
    story = database(database(Story()), 2, "sqlite:///other.db")
    created(created(story, "users", "orders"), "users", number=2)
    history = dropped(story, "users").run.table_history
    assert kinds(history.of("main", "users", "sqlite:///app.db")) == [CREATED, DROPPED]
    assert kinds(history.of("main", "users")) == [CREATED, CREATED, DROPPED]
    assert kinds(history.of("main")) == [CREATED, CREATED, CREATED, DROPPED]
    assert list(history.holders("main", "users")) == ["sqlite:///app.db", "sqlite:///other.db"]


def test_the_last_event_before_a_moment_is_found_among_later_ones() -> None:
    story = created(database(Story()), "users")
    first = story.now
    dropped(story, "users")
    created(story, "users")
    history = story.run.table_history
    for until, kind in ((first - 1, None), (first, CREATED), (first + 0.01, DROPPED), (math.inf, CREATED)):
        last = history.last((CREATED, DROPPED), "main", "users", "sqlite:///app.db", until=until)
        assert (last.kind if last is not None else None) is kind
    last = history.last((CREATED,), "main", "users", "sqlite:///app.db", until=first + 0.01)
    assert last is not None
    assert last.at == first


def test_of_events_of_one_moment_the_last_to_arrive_is_the_last() -> None:
    story = created(database(Story()), "users")
    story.say(ev.TablesDropped(1, ["users"], "orm", place(2), ev.Unit(A, "call")))
    last = story.run.table_history.last((CREATED, DROPPED), "main", "users", "sqlite:///app.db")
    assert last is not None
    assert last.kind is DROPPED


def test_another_worker_has_a_history_of_its_own() -> None:
    story = Story(workers=2)
    for worker in ("gw0", "gw1"):
        story.say(ev.DatabaseSeen(1, "sqlite:///app.db", "sqlite"), worker)
    history = dropped(created(story, "users", worker="gw0"), "users", worker="gw1").run.table_history
    assert kinds(history.of("gw0", "users", "sqlite:///app.db")) == [CREATED]
    assert kinds(history.of("gw1", "users", "sqlite:///app.db")) == [DROPPED]


def refused(story: Story, nodeid: str, line: int, worker: str = "main") -> Story:
    """The test fails, because its registration of ``users`` is refused."""
    story.begin(nodeid, worker=worker)
    story.say(ev.TableRefused(1, "users", place(line), [], ev.Unit(nodeid, "call")), worker, 0.001)
    story.phase(nodeid, "setup", worker=worker)
    story.phase(nodeid, "call", "failed", message=REFUSED, exception="InvalidRequestError", worker=worker)
    return story.phase(nodeid, "teardown", worker=worker)


def registered(story: Story, line: int, worker: str = "main", unit: ev.Unit | None = None) -> Story:
    return story.say(ev.TableRegistered(1, "users", place(line), [], unit or ev.Unit("", "import")), worker, 0.001)


def origin(story: Story, nodeid: str) -> tuple[int, int]:
    """The line that first registered ``users``: as the card has it, and as the finding has it. 0 where it has none."""
    (refusal,) = refusals(story.run, story.run.tests[nodeid])
    (finding,) = [each for each in conclude(story.run).findings if nodeid in each.tests]
    first = [each.place for each in finding.evidence if each.text.startswith("registered ")]
    return refusal.first.place.line if refusal.first is not None else 0, first[0].line if first else 0


def test_a_refusal_met_the_registration_of_its_own_worker() -> None:
    story = Story(workers=2).collected([A, B])
    for line, worker in enumerate(("gw0", "gw1"), 10):
        registered(story.say(ev.MetadataSeen(1, "app", place(1)), worker), line, worker)
    refused(story, A, 20, "gw0")
    refused(story, B, 30, "gw1")
    assert (origin(story, A), origin(story, B)) == ((10, 10), (11, 11))


def test_a_refusal_met_the_registration_that_was_valid_then() -> None:
    """Later the MetaData is cleared, and the table is registered by another line."""
    story = registered(Story().collected([A]).say(ev.MetadataSeen(1, "app", place(1))), 10)
    refused(story, A, 20)
    story.say(ev.MetadataCleared(1, ["users"], place(40), ev.Unit(A, "call")), after=0.01)
    assert origin(story, A) == (10, 10)
    registered(story, 50)
    assert origin(story, A) == (10, 10)


def test_a_metadata_that_reuses_a_label_has_none_of_the_earlier_registrations() -> None:
    story = registered(Story().collected([A]).say(ev.MetadataSeen(1, "app", place(1))), 10)
    story.say(ev.HoldersGone([1], []), after=0.01).say(ev.MetadataSeen(1, "app", place(1)), after=0.01)
    refused(story, A, 20)
    assert origin(story, A) == (0, 0)


def test_a_registration_that_was_removed_is_not_what_a_refusal_met() -> None:
    story = registered(Story().collected([A]).say(ev.MetadataSeen(1, "app", place(1))), 10)
    story.say(ev.TableRemoved(1, "users", place(11), ev.Unit("", "import")), after=0.01)
    assert origin(refused(story, A, 20), A) == (0, 0)
    story = registered(Story().collected([A]).say(ev.MetadataSeen(1, "app", place(1))), 10)
    story.say(ev.TableRemoved(1, "users", place(11), ev.Unit("", "import")), after=0.01)
    registered(story, 12)
    assert origin(refused(story, A, 20), A) == (12, 12)


def test_names_of_tables_are_not_those_of_disposed_models() -> None:
    story = registered(Story().say(ev.MetadataSeen(1, "app", place(1))), 10)
    story.say(ev.RegistryDisposed(["models.User"], place(3), ev.Unit()))
    assert story.run.table_history.tables() == {"users"}
    assert story.run.table_history.first(REGISTERED, "main", "users") is story.run.table_events[0]
