"""Facts about tables, in a MetaData and in a database: by whom, and who is charged."""

from __future__ import annotations

from pathlib import Path

import pytest

import environments
from isolation_tui.diagnose import diagnose
from isolation_tui.model import TableEvent, TableEventKind
from observing import Seen, observe, write
from pytest_isolation.events import (
    DatabaseSeen,
    HoldersGone,
    LibraryArmed,
    MetadataSeen,
    RegistryDisposed,
    TablesCreated,
    TablesDropped,
    TableSets,
)
from table_suite import SUITE

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    root = write(tmp_path_factory.mktemp("tables") / "suite", SUITE)
    return observe(root, "-q", "-p", "no:cacheprovider", python=environments.CURRENT.interpreter)


def during(seen: Seen, test: str, *kinds: TableEventKind) -> list[tuple[str, str]]:
    """(what happened, table) in that test."""
    return [(event.kind.value, event.table) for event in events(seen, test) if not kinds or event.kind in kinds]


def events(seen: Seen, test: str) -> list[TableEvent]:
    return seen.test(test).table_events


def where(event: TableEvent) -> tuple[str, int]:
    return Path(event.place.file).name, event.place.line


def line_of(file: str, text: str) -> int:
    return next(number for number, line in enumerate(SUITE[file].split("\n"), 1) if text in line)


def test_no_probe_gave_up(seen: Seen) -> None:
    assert seen.run.disabled_probes == []


def test_the_suite_itself_ends_as_it_should(seen: Seen) -> None:
    failed = {test.name for test in seen.run.tests.values() if test.outcome.bad}
    assert failed == {"test_refused", "test_other_error", "test_refuses", "test_refuses_too", "test_swallows"}


def test_sqlalchemy_is_armed_once(seen: Seen) -> None:
    assert [fact.name for fact in seen.of(LibraryArmed)] == ["sqlalchemy"]


def test_models_are_registered_by_their_own_line_while_the_tests_are_imported(seen: Seen) -> None:
    (event,) = seen.events(TableEventKind.REGISTERED, "users")
    assert where(event) == ("models.py", line_of("shop/models.py", "class User"))
    assert (event.unit.nodeid, event.unit.phase) == ("", "import")
    assert event.place.module == "shop.models"


def test_a_model_is_known_by_its_class(seen: Seen) -> None:
    assert "shop.models.User" in seen.run.models.values()


def test_a_table_is_registered_by_the_innermost_line_with_its_callers(seen: Seen) -> None:
    (event,) = [each for each in events(seen, "test_registers") if each.table == "made"]
    assert where(event) == ("factory.py", line_of("shop/factory.py", "return Table"))
    assert [(Path(place.file).name, place.function) for place in event.via] == [
        ("test_a_metadata.py", "test_registers")
    ]
    assert (event.unit.phase, event.unit.life) == ("call", 0)


def test_models_imported_under_a_second_name_are_refused_and_both_names_are_known(seen: Seen) -> None:
    (refused,) = [each for each in events(seen, "test_double_import") if each.kind is TableEventKind.REFUSED]
    assert (refused.table, refused.place.module) == ("users", "models")
    first = seen.run.table_history.registration(refused)
    assert first.place.module == "shop.models"


def test_a_refusal_names_its_line_and_its_callers(seen: Seen) -> None:
    (refused,) = [each for each in events(seen, "test_refused") if each.kind is TableEventKind.REFUSED]
    assert where(refused)[0] == "factory.py"
    assert [place.function for place in refused.via] == ["test_refused"]
    assert refused.via[0].line == line_of("test_a_metadata.py", "def test_refused") + 3


def test_another_error_of_that_type_is_no_refusal(seen: Seen) -> None:
    assert events(seen, "test_other_error") == []


def test_a_cleared_metadata_names_what_it_held(seen: Seen) -> None:
    assert during(seen, "test_clears", TableEventKind.CLEARED) == [("cleared", "one"), ("cleared", "two")]


def test_a_removed_table_is_reported_once(seen: Seen) -> None:
    assert during(seen, "test_removes") == [("registered", "gone"), ("removed", "gone")]


def test_extending_a_table_is_no_refusal(seen: Seen) -> None:
    assert during(seen, "test_extends") == [("registered", "extended")]


@pytest.mark.parametrize(("test", "model"), [("test_disposes", "Disposed"), ("test_clears_mappers", "Cleared")])
def test_mappings_that_end_are_reported(seen: Seen, test: str, model: str) -> None:
    disposed = [fact for fact in seen.of(RegistryDisposed) if fact.unit.nodeid.endswith("::" + test)]
    assert [name.rpartition(".")[2] for fact in disposed for name in fact.models if "shop" not in name] == [model]


