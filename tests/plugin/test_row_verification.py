"""``--verify``: a real count after each test, and what it must never do."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from observing import Seen, observe, write
from postgres import Server
from pytest_isolation.events import RowsCounted

SUITE = """
    import os, sqlite3, threading, time
    import pytest
    import sqlalchemy as sa
    from sqlalchemy import text
    from sqlalchemy.orm import Session
    from sqlalchemy.pool import NullPool, QueuePool, SingletonThreadPool, StaticPool

    meta = sa.MetaData()
    a = sa.Table("a", meta, sa.Column("id", sa.Integer, primary_key=True))
    odd = sa.Table('it "is" per%cent', meta, sa.Column("id", sa.Integer, primary_key=True))
    KEPT = []

    def engine_at(url, **options):
        engine = sa.create_engine(url, **options)
        KEPT.append(engine)
        meta.create_all(engine)
        return engine

    @pytest.fixture(scope="module")
    def memory():
        return engine_at("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})

    @pytest.fixture
    def file(tmp_path):
        return engine_at("sqlite:///%s" % (tmp_path / "it.db"))

    def add(engine, *ids, table=a):
        with engine.begin() as connection:
            connection.execute(table.insert(), [dict(id=each) for each in ids])

    # -- what agrees

    def test_in_memory(memory):
        add(memory, 1, 2)

    def test_in_a_file(file):
        add(file, 1, 2, 3)

    def test_odd_name(file):
        add(file, 1, table=odd)

    def test_row_factory(file):
        sa.event.listen(file, "connect", lambda dbapi, record: setattr(dbapi, "row_factory", lambda cursor, row: {}))
        file.dispose()
        with file.begin() as connection:
            connection.exec_driver_sql("INSERT INTO a (id) VALUES (7)")

    def test_small_pool_that_is_empty(tmp_path):
        engine = engine_at("sqlite:///%s" % (tmp_path / "it.db"), poolclass=QueuePool, pool_size=1, max_overflow=0)
        add(engine, 1)
        KEPT.append(engine.raw_connection())

    # -- what disagrees

    def test_raw_cursor_beside(file):
        with file.begin() as connection:
            connection.execute(a.insert(), [dict(id=1)])
            connection.connection.cursor().execute("INSERT INTO a (id) VALUES (2)")

    # -- in memory: what is not committed must survive being looked at

    @pytest.fixture(scope="module")
    def session(memory):
        with Session(memory) as session:
            yield session

    def test_leaves_a_row_uncommitted(session):
        session.execute(a.insert().values(id=50)); session.flush()

    def test_finds_and_commits_it(session, memory):
        assert session.execute(sa.select(a.c.id).where(a.c.id == 50)).scalar() == 50
        session.commit()
        with memory.connect() as connection:
            assert connection.execute(sa.select(a.c.id).where(a.c.id == 50)).scalar() == 50

    def test_thread_has_its_own_database():
        engine = sa.create_engine("sqlite://", poolclass=SingletonThreadPool)
        KEPT.append(engine)
        meta.create_all(engine)
        def work():
            meta.create_all(engine)
            add(engine, 1, 2)
        thread = threading.Thread(target=work); thread.start(); thread.join()

    # -- never wait

    def test_transaction_is_open(file):
        add(file, 1)
        connection = file.connect()
        connection.execute(a.insert(), [dict(id=2)])
        KEPT.append(connection)

    def test_locked_by_somebody_else(file, tmp_path):
        add(file, 1)
        other = sqlite3.connect(str(tmp_path / "it.db"), isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        KEPT.append(other)

    def test_file_is_gone(file, tmp_path):
        add(file, 1)
        file.dispose()
        os.remove(str(tmp_path / "it.db"))

    def test_file_was_not_made_again(tmp_path):
        folder = tmp_path.parent
        assert not list(folder.glob("test_file_is_gone*/it.db"))

    # -- PostgreSQL

    @pytest.fixture(scope="module")
    def server():
        engine = sa.create_engine(os.environ["POSTGRESQL"], poolclass=NullPool)
        meta.create_all(engine)
        return engine

    def raw(server):
        connection = server.dialect.loaded_dbapi.connect(server.url.render_as_string(False).replace("+psycopg", ""))
        KEPT.append(connection)
        return connection

    def test_postgresql(server):
        add(server, 1, 2)
        add(server, 1, table=odd)

    def test_postgresql_aborted(server):
        with server.connect() as connection:
            connection.execute(a.insert(), [dict(id=3)])
            with pytest.raises(sa.exc.IntegrityError):
                connection.execute(a.insert(), [dict(id=1)])
            connection.commit()

    def test_postgresql_drop_that_nobody_saw(server):
        add(server, 4)
        raw(server).cursor().execute("DROP TABLE a")

    def test_postgresql_goes_on(server):
        for connection in KEPT:
            if type(connection).__module__.startswith("psycopg"):
                connection.rollback()
        add(server, 5)

    def test_last():
        pass  # what wide fixtures undo at the very end is this one's
    """


@dataclass
class Verified:
    seen: Seen

    def of(self, name: str) -> list[RowsCounted]:
        return [fact for fact in self.seen.of(RowsCounted) if fact.nodeid == f"test_it.py::test_{name}"]

    def rows(self, name: str) -> dict[str, int]:
        """The rows counted, without a reason why not."""
        assert [fact.why_not for fact in self.of(name)] == [""]
        return dict(self.of(name)[0].rows)

    def why_not(self, name: str) -> str:
        (fact,) = self.of(name)
        assert fact.rows == []
        return fact.why_not


@pytest.fixture(scope="module")
def verified(tmp_path_factory: pytest.TempPathFactory, postgres: Server) -> Verified:
    root = write(tmp_path_factory.mktemp("verify") / "suite", {"test_it.py": SUITE})
    seen = observe(root, "-q", env={"POSTGRESQL": postgres.url("verify")}, verify=True)
    assert (seen.run.counts.failed, seen.run.counts.errors) == (0, 0), seen.output
    assert seen.run.disabled_probes == []
    return Verified(seen)


def test_real_rows_are_counted(verified: Verified) -> None:
    assert verified.rows("in_memory") == {"a": 2}
    assert verified.rows("in_a_file") == {"a": 3}
    assert verified.rows("postgresql") == {"a": 2, 'it "is" per%cent': 1}


def test_odd_names_and_odd_rows(verified: Verified) -> None:
    assert verified.rows("odd_name") == {'it "is" per%cent': 1}
    assert verified.rows("row_factory") == {"a": 1}


def test_a_pool_that_is_empty_is_not_asked(verified: Verified) -> None:
    assert verified.rows("small_pool_that_is_empty") == {"a": 1}


def test_a_count_that_disagrees_is_reported(verified: Verified) -> None:
    (answer,) = verified.seen.test("test_raw_cursor_beside").verified
    assert (answer.table, answer.ledger, answer.counted, answer.agrees) == ("a", 1, 2, False)
    (answer,) = verified.seen.test("test_in_a_file").verified
    assert (answer.ledger, answer.counted, answer.agrees) == (3, 3, True)


def test_uncommitted_rows_in_memory_survive(verified: Verified) -> None:
    assert verified.why_not("leaves_a_row_uncommitted") == "a transaction is open"
    assert verified.seen.test("test_finds_and_commits_it").outcome.value == "passed"


def test_another_threads_database_is_not_ours(verified: Verified) -> None:
    assert "thread" in verified.why_not("thread_has_its_own_database")


def test_the_count_waits_for_no_lock(verified: Verified) -> None:
    assert verified.why_not("transaction_is_open") == "a transaction is open"
    assert "locked" in verified.why_not("locked_by_somebody_else")
    assert "lock timeout" in verified.why_not("postgresql_drop_that_nobody_saw")
    assert verified.rows("postgresql_goes_on") == {"a": 4}


def test_a_transaction_that_was_aborted_has_left_nothing(verified: Verified) -> None:
    assert verified.rows("postgresql_aborted") == {"a": 2}


def test_a_file_that_is_gone_is_not_made_again(verified: Verified) -> None:
    assert verified.why_not("file_is_gone") == "its file is not there"
