"""Rows that others left, as the cause of a failure: real suites that fail by it, and near misses that must not be
explained so."""

from __future__ import annotations

from pathlib import Path

import pytest

import environments
from isolation_tui.diagnose import Finding, diagnose
from isolation_tui.model import leaks
from observing import Seen, observe, write
from postgres import Server

CONFTEST = """
    import pytest
    from sqlalchemy import Column, ForeignKey, Integer, String, create_engine, event, func, select, text
    from sqlalchemy.orm import Session, declarative_base
    from sqlalchemy.pool import StaticPool

    Base = declarative_base()

    class User(Base):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)
        email = Column(String(50), unique=True)
        name = Column(String(50))

    class Note(Base):
        __tablename__ = "notes"
        __table_args__ = {"sqlite_autoincrement": True}
        id = Column(Integer, primary_key=True)
        text = Column(String(50))

    class Conflict(Exception):
        pass

    def register(session, email):
        if session.execute(select(User).where(User.email == email)).first():
            raise Conflict(email + " is taken")
        session.add(User(email=email))
        session.commit()

    def count(session, model=User):
        return session.execute(select(func.count()).select_from(model)).scalar()

    @pytest.fixture(scope="module")
    def engine():
        engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
        Base.metadata.create_all(engine)
        return engine

    @pytest.fixture
    def session(engine):
        with Session(engine) as session:
            yield session
            session.rollback()
"""

SUITE = {
    "conftest.py": CONFTEST,
    "test_clash.py": """
        import pytest
        from conftest import User, count

        @pytest.fixture
        def customer(session):
            customer = User(email="carla@example.com")
            session.add(customer)
            session.commit()
            yield customer
            session.rollback()

        def test_somebody_else(session):
            session.add(User(email="anna@example.com"))
            session.commit()

        def test_first(customer):
            assert customer.id

        def test_clashes(customer):
            pass

        def test_clashes_too(customer):
            pass

        def test_near_clashes_with_its_own(session):
            session.add(User(email="twice@example.com"))
            session.commit()
            session.add(User(email="twice@example.com"))
            session.commit()
    """,
    "test_counts.py": """
        from sqlalchemy import select, text
        from conftest import Conflict, Note, User, count, register

        def test_leaves_two(session):
            session.add_all([User(email="a@x", name="A"), User(email="b@x", name="B")])
            session.commit()

        def test_counts_too_many(session):
            session.add(User(email="c@x"))
            assert count(session) == 1

        def test_lists_too_many(session):
            assert [user.email for user in session.execute(select(User)).scalars()] == []

        def test_registers_a_taken_address(session):
            register(session, "a@x")

        def test_expects_one(session):
            session.execute(select(User)).scalar_one()

        def test_near_reads_another_table(session):
            assert count(session, Note) == 1

        def test_near_reads_nothing():
            assert 3 == 1

        def test_near_counts_too_few(session):
            assert count(session) == 9

        def test_near_reads_its_own_row(session):
            session.add(User(email="own@x", name="Wrong"))
            session.flush()
            assert session.execute(select(User.name).where(User.email == "own@x")).scalar() == "Right"

        def test_near_empties_it_before(session):
            session.execute(text("DELETE FROM users"))
            session.add_all([User(email="d@x"), User(email="e@x")])
            session.flush()
            assert count(session) == 1

        def test_near_fails_otherwise(session):
            count(session)
            raise KeyError("a@x")

        def test_near_finds_nothing(session):
            assert session.execute(select(User).where(User.name == "Z")).first() is not None

        def test_near_is_not_found(session):
            count(session)
            status_code = 404
            assert status_code == 200
    """,
    "test_seed.py": """
        import pytest
        from conftest import User, count

        @pytest.fixture(scope="module", autouse=True)
        def seed(engine):
            from sqlalchemy.orm import Session
            with Session(engine) as session:
                session.add_all([User(email="s@x"), User(email="t@x")])
                session.commit()

        def test_near_miscounts_the_seed(session):
            assert count(session) == 1
    """,
    "test_seed_outlives.py": """
        import pytest
        from sqlalchemy.orm import Session
        from conftest import User, count

        class TestSeeded:
            @pytest.fixture(scope="class")
            def shop(self, engine):
                with Session(engine) as session:
                    session.add(User(email="shop@x"))
                    session.commit()

            def test_uses_the_shop(self, shop, session):
                assert count(session) == 1

        def test_counts_the_closed_shop(session):
            assert count(session) == 0
    """,
    "test_savepoint.py": """
        import pytest
        from sqlalchemy import create_engine
        from sqlalchemy.orm import Session
        from conftest import Base, User, count

        @pytest.fixture(scope="module")
        def engine(tmp_path_factory):
            engine = create_engine("sqlite:///%s" % (tmp_path_factory.mktemp("db") / "savepoint.db"))
            Base.metadata.create_all(engine)
            return engine

        @pytest.fixture
        def session(engine):
            connection = engine.connect()
            outer = connection.begin()
            session = Session(bind=connection, join_transaction_mode="create_savepoint")
            yield session
            session.close()
            outer.rollback()
            connection.close()

        def test_commits_in_a_savepoint(session):
            session.add(User(email="escaped@x"))
            session.commit()

        def test_counts_what_escaped(session):
            assert count(session) == 0
    """,
    "test_beside.py": """
        import threading
        import pytest
        from sqlalchemy import create_engine
        from sqlalchemy.orm import Session
        from conftest import Base, Note, User, count

        @pytest.fixture(scope="module")
        def engine(tmp_path_factory):
            engine = create_engine("sqlite:///%s" % (tmp_path_factory.mktemp("db") / "beside.db"))
            Base.metadata.create_all(engine)
            return engine

        @pytest.fixture
        def session(engine):
            connection = engine.connect()
            outer = connection.begin()
            session = Session(bind=connection)
            yield session
            session.close()
            outer.rollback()
            connection.close()

        def add(engine, row):
            with Session(engine) as other:
                other.add(row)
                other.commit()

        def test_commits_beside(engine, session):
            add(engine, User(email="beside@x"))

        def test_counts_what_was_committed_beside(session):
            assert count(session) == 0

        def test_commits_in_a_thread(engine, session):
            thread = threading.Thread(target=add, args=(engine, Note(text="thread")))
            thread.start()
            thread.join()

        def test_counts_what_a_thread_committed(session):
            assert count(session, Note) == 0
    """,
    "test_ids.py": """
        from conftest import Note

        def test_notes_and_forgets(session):
            session.add(Note(text="a"))
            session.commit()
            session.query(Note).delete()
            session.commit()

        def test_expects_the_first_id(session):
            note = Note(text="b")
            session.add(note)
            session.flush()
            assert note.id == 1

        def test_near_expects_another_number(session):
            note = Note(text="c")
            session.add(note)
            session.flush()
            assert len(note.text) == 9

        def test_near_expects_an_id_no_first_row_has(session):
            note = Note(text="d")
            session.add(note)
            session.flush()
            assert note.id == 77
    """,
}

