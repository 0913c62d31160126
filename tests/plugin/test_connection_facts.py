"""Facts about connections and sessions that are out, and about calls without effect, from a real suite."""

from __future__ import annotations

import sys

import pytest

import environments
from isolation_tui.diagnose import diagnose
from isolation_tui.model import TableEventKind, open_at_end, schema_differences
from observing import Seen, observe, write

pytestmark = pytest.mark.slow

SUITE = {
    "models.py": """
        from sqlalchemy import Column, Integer, MetaData
        from sqlalchemy.orm import declarative_base

        Base = declarative_base()
        nothing = MetaData()

        class User(Base):
            __tablename__ = "users"
            id = Column(Integer, primary_key=True)
        """,
    "conftest.py": """
        import pytest
        from models import Base, User
        from sqlalchemy import create_engine, select
        from sqlalchemy.orm import Session

        @pytest.fixture(scope="session")
        def engine(tmp_path_factory):
            engine = create_engine(f"sqlite:///{tmp_path_factory.mktemp('db') / 'file.db'}")
            Base.metadata.create_all(engine)
            yield engine
            engine.dispose()

        @pytest.fixture(scope="module")
        def lasting(engine):
            with engine.connect() as connection:
                yield connection

        @pytest.fixture
        def tidy(engine):
            with engine.connect() as connection:
                connection.execute(select(User.__table__))
                yield connection

        @pytest.fixture
        def untidy(engine):
            taken.append(engine.connect())
            taken[-1].begin()
            return taken[-1]

        @pytest.fixture(scope="module")
        def session(engine):
            session = Session(engine)
            session.execute(select(User.__table__))
            session.commit()
            yield session
            session.close()

        taken = []
        """,
    "test_held.py": """
        from conftest import taken
        from models import Base, User
        from sqlalchemy import select
        from sqlalchemy.orm import Session

        def test_tidy(tidy):
            pass

        def test_untidy(untidy):
            pass

        def test_lasting(lasting):
            taken.pop().close()

        def test_lasting_still(lasting):
            pass

        def test_many(engine):
            for _ in range(300):
                with engine.connect() as connection:
                    connection.execute(select(User.__table__))

        def test_session_left(engine):
            session = Session(engine)
            session.add(User(id=1))
            session.flush()
            taken.append(session)

        def test_drop_refused(engine):
            try:
                with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    connection.exec_driver_sql("PRAGMA busy_timeout = 10")
                    Base.metadata.drop_all(connection)
            except Exception as error:
                assert "locked" in str(error)

        def test_session_rolled_back():
            taken.pop().rollback()

        def test_raw(engine):
            taken.append(engine.raw_connection())

        def test_raw_collected():
            taken.clear()
        """,
    "test_shared.py": """
        from models import User
        from sqlalchemy import select
        from sqlalchemy.orm import Session

        mine = []

        def test_wide_first(session):
            session.execute(select(User.__table__))
            session.rollback()

        def test_wide_again(session):
            for _ in range(3):
                session.execute(select(User.__table__))
                session.rollback()

        def test_global_first(engine):
            mine.append(Session(engine))
            mine[0].execute(select(User.__table__))
            mine[0].rollback()

        def test_global_again():
            mine[0].execute(select(User.__table__))
            mine[0].rollback()

        def test_own(engine):
            with Session(engine) as own:
                own.execute(select(User.__table__))
        """,
    "test_schema.py": """
        import models
        import pytest
        from models import Base, User, nothing
        from sqlalchemy import Column, Integer, MetaData, Table, create_engine, event

        @pytest.fixture
        def memory():
            engine = create_engine("sqlite://")

            @event.listens_for(engine, "connect")
            def no_transaction_of_its_own(dbapi, record):
                dbapi.isolation_level = None

            @event.listens_for(engine, "begin")
            def begin(connection):
                connection.exec_driver_sql("BEGIN")

            return engine

        def test_nothing_known(memory):
            nothing.create_all(memory)

        def test_all_there(engine):
            for _ in range(100):
                Base.metadata.create_all(engine)

        def test_none_there(memory):
            Base.metadata.drop_all(memory)

        def test_others_stay(memory):
            Base.metadata.create_all(memory)
            nothing.drop_all(memory)

        def test_one_of_two(memory):
            for metadata in (nothing, Base.metadata):
                metadata.create_all(memory)

        def test_undone_by_savepoint(memory):
            with memory.connect() as connection, connection.begin():
                savepoint = connection.begin_nested()
                Base.metadata.create_all(connection)
                savepoint.rollback()

        def test_undone_with_the_savepoint_around(memory):
            with memory.connect() as connection, connection.begin():
                outer = connection.begin_nested()
                with connection.begin_nested():
                    Base.metadata.create_all(connection)
                outer.rollback()

        def test_kept_beside_a_savepoint(memory):
            with memory.connect() as connection, connection.begin():
                Base.metadata.create_all(connection)
                connection.begin_nested().rollback()
                with connection.begin_nested():
                    connection.exec_driver_sql("CREATE TABLE extra (id INTEGER)")
                models.kept = connection.engine

        def test_missing(engine):
            Table("later", Base.metadata, Column("id", Integer))
            with engine.begin() as connection:
                connection.exec_driver_sql("CREATE TABLE unknown (id INTEGER)")

        def test_cleared(engine):
            own = MetaData()
            Table("one", own, Column("id", Integer))
            own.clear()
            Table("one", own, Column("id", Integer))
            models.own = own
        """,
}


