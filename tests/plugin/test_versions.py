"""One suite under four generations of Python, pytest and SQLAlchemy, and twice in safe mode: the same facts from all of
them; from the oldest what it can give, and in safe mode what public events say."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

import environments
from isolation_tui.diagnose import diagnose
from isolation_tui.model import TableEventKind
from observing import Seen, as_last_line, bare, observe, write
from pytest_isolation.events import (
    FixtureSetUp,
    FixtureTornDown,
    HeldOpen,
    Hello,
    LibraryArmed,
    RegistryDisposed,
    RowsWritten,
    StateChanged,
)
from pytest_isolation.probes.database import patches as database
from pytest_isolation.probes.process import patches as process

pytestmark = pytest.mark.slow

SUITE = {
    "models.py": """
        from sqlalchemy import Column, Integer, MetaData, String
        try:
            from sqlalchemy.orm import declarative_base
        except ImportError:
            from sqlalchemy.ext.declarative import declarative_base

        Base = declarative_base()

        class User(Base):
            __tablename__ = "users"
            id = Column(Integer, primary_key=True)
            name = Column(String(50))
        """,
    "conftest.py": """
        import pytest
        from sqlalchemy import create_engine
        import models

        @pytest.fixture(scope="module")
        def engine(tmp_path_factory):
            engine = create_engine("sqlite:///%s" % (tmp_path_factory.mktemp("db") / "it.db"))
            models.Base.metadata.create_all(engine)
            yield engine
            models.Base.metadata.drop_all(engine)
        """,
    "test_it.py": """
        import pytest
        from sqlalchemy import Column, Integer, MetaData, Table, text
        import models

        def make(metadata, name):
            return Table(name, metadata, Column("id", Integer, primary_key=True))

        @pytest.fixture
        def again():
            class User(models.Base):
                __tablename__ = "users"
                id = Column(Integer, primary_key=True)

        @pytest.fixture(params=["a", "b"], scope="module")
        def letter(request):
            yield request.param

        @pytest.fixture
        def untidy(engine):
            yield
            raise RuntimeError("not tidy")

        def test_writes(engine):
            with engine.begin() as connection:
                connection.execute(models.User.__table__.insert(), [dict(name="a"), dict(name="b")])

        def test_refused(again): pass
        def test_letter(letter, engine): assert letter == "a"
        def test_untidy(untidy): pass

        def test_raw(engine):
            with engine.begin() as connection:
                connection.execute(text("CREATE TABLE raw (id int)"))
                connection.execute(text("DROP TABLE raw"))

        def test_clear():
            metadata = MetaData()
            make(metadata, "one")
            metadata.clear()

        def test_remove():
            metadata = MetaData()
            metadata.remove(make(metadata, "two"))

        def test_dispose():
            from sqlalchemy.orm import registry
            own = registry()
            @own.mapped
            class Mapped:
                __tablename__ = "three"
                id = Column(Integer, primary_key=True)
            own.dispose()

        @pytest.mark.skip(reason="not now")
        def test_skipped(): pass

        @pytest.mark.xfail(reason="known", strict=True)
        def test_xfail(engine): assert 0
        """,
    "test_other.py": """
        def test_other(engine): pass
        """,
    "test_residue.py": """
        import os
        import unittest
        import pytest
        from sqlalchemy import create_engine, text
        from sqlalchemy.orm import sessionmaker
        from sqlalchemy.pool import StaticPool
        import models

        HELD = []
        Made = sessionmaker()

        @pytest.fixture(scope="module")
        def own():
            engine = create_engine("sqlite://", poolclass=StaticPool)
            models.Base.metadata.create_all(engine)
            return engine

        @pytest.fixture
        def session(own):
            session = Made(bind=own)
            yield session
            session.close()

        def test_leaves(session):
            session.add(models.User(name="ada"))
            session.commit()

        def test_reads(session): assert session.query(models.User).count() == 1

        def test_rolls_back(session):
            session.add(models.User(name="bob"))
            session.flush()
            session.rollback()

        def test_state(): os.environ["LEFT_BY_A_TEST"] = "1"

        def test_holds(tmp_path):
            engine = create_engine("sqlite:///%s" % (tmp_path / "held.db"))
            HELD.append(engine.connect())

        def test_parts(request):
            try:
                subtests = request.getfixturevalue("subtests")
            except LookupError:
                pytest.skip("no subtests here")
            for n in range(2):
                with subtests.test("part", n=n): pass

        class TestCase(unittest.TestCase):
            @classmethod
            def setUpClass(cls):
                cls.engine = create_engine("sqlite://", poolclass=StaticPool)
                models.Base.metadata.create_all(cls.engine)

            def setUp(self): self.add("set up")
            def test_writes(self): self.add("in the test")
            def add(self, name):
                session = Made(bind=self.engine)
                session.add(models.User(name=name))
                session.commit()
                session.close()
        """,
}


@dataclass
class Pair:
    """The same suite, once bare and once observed."""

    alone: object
    seen: Seen
    name: str
    safe: bool = False


SAFE = "safe mode"
ENVIRONMENTS = [environments.OLD, environments.USUAL, environments.NEWEST, environments.ANCIENT]


@pytest.fixture(
    scope="module",
    params=[
        *(pytest.param((each, ""), id=each.name) for each in ENVIRONMENTS),
        *(pytest.param((each, SAFE), id=f"{each.name}-safe") for each in (environments.OLD, environments.NEWEST)),
    ],
)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    environment: environments.Environment
    environment, safe = request.param
    folder = tmp_path_factory.mktemp(environment.name)
    one, other = write(folder / "bare" / "suite", SUITE), write(folder / "seen" / "suite", SUITE)
    alone = bare(one, "-q", python=environment.interpreter)
    seen = observe(other, "-q", python=environment.interpreter, off=["patches"] if safe else [])
    return Pair(alone.last_line, seen, environment.name, bool(safe))


@pytest.fixture
def seen(pair: Pair) -> Seen:
    return pair.seen


@pytest.fixture
def seen_tested(pair: Pair) -> Seen:
    if pair.name == "ancient":
        pytest.skip("SQLAlchemy 1.3 has no registries, and does not tell the keys of what it inserts")
    return pair.seen


@pytest.fixture
def seen_patched(pair: Pair) -> Seen:
    if pair.safe:
        pytest.skip("safe mode says that it does not see this")
    return pair.seen


def happened(seen: Seen, test: str) -> list[tuple[str, str]]:
    return [(event.kind.value, event.table) for event in seen.test(f"::{test}").table_events]


def test_the_counts_are_those_of_the_bare_run(pair: Pair) -> None:
    alone = {word: number for word, number in pair.alone.items() if not word.startswith("subtests")}
    assert as_last_line(pair.seen.run.counts) == alone


def test_nothing_of_ours_failed(seen: Seen) -> None:
    assert seen.run.disabled_probes == []
    assert "pytest_isolation" not in seen.output.partition("short test summary")[0]


def test_versions_are_reported(seen: Seen) -> None:
    (hello,) = seen.of(Hello)
    (armed,) = seen.of(LibraryArmed)
    assert hello.pytest
    assert armed.version


def test_limits_are_one_line_each_and_only_where_they_apply(pair: Pair) -> None:
    if pair.safe:
        unseen = (*process.NOT_SEEN_IN_SAFE_MODE, *database.NOT_SEEN_IN_SAFE_MODE)
        assert sorted(pair.seen.run.limits) == sorted(f"safe mode does not see: {what}" for what in unseen)
    elif pair.name == "ancient":
        limits = {limit.split(" is older")[0] for limit in pair.seen.run.limits}
        assert limits == {"pytest 6.2.5", "SQLAlchemy 1.3.24"}
        assert not any("\n" in limit for limit in pair.seen.run.limits)
    else:
        assert pair.seen.run.limits == []


def test_each_life_is_set_up_and_torn_down_once(seen: Seen) -> None:
    set_up = [fact.life for fact in seen.of(FixtureSetUp)]
    assert len(set_up) == len(set(set_up))
    assert sorted(fact.life for fact in seen.of(FixtureTornDown)) == sorted(set_up)


def test_a_module_fixture_serves_its_module(seen: Seen) -> None:
    lives = [life for life in seen.run.lives if life.definition.name == "engine"]
    assert [len(life.users) for life in lives] == [6, 1]
    assert all((life.teardown_duration or 0) > 0 for life in lives)


def test_its_ddl_is_charged_to_the_module_fixture(seen: Seen) -> None:
    ddl = (TableEventKind.CREATED, TableEventKind.DROPPED)
    charged = []
    for event in seen.run.table_events:
        if event.table == "users" and event.kind in ddl and event.place.file.endswith("conftest.py"):
            life = seen.run.life_of_unit(event.worker, event.unit)
            charged.append((event.kind.value, event.unit.step, life.definition.name if life else ""))
    assert charged == 2 * [("created", "setup", "engine"), ("dropped", "teardown", "engine")]


def test_each_parameter_has_a_life(seen: Seen) -> None:
    assert [life.name for life in seen.run.lives if life.definition.name == "letter"] == ["letter[a]", "letter[b]"]


def test_a_failing_teardown_is_charged_to_its_fixture(seen: Seen) -> None:
    failure = seen.test("::test_untidy").failure
    assert failure is not None
    life = seen.run.life("main", failure.life)
    assert life is not None
    assert life.definition.name == "untidy"


def test_the_model_is_registered_once_and_mapped(seen: Seen) -> None:
    (event,) = seen.events(TableEventKind.REGISTERED, "users")
    assert event.place.module == "models"
    assert "models.User" in seen.run.models.values()


def test_a_second_definition_is_a_finding(seen: Seen) -> None:
    (finding,) = [found for found in diagnose(seen.run) if "test_it.py::test_refused" in found.tests]
    assert finding.tests == ("test_it.py::test_refused",)
    assert finding.culprit == "fixture again"


def test_raw_ddl_is_seen(seen: Seen) -> None:
    assert happened(seen, "test_raw") == [("created", "raw"), ("dropped", "raw")]


def test_clear_and_remove_are_seen(seen_patched: Seen) -> None:
    assert happened(seen_patched, "test_clear") == [("registered", "one"), ("cleared", "one")]
    assert happened(seen_patched, "test_remove") == [("registered", "two"), ("removed", "two")]


@pytest.mark.usefixtures("seen_patched")
def test_a_disposed_registry_is_seen(seen_tested: Seen) -> None:
    (fact,) = seen_tested.of(RegistryDisposed)
    assert fact.unit.nodeid == "test_it.py::test_dispose"


def rows(seen: Seen, test: str) -> list[tuple[str, int, str, str, bool]]:
    written = seen.test(f"::{test}").rows_written
    return [(row.table, row.inserted, row.state, row.place.function, row.inexact) for row in written]


def test_rows_are_charged_to_the_test_that_wrote_them(seen: Seen) -> None:
    assert rows(seen, "test_leaves") == [("users", 1, "committed", "test_leaves", False)]
    assert rows(seen, "test_rolls_back") == [("users", 1, "rolled back", "test_rolls_back", False)]
    assert rows(seen, "TestCase::test_writes") == [("users", 2, "committed", "add", False)]


@pytest.mark.usefixtures("seen_patched")
def test_the_keys_of_the_rows_left_are_known(seen_tested: Seen) -> None:
    (fact,) = [fact for fact in seen_tested.of(RowsWritten) if fact.unit.nodeid.endswith("::test_leaves")]
    assert fact.keys == ["id=1"]


def test_what_a_test_read_of_what_another_left_is_known(seen: Seen) -> None:
    reader = seen.test("::test_reads")
    assert [table for _, table in reader.tables_read] == ["users"]
    (found,) = reader.rows_found
    assert [(share.author.label, share.rows) for share in found.shares] == [("test_residue.py::test_leaves", 1)]


def test_what_a_test_changed_in_the_process_is_known(seen: Seen) -> None:
    (change,) = [fact for fact in seen.of(StateChanged) if fact.name == "LEFT_BY_A_TEST"]
    assert (change.what, change.change, change.unit.nodeid) == ("env", "added", "test_residue.py::test_state")


def test_a_connection_that_is_out_at_the_end_is_known(seen: Seen) -> None:
    (held,) = seen.of(HeldOpen)
    assert (held.what, held.nodeid, held.place.function) == ("connection", "test_residue.py::test_holds", "test_holds")


def test_subtests_are_no_tests(pair: Pair) -> None:
    parts = pair.seen.test("::test_parts").subtests
    assert len(parts) == (0 if pair.name == "ancient" else 2)