EXPLAINED = {
    "test_clashes": ("F7", "fixture customer"),
    "test_clashes_too": ("F7", "fixture customer"),
    "test_counts_too_many": ("F7", "test_counts.py::test_leaves_two"),
    "test_lists_too_many": ("F7", "test_counts.py::test_leaves_two"),
    "test_registers_a_taken_address": ("F7", "test_counts.py::test_leaves_two"),
    "test_expects_one": ("F7", "test_counts.py::test_leaves_two"),
    "test_counts_the_closed_shop": ("F7", "fixture shop"),
    "test_counts_what_escaped": ("F1", "test_savepoint.py::test_commits_in_a_savepoint"),
    "test_counts_what_was_committed_beside": ("F6", "test_beside.py::test_commits_beside"),
    "test_counts_what_a_thread_committed": ("F6", "test_beside.py::test_commits_in_a_thread"),
    "test_expects_the_first_id": ("F19", "test_ids.py::test_notes_and_forgets"),
}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    root = write(tmp_path_factory.mktemp("residue") / "suite", SUITE)
    return observe(root, "-q", "-p", "no:cacheprovider")


@pytest.fixture(scope="module")
def findings(seen: Seen) -> dict[str, Finding]:
    """By the name of each victim."""
    causes = [finding for finding in diagnose(seen.run) if not finding.harmless]
    return {nodeid.rpartition("::")[2]: finding for finding in causes for nodeid in finding.tests}


def failing(seen: Seen) -> set[str]:
    return {test.nodeid.rpartition("::")[2] for test in seen.run.order if test.failure is not None}


def test_the_suite_fails_where_it_should(seen: Seen) -> None:
    names = failing(seen)
    assert names >= set(EXPLAINED), seen.output
    near = {test.nodeid.rpartition("::")[2] for test in seen.run.order if "::test_near_" in test.nodeid}
    assert names - set(EXPLAINED) == near


@pytest.mark.parametrize("name", EXPLAINED)
def test_the_class_and_the_author(findings: dict[str, Finding], name: str) -> None:
    assert name in findings
    finding = findings[name]
    assert (finding.code, finding.culprit) == EXPLAINED[name]
    assert finding.grade == "D"