def test_a_table_removed_without_an_event_is_seen_at_the_next_test_boundary(seen: Seen) -> None:
    said = [fact for fact in seen.of(TableSets) if fact.nodeid.endswith("behind_the_back")]
    assert [(fact.edge, [tables for _, tables in fact.metadata]) for fact in said] == [("end", [[]])]


def test_a_test_begins_with_what_the_one_before_it_left(seen: Seen) -> None:
    assert frozenset({"users", "orders"}) in seen.test("test_after_it").metadata_at_start.values()


def test_tables_of_the_postgresql_dialect_are_not_the_suites(seen: Seen) -> None:
    assert events(seen, "test_imports_postgresql") == []


def test_a_metadata_that_was_thrown_away_is_not_carried_along(seen: Seen) -> None:
    gone = {number for fact in seen.of(HoldersGone) for number in fact.metadata}
    assert len(gone) >= 6
    assert len(seen.run.workers["main"].metadata) == len(seen.of(MetadataSeen)) - len(gone)


def test_create_all_names_all_its_tables_and_the_line_that_called_it(seen: Seen) -> None:
    assert during(seen, "test_creates") == [("created", "users"), ("created", "orders")]
    assert {where(event) for event in events(seen, "test_creates")} == {
        ("test_b_database.py", line_of("test_b_database.py", "def test_creates(engine)"))
    }
    assert {event.by for event in events(seen, "test_creates")} == {"orm"}


def test_a_create_all_that_creates_nothing_emits_nothing(seen: Seen) -> None:
    assert during(seen, "test_creates_nothing") == [("created", "users"), ("created", "orders")]


def test_drop_all_names_what_it_dropped(seen: Seen) -> None:
    assert during(seen, "test_drops", TableEventKind.DROPPED) == [("dropped", "orders"), ("dropped", "users")]


def test_one_table_created_by_itself_is_reported(seen: Seen) -> None:
    assert during(seen, "test_creates_one", TableEventKind.CREATED) == [("created", "single")]


def test_ddl_of_a_module_fixture_is_charged_to_it_in_set_up_and_in_teardown(seen: Seen) -> None:
    def charged(test: str, table: str) -> list[tuple[str, str, str]]:
        found = [event for event in events(seen, test) if event.table == table]
        lives = [seen.run.life_of_unit("main", event.unit) for event in found]
        return [
            (event.kind.value, life.definition.name if life else "", event.unit.step)
            for event, life in zip(found, lives, strict=True)
        ]

    assert charged("test_wide", "users") == [("created", "database", "setup")]
    assert charged("test_wide_again", "users") == []
    assert charged("test_password", "users") == [("dropped", "database", "teardown")]


def test_raw_ddl_is_seen(seen: Seen) -> None:
    assert during(seen, "test_raw") == [("created", "raw"), ("dropped", "raw")]
    assert {event.by for event in events(seen, "test_raw")} == {"sql"}


def test_raw_ddl_is_read_however_it_is_written(seen: Seen) -> None:
    written = [test for test in seen.run.tests.values() if test.name.startswith("test_raw_create[")]
    assert [[event.table for event in test.table_events] for test in written] == [
        ["Quo ted"], ["named"], ["named"], ["main.named"], ["main.named"], ["named"], ["named"],
    ]  # fmt: skip


def test_create_if_not_exists_of_an_existing_table_emits_nothing(seen: Seen) -> None:
    assert during(seen, "test_raw_again") == [("created", "again")]


def test_drop_if_exists_of_a_missing_table_emits_nothing(seen: Seen) -> None:
    assert during(seen, "test_raw_drop_of_nothing") == []


def test_a_drop_that_succeeded_is_believed_of_a_table_never_seen(seen: Seen) -> None:
    assert during(seen, "test_raw_drop_of_unseen") == [("dropped", "unseen_till_now")]


def test_a_renamed_table_is_dropped_and_created(seen: Seen) -> None:
    assert during(seen, "test_renames") == [("created", "old"), ("dropped", "old"), ("created", "new")]


def test_a_table_altered_otherwise_stays_what_it_was(seen: Seen) -> None:
    assert during(seen, "test_alters_otherwise") == [("created", "altered")]


def test_a_temporary_table_is_not_reported(seen: Seen) -> None:
    assert during(seen, "test_temporary") == []


def test_a_ddl_construct_executed_by_hand_is_reported_once(seen: Seen) -> None:
    assert during(seen, "test_construct", TableEventKind.CREATED) == [("created", "constructed")]