@pytest.fixture(scope="module", params=["ours", "SQLAlchemy 1.4"])
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    python = sys.executable if request.param == "ours" else environments.OLD.interpreter
    seen = observe(write(tmp_path_factory.mktemp("held") / "suite", SUITE), "-q", python=python)
    assert seen.run.counts.failed + seen.run.counts.errors == 0, seen.output
    assert seen.run.disabled_probes == []
    return seen


def left_open(seen: Seen, name: str) -> list[tuple[str, str, bool, str]]:
    return [
        (held.what, held.author.label, held.in_transaction, held.place.function)
        for held in open_at_end(seen.test(name))
    ]


def nodeids(seen: Seen, *names: str) -> list[str]:
    return [seen.test(f"::{name}").nodeid for name in names]


def test_only_what_is_out_at_the_end_is_reported(seen: Seen) -> None:
    assert {name: left_open(seen, name) for name in ("test_tidy", "test_many", "test_own", "test_lasting_still")} == {
        "test_tidy": [], "test_many": [], "test_own": [], "test_lasting_still": [],
    }  # fmt: skip
    assert len(seen.test("test_many").held_open) == 0


def test_a_connection_left_open_is_its_fixtures_with_the_line_that_took_it(seen: Seen) -> None:
    assert left_open(seen, "test_untidy") == [("connection", "fixture untidy", True, "untidy")]
    (held,) = open_at_end(seen.test("test_untidy"))
    assert held.place.line == 27
    assert held.database.startswith("sqlite:///")
    assert held.closed_by is not None
    assert (held.closed_by.nodeid, held.closed_by.phase) == (nodeids(seen, "test_lasting")[0], "call")
    (raw,) = open_at_end(seen.test("::test_raw"))
    assert raw.closed_by is not None
    assert raw.closed_by.nodeid == nodeids(seen, "test_raw_collected")[0], "somebody else kept it alive"
    assert left_open(seen, "::test_raw") == [("connection", nodeids(seen, "test_raw")[0], False, "test_raw")]


def test_a_wide_fixture_holds_its_connection_for_all_its_tests(seen: Seen) -> None:
    (held,) = seen.test("test_lasting").held_open
    assert held.author.label == "fixture lasting"
    assert held.intended
    assert open_at_end(seen.test("test_lasting")) == []


def test_a_session_is_reported_once_and_not_its_connection_too(seen: Seen) -> None:
    author = nodeids(seen, "test_session_left")[0]
    assert left_open(seen, "test_session_left") == [("session", author, True, "test_session_left")]