@pytest.mark.slow
@pytest.mark.parametrize("environment", environments.GENERATIONS, ids=lambda each: each.name)
def test_all_generations_come_to_the_same(environment: environments.Environment, tmp_path: Path) -> None:
    left_out = {"test_savepoint.py": ("test_counts_what_escaped",)} if environment is environments.OLD else {}
    root = write(tmp_path / "suite", {name: text for name, text in SUITE.items() if name not in left_out})
    seen = observe(root, "-q", "-p", "no:cacheprovider", python=environment.interpreter)
    causes = [finding for finding in diagnose(seen.run) if not finding.harmless]
    found = {
        nodeid.rpartition("::")[2]: (finding.code, finding.culprit) for finding in causes for nodeid in finding.tests
    }
    unheard = {victim for victims in left_out.values() for victim in victims}  # Session(join_transaction_mode=...)
    assert found == {victim: told for victim, told in EXPLAINED.items() if victim not in unheard}
    assert seen.run.disabled_probes == []


def test_near_misses_stay_unexplained(seen: Seen, findings: dict[str, Finding]) -> None:
    assert {name for name in failing(seen) if name.startswith("test_near_")} & set(findings) == set()


def test_one_author_is_one_finding(findings: dict[str, Finding]) -> None:
    assert findings["test_clashes"] is findings["test_clashes_too"]
    assert findings["test_counts_too_many"] is findings["test_lists_too_many"]
    assert findings["test_counts_too_many"] is not findings["test_clashes"]


def test_a_finding_shows_where_rows_were_left_and_where_they_were_met(findings: dict[str, Finding]) -> None:
    finding = findings["test_counts_too_many"]
    assert [evidence.nodeid.rpartition("::")[2] for evidence in finding.evidence[:3]] == [
        "test_leaves_two", "test_counts_too_many", "test_counts_too_many",
    ]  # fmt: skip
    assert all(evidence.place.line for evidence in finding.evidence[:3])
    assert finding.tables == ("users",)
    assert finding.locations[0].endswith(".users")
    assert "test_leaves_two" in finding.command
    assert "test_counts_too_many" in finding.command


def test_others_whose_rows_stood_there_are_named(findings: dict[str, Finding]) -> None:
    assert any("test_somebody_else" in evidence.text for evidence in findings["test_clashes"].evidence)


def test_a_leak_has_those_as_victims_whose_failure_may_come_of_it(seen: Seen) -> None:
    (leak,) = [leak for leak in leaks(seen.run) if leak.author.label.endswith("::test_leaves_two")]
    readers = {test.nodeid.rpartition("::")[2] for test in leak.readers}
    victims = {test.nodeid.rpartition("::")[2] for test in leak.victims}
    assert victims == {name for name in EXPLAINED if EXPLAINED[name][1].endswith("::test_leaves_two")}
    assert {"test_near_counts_too_few", "test_near_fails_otherwise"} <= readers - victims
    assert {
        "test_near_reads_nothing",
        "test_near_reads_another_table",
        "test_near_empties_it_before",
    } & readers == set()


SERVER = {
    "conftest.py": CONFTEST.replace(
        'create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})',
        "create_engine(__import__('os').environ['SHOP'])",
    ),
    "test_it.py": """
        import pytest
        from sqlalchemy import select
        from conftest import Note, User, count

        @pytest.fixture
        def customer(session):
            session.add(User(email="carla@example.com"))
            session.commit()

        def test_first(customer):
            pass

        def test_clashes(customer):
            pass

        def test_counts(session):
            assert count(session) == 0

        def test_notes_and_rolls_back(session):
            session.add(Note(text="a"))
            session.flush()

        def test_expects_the_first_id(session):
            note = Note(text="b")
            session.add(note)
            session.flush()
            assert note.id == 1

        def test_near_reads_its_own_row(session):
            session.add(User(email="own@x", name="Wrong"))
            session.commit()
            assert session.execute(select(User.name).where(User.email == "own@x")).scalar() == "Right"
    """,
}


def test_a_server_s_own_words_are_understood(tmp_path: Path, postgres: Server) -> None:
    """Other messages, keys that come with RETURNING, and sequences that no rollback takes back."""
    pytest.importorskip("psycopg")
    seen = observe(
        write(tmp_path / "suite", SERVER), "-q", "-p", "no:cacheprovider", env={"SHOP": postgres.url("shop")}
    )
    assert failing(seen) == {
        "test_clashes", "test_counts", "test_expects_the_first_id", "test_near_reads_its_own_row",
    }, seen.output  # fmt: skip
    said = {
        nodeid.rpartition("::")[2]: (finding.code, finding.culprit)
        for finding in diagnose(seen.run)
        for nodeid in finding.tests
        if not finding.harmless
    }
    assert said == {
        "test_clashes": ("F7", "fixture customer"),
        "test_counts": ("F7", "fixture customer"),
        "test_expects_the_first_id": ("F19", "test_it.py::test_notes_and_rolls_back"),
    }
