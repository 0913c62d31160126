"""Statements and transactions are observed with and without SQLAlchemy's events, invisibly to the suite."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from observing import Seen, bare, observe, write
from pytest_isolation.events import DatabaseSeen, DatabasesUsed, ProbeDisabled, RowsWritten, StatementFailed, TablesRead

pytestmark = pytest.mark.slow

MODELS = """
    from sqlalchemy import Column, Integer, String, create_engine, select
    from sqlalchemy.orm import Session, declarative_base

    Base = declarative_base()

    class User(Base):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))

    engine = create_engine("sqlite:///users.db")
    Base.metadata.create_all(engine)
    """

WRITES = """
    from sqlalchemy import select
    from sqlalchemy.orm import Session
    from models import User, engine

    def test_commits():
        with Session(engine) as session:
            session.add_all([User(name="a"), User(name="b")])
            session.commit()

    def test_rolls_back():
        with Session(engine) as session:
            session.add(User(name="c"))
            session.flush()
            session.rollback()

    def test_reads():
        with Session(engine) as session:
            assert len(session.execute(select(User)).all()) == 2
    """

OWN_CONTEXT = """
    from sqlalchemy.dialects.sqlite.base import SQLiteExecutionContext
    from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

    class Context(%s):
        def post_exec(self):
            %s

    SQLiteDialect_pysqlite.execution_ctx_cls = Context
    """


def written(seen: Seen) -> list[tuple[str, int, int, str]]:
    facts = seen.of(RowsWritten)
    return [(fact.unit.nodeid.rpartition("::")[2], fact.inserted, fact.kept, fact.state) for fact in facts]


EXPECTED = [("test_commits", 2, 2, "committed"), ("test_rolls_back", 1, 1, "rolled back")]


def check(seen: Seen) -> None:
    assert seen.status == 0, seen.output
    assert written(seen) == EXPECTED
    assert [fact.tables for fact in seen.of(TablesRead)] == [["users"]]
    assert not seen.of(ProbeDisabled)


def test_without_events(tmp_path: Path) -> None:
    check_events = "def test_no_events():\n    assert not engine._has_events and not engine.dialect._has_events\n"
    suite = WRITES + textwrap.indent("\n" + check_events, "    ")
    check(observe(write(tmp_path, {"models.py": MODELS, "test_it.py": suite})))


@pytest.mark.parametrize(
    ("parent", "body"),
    [
        ("SQLiteExecutionContext", "self.own = True"),
        ("SQLiteExecutionContext", "super().post_exec()"),
    ],
    ids=["its own", "calls the one above"],
)
def test_statements_of_a_dialect_with_its_own_post_exec_are_counted_once(
    tmp_path: Path, parent: str, body: str
) -> None:
    models = textwrap.dedent(OWN_CONTEXT) % (parent, body) + textwrap.dedent(MODELS)
    check(observe(write(tmp_path, {"models.py": models, "test_it.py": WRITES})))


def test_where_sqlalchemy_is_built_otherwise_its_events_are_listened_to(tmp_path: Path) -> None:
    """Somebody changes it before our plugin comes, so that the taps do not fit."""
    changed = """
        import sqlalchemy.engine.base as base

        original = base.Connection._exec_insertmany_context
        base.Connection._exec_insertmany_context = lambda self, *given: original(self, *given)
        """
    suite = WRITES + textwrap.indent("\ndef test_the_engine_has_events():\n    assert engine._has_events\n", "    ")
    root = write(tmp_path, {"sitecustomize.py": changed, "models.py": MODELS, "test_it.py": suite})
    check(observe(root, env={"PYTHONPATH": str(root)}))


def test_the_first_error_of_an_engine_is_reported_and_the_next(tmp_path: Path) -> None:
    suite = """
        import pytest
        from sqlalchemy import create_engine, text

        def refuse(engine, statement):
            with engine.connect() as connection, pytest.raises(Exception, match="no such table"):
                connection.execute(text(statement))

        def test_it():
            one, other = create_engine("sqlite://"), create_engine("sqlite:///other.db")
            refuse(one, "SELECT * FROM first")
            refuse(one, "SELECT * FROM second")
            assert one.dialect._has_events and not other.dialect._has_events
            refuse(other, "SELECT * FROM third")
        """
    seen = observe(write(tmp_path, {"test_it.py": suite}))
    assert seen.status == 0, seen.output
    assert [fact.error for fact in seen.of(StatementFailed)] == ["OperationalError"] * 3


FAILED_COMMIT = """
    from sqlalchemy import create_engine, text

    def test_it():
        engine = create_engine("sqlite://")
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA foreign_keys = ON")
            connection.exec_driver_sql("CREATE TABLE a (id INTEGER PRIMARY KEY)")
            connection.exec_driver_sql("CREATE TABLE b (a INTEGER REFERENCES a (id) DEFERRABLE INITIALLY DEFERRED)")
            connection.execute(text("INSERT INTO b VALUES (1)"))
            connection.commit()
    """


@pytest.mark.parametrize("style", ["long", "short", "line"])
def test_pytest_shows_no_frame_of_ours_in_a_commit_that_fails(tmp_path: Path, style: str) -> None:
    root = write(tmp_path, {"test_it.py": FAILED_COMMIT})
    seen = observe(root, f"--tb={style}")
    assert seen.status == 1
    assert "FOREIGN KEY constraint failed" in seen.output
    assert "pytest_isolation" not in seen.output


def test_looking_at_a_connection_is_no_commit(tmp_path: Path) -> None:
    """``inspect.getmembers``, ``mock.create_autospec`` and debuggers read every attribute."""
    suite = """
        import inspect
        from unittest import mock
        import pytest
        from models import User, engine

        @pytest.mark.parametrize("look", [inspect.getmembers, mock.create_autospec], ids=["members", "autospec"])
        def test_looks(look):
            with engine.connect() as connection:
                connection.execute(User.__table__.insert().values(name="a"))
                look(connection)
                connection.rollback()

        def test_none_is_left():
            with engine.connect() as connection:
                assert connection.execute(User.__table__.select()).all() == []
        """
    root = write(tmp_path, {"models.py": MODELS, "test_it.py": suite})
    seen = observe(root)
    assert seen.status == 0, seen.output
    assert written(seen) == [
        ("test_looks[members]", 1, 1, "rolled back"),
        ("test_looks[autospec]", 1, 1, "rolled back"),
    ]
    strict = bare(root, "--isolation=strict")
    assert strict.status == 0, strict.output


SECOND = """
    from sqlalchemy import create_engine, text
    from sqlalchemy.orm import Session
    from models import Base, User, engine

    QUIET = "PRAGMA encoding"

    def test_one():
        with engine.begin() as connection:
            connection.execute(text(QUIET))

    def test_first_on_the_one_then_on_another():
        other = create_engine("sqlite:///other.db")
        with engine.begin() as connection:
            connection.execute(text(QUIET))
        Base.metadata.create_all(other)
        with Session(other) as session:
            session.execute(text(QUIET))
            session.add(User(name="a"))
            session.commit()

    def test_the_one_again():
        with Session(engine) as session:
            session.execute(text(QUIET))
            session.add(User(name="b"))
            session.commit()

    def test_nothing_but_what_nobody_hears_of():
        with engine.begin() as connection:
            connection.execute(text(QUIET))
            connection.execute(text(QUIET))
    """


def test_a_second_engine_is_noticed_by_statements_without_subscribers(tmp_path: Path) -> None:
    seen = observe(write(tmp_path, {"models.py": MODELS, "test_it.py": SECOND}))
    assert seen.status == 0, seen.output
    names = {fact.database: fact.url.rpartition("/")[2] for fact in seen.of(DatabaseSeen)}
    assert [(names[fact.database], fact.unit.nodeid.rpartition("::")[2]) for fact in seen.of(RowsWritten)] == [
        ("other.db", "test_first_on_the_one_then_on_another"),
        ("users.db", "test_the_one_again"),
    ]
    assert [sorted(names[number] for number in fact.databases) for fact in seen.of(DatabasesUsed)] == [
        ["users.db"],
        ["other.db", "users.db"],
        ["users.db"],
        ["users.db"],
    ]