def test_a_drop_names_whose_transaction_blocks_it(seen: Seen) -> None:
    (awaited,) = seen.run.awaited_drops
    assert awaited.unit.nodeid == nodeids(seen, "test_drop_refused")[0]
    assert [holder.author.label for holder in awaited.holders] == nodeids(seen, "test_session_left")
    (in_vain,) = seen.run.waited_in_vain
    assert (in_vain.why, in_vain.holders) == ("locked", awaited.holders)


def test_what_tests_and_fixtures_leave_open_is_a_harmless_finding_of_each(seen: Seen) -> None:
    fixture, tests = [finding for finding in diagnose(seen.run) if finding.kind == "left-open"]
    fixture, tests = (fixture, tests) if fixture.culprit else (tests, fixture)
    assert fixture.harmless
    assert fixture.title == "Fixture `untidy` leaves open a connection in a transaction"
    assert (fixture.culprit, fixture.tests) == ("fixture untidy", tuple(nodeids(seen, "test_untidy")))
    assert [item.place.line for item in fixture.evidence] == [27]
    assert tests.title == "2 tests leave open connections and sessions"
    assert (tests.culprit, tests.tests) == ("", tuple(nodeids(seen, "test_session_left", "test_raw")))


def test_a_session_that_several_tests_use_is_reported_once_a_test(seen: Seen) -> None:
    wide, own = seen.run.shared_sessions
    assert [wide.first, wide.unit.nodeid, own.first, own.unit.nodeid] == nodeids(
        seen, "test_wide_first", "test_wide_again", "test_global_first", "test_global_again"
    )
    assert wide.intended
    assert wide.life is not None
    assert wide.life.name == "session"
    assert not own.intended


def test_calls_that_did_nothing_say_why(seen: Seen) -> None:
    done = [(effect.unit.nodeid.partition("::")[2], effect.call, effect.reason) for effect in seen.run.no_effects]
    assert done == [
        ("test_nothing_known", "create_all", "empty"),
        ("test_all_there", "create_all", "all there"),
        ("test_none_there", "drop_all", "none there"),
        ("test_others_stay", "drop_all", "empty"),
        ("test_one_of_two", "create_all", "empty"),
    ]
    assert seen.run.no_effects[1].standing == {"users"}


def test_only_calls_that_were_to_do_something_are_findings(seen: Seen) -> None:
    found = [finding for finding in diagnose(seen.run) if finding.kind == "call-without-effect"]
    assert [(finding.culprit, finding.harmless) for finding in found] == [
        (nodeid, True) for nodeid in nodeids(seen, "test_nothing_known", "test_others_stay")
    ]
    assert found[0].title == "create_all() in test_nothing_known creates nothing: its MetaData is empty"
    assert found[1].evidence[1].text.endswith(": table `users`")


def test_ddl_undone_by_a_savepoint_is_undone(seen: Seen) -> None:
    for name in ("test_undone_by_savepoint", "test_undone_with_the_savepoint_around"):
        events = [(event.kind, event.by) for event in seen.test(name).table_events]
        assert events == [(TableEventKind.CREATED, "orm"), (TableEventKind.DROPPED, "rollback")], name
    kept = seen.test("test_kept_beside_a_savepoint")
    assert [(event.kind, event.table) for event in kept.table_events] == [
        (TableEventKind.CREATED, "users"),
        (TableEventKind.CREATED, "extra"),
    ]


def test_the_tables_of_database_and_metadata_are_compared(seen: Seen) -> None:
    (difference,) = schema_differences(seen.test("test_missing"))
    assert difference.only_in_database == ("unknown",)
    assert difference.metadata == "models"
    assert difference.only_in_metadata == ("later",)
    assert schema_differences(seen.test("test_tidy")) == []


def test_a_metadata_is_of_a_later_generation_when_it_was_cleared(seen: Seen) -> None:
    generations = {held.label: held.generation for held in seen.run.workers["main"].metadata.values()}
    assert generations == {"models": 0, "test_schema": 1}


def test_who_mapped_a_class_is_reported(seen: Seen) -> None:
    (mappings,) = seen.run.workers["main"].mapped.by_name["User"].values()
    (mapping,) = mappings.kept
    assert (mapping.model, mapping.place.module, mapping.place.line) == ("models.User", "models", 8)