def test_ddl_of_a_listener_within_create_all_is_reported_too(seen: Seen) -> None:
    created = during(seen, "test_listener", TableEventKind.CREATED)
    assert created == [("created", "by_listener"), ("created", "listened")]


def test_raw_ddl_after_a_create_all_that_raised_is_seen(seen: Seen) -> None:
    assert ("created", "after_failure") in during(seen, "test_fails_then_raw")


def test_a_create_that_was_rolled_back_is_taken_back(seen: Seen) -> None:
    assert [(event.kind.value, event.table, event.by) for event in events(seen, "test_rolled_back")] == [
        ("created", "undone", "sql"),
        ("dropped", "undone", "rollback"),
    ]


def test_a_create_that_was_committed_stays(seen: Seen) -> None:
    assert during(seen, "test_committed") == [("created", "stays")]


def test_an_engine_that_only_prints_creates_nothing(seen: Seen) -> None:
    assert during(seen, "test_mock") == []


def test_two_databases_in_memory_are_two(seen: Seen) -> None:
    created = [event for event in events(seen, "test_two_in_memory") if event.kind is TableEventKind.CREATED]
    assert [event.table for event in created] == ["left", "right"]
    assert created[0].holder != created[1].holder


@pytest.mark.parametrize("test", ["test_indented_select", "test_many_comments"])
def test_a_statement_that_only_begins_like_ddl_costs_nothing(seen: Seen, test: str) -> None:
    assert seen.test(test).duration < 0.5


def test_no_password_is_sent(seen: Seen) -> None:
    (label,) = [fact.url for fact in seen.of(DatabaseSeen) if "p.db" in fact.url]
    assert "password=***" in label
    assert "timeout=5" in label
    said = [line for line in seen.recorded.read_bytes().splitlines() if b'"Output"' not in line]
    assert not [line for line in said if b"hush1" in line]


def test_facts_of_nested_fixtures_are_charged_to_the_innermost(seen: Seen) -> None:
    lives = {
        event.table: seen.run.life_of_unit("main", event.unit)
        for event in events(seen, "test_nested")
        if event.kind is TableEventKind.REGISTERED
    }
    assert {table: life.definition.name if life else "" for table, life in lives.items()} == {
        "from_inner": "inner",
        "from_outer": "outer",
        "from_call": "",
    }


def test_a_refusal_in_a_fixture_is_one_finding_with_all_its_victims(seen: Seen) -> None:
    (finding,) = [each for each in diagnose(seen.run) if "refusing" in each.title]
    assert [test.rpartition("::")[2] for test in finding.tests] == ["test_refuses", "test_refuses_too"]
    assert finding.tables == ("from_outer",)


def test_a_swallowed_refusal_is_seen_and_is_no_finding(seen: Seen) -> None:
    assert during(seen, "test_swallows") == [("refused", "from_outer")]
    findings = [finding for finding in diagnose(seen.run) if not finding.harmless]
    victims = {test.rpartition("::")[2] for finding in findings for test in finding.tests}
    assert victims == {"test_refused", "test_refuses", "test_refuses_too"}


def test_a_transaction_that_begins_within_a_create_all_undoes_what_came_after(tmp_path: Path) -> None:
    """A listener inserts a row once its table is there: SQLite's own transaction begins with that. The second time
    the texts are known."""
    suite = """
        import pytest
        from sqlalchemy import Column, Integer, MetaData, Table, create_engine, event

        metadata = MetaData()
        for name in ("a", "b", "c", "d"):
            Table(name, metadata, Column("id", Integer, primary_key=True))

        @event.listens_for(metadata.tables["b"], "after_create")
        def fill(table, connection, **_):
            connection.execute(table.insert().values(id=1))

        engine = create_engine("sqlite:///own.db")

        @pytest.mark.parametrize("time", range(3))
        def test_it(time):
            with engine.connect() as connection:
                metadata.create_all(connection)
                connection.rollback()
            with engine.connect() as connection:
                left = connection.exec_driver_sql("SELECT name FROM sqlite_master ORDER BY name").all()
            assert left == [("a",), ("b",)]
            metadata.drop_all(engine)
        """
    seen = observe(write(tmp_path / "suite", {"test_it.py": suite}))
    assert seen.status == 0, seen.output
    facts = [stamped.fact for stamped in seen.facts]
    told = [(type(fact), fact.tables, fact.by) for fact in facts if isinstance(fact, (TablesCreated, TablesDropped))]
    once = [
        (TablesCreated, ["a", "b"], "orm"),
        (TablesCreated, ["c", "d"], "orm"),
        (TablesDropped, ["d", "c"], "rollback"),
        (TablesDropped, ["b", "a"], "orm"),
    ]
    assert told == once * 3
