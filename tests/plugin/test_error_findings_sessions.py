"""One real suite whose sessions, objects, scopes, contexts and event loops outlive or miss each other: each cause is
named with its victims, and nobody else is."""

from __future__ import annotations

from pathlib import Path

import pytest

import environments
from isolation_tui.diagnose import Finding, diagnose
from observing import Seen, observe, write

SUITE = {
    "pytest.ini": "[pytest]\npythonpath = .\naddopts = -p no:asyncio\n",
    "models.py": """
        from sqlalchemy import Column, ForeignKey, Integer, String, create_engine
        from sqlalchemy.orm import Session, declarative_base, relationship, scoped_session, sessionmaker
        from sqlalchemy.pool import StaticPool

        Base = declarative_base()

        class User(Base):
            __tablename__ = "users"
            id = Column(Integer, primary_key=True)
            name = Column(String(20), unique=True)
            letters = relationship("Letter")

        class Letter(Base):
            __tablename__ = "letters"
            id = Column(Integer, primary_key=True)
            to = Column(ForeignKey("users.id"))

        def new_engine():
            engine = create_engine("sqlite://", poolclass=StaticPool)
            Base.metadata.create_all(engine)
            return engine
        """,
    # -- a session that was not rolled back
    "test_a_rollback.py": """
        import pytest
        from models import Session, User, new_engine

        @pytest.fixture(scope="module")
        def session():
            with Session(new_engine()) as session:
                yield session

        def add(session):
            session.add(User(name="same"))
            session.flush()

        def test_the_first(session): add(session)
        def test_the_same_again(session): add(session)
        def test_after_it(session): assert session.query(User).count() == 1
        def test_long_after_it(session): assert session.query(User).count() == 1
        def test_without_the_session(): pass
        """,
    "test_b_swallowed.py": """
        import pytest
        from sqlalchemy.exc import IntegrityError, PendingRollbackError
        from models import User, new_engine, scoped_session, sessionmaker

        db = scoped_session(sessionmaker(new_engine()))

        def test_swallows_the_error():
            db.add_all([User(name="same"), User(name="same")])
            with pytest.raises(IntegrityError):
                db.flush()

        def test_meets_it(): assert db.query(User).count() == 0

        def test_expects_it():
            with pytest.raises(PendingRollbackError, match="has been rolled back"):
                db.query(User).count()

        def test_rolls_back():
            db.rollback()
            assert db.query(User).count() == 0
        """,
    # -- an object that lost its session
    "test_c_detached.py": """
        import pytest
        from sqlalchemy.orm.exc import DetachedInstanceError
        from models import Session, User, new_engine, scoped_session, sessionmaker

        engine = new_engine()
        db = scoped_session(sessionmaker(engine))

        @pytest.fixture(scope="module")
        def regular():
            user = User(name="regular")
            db.add(user)
            db.commit()
            return user

        def test_is_there(regular): assert regular.name == "regular"

        def test_removes_the_session(regular):
            db.remove()
            assert db.query(User).count() == 1

        def test_has_no_letters(regular): assert regular.letters == []

        def test_expects_it(regular):
            with pytest.raises(DetachedInstanceError):
                regular.letters

        @pytest.fixture
        def returned():
            with Session(engine) as session:
                user = User(name="returned")
                session.add(user)
                session.commit()
                return user

        def test_returned(returned): assert returned.name == "returned"

        @pytest.fixture
        def session():
            with Session(engine) as session:
                yield session

        @pytest.fixture(scope="module")
        def kept(request):
            return {}

        @pytest.fixture(scope="class")
        def guest():
            session = Session(engine)
            user = User(name="guest")
            session.add(user)
            session.commit()
            return {"user": user, "session": session}

        @pytest.fixture
        def tidy(guest):
            yield guest["user"]
            guest["session"].close()

        class TestGuest:
            def test_is_there(self, tidy): assert tidy.name == "guest"
            def test_has_letters(self, tidy): assert tidy.letters == []
        """,
    # -- an object of another session
    "test_d_attached.py": """
        import pytest
        from models import Session, User, new_engine

        engine = new_engine()

        @pytest.fixture(scope="module")
        def author():
            session = Session(engine)
            user = User(name="author")
            session.add(user)
            session.commit()
            user.session = session
            return user

        @pytest.fixture
        def session():
            with Session(engine) as session:
                yield session

        def test_reads(author): assert author.name == "author"
        def test_adds(author, session): session.add(author)
        def test_merges(author, session): session.merge(author)
        """,
    # -- a transaction out of turn
    "test_e_turns.py": """
        from sqlalchemy import text
        from models import Session, new_engine

        def test_begins_twice():
            with Session(new_engine()) as session:
                session.begin()
                session.begin()

        def test_uses_a_closed_connection():
            connection = new_engine().connect()
            connection.close()
            connection.execute(text("SELECT 1"))

        def test_begins_once():
            with Session(new_engine()) as session, session.begin():
                pass
        """,
    # -- scopes
    "test_f_scopes.py": """
        import pytest

        @pytest.fixture
        def narrow(): return 1

        @pytest.fixture(scope="module")
        def wide(narrow): return narrow

        def test_wide(wide): pass
        def test_wide_again(wide): pass
        def test_narrow(narrow): pass
        def test_says_so(): pytest.fail("this is no ScopeMismatch: You tried to access the function scoped fixture a")
        """,
    # -- application contexts
    "test_g_contexts.py": """
        import pytest
        from flask import Flask
        from flask_sqlalchemy import SQLAlchemy

        db = SQLAlchemy()

        @pytest.fixture
        def app():
            app = Flask("shop")
            app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
            db.init_app(app)
            return app

        @pytest.fixture
        def tables(app):
            db.create_all()

        def test_tables(tables): pass
        def test_more_tables(tables): pass

        def test_inside(app):
            with app.app_context():
                db.create_all()

        def test_another_application():
            with Flask("other").app_context():
                db.create_all()

        class User(db.Model):
            id = db.Column(db.Integer, primary_key=True)
            name = db.Column(db.String(20))

        @pytest.fixture(scope="class")
        def shop():
            app = Flask("shop")
            app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
            db.init_app(app)
            with app.app_context():
                db.create_all()
            return app

        @pytest.fixture
        def context(shop):
            with shop.app_context():
                yield

        @pytest.fixture(scope="class")
        def owner(shop):
            user = User(name="owner")
            db.session.add(user)
            db.session.commit()
            return user

        class TestOwner:
            def test_in_its_own_context(self, context, request): request.getfixturevalue("owner")
            def test_in_the_next_context(self, context, owner): assert owner.name == "owner"

        def test_expected(app):
            with pytest.raises(RuntimeError, match="outside of application context"):
                db.create_all()

        def test_another_error():
            raise RuntimeError("no Working outside of application context")
        """,
    # -- values that answer nothing
    "test_i_hostile.py": """
        import pytest
        from models import Base, Column, Integer, Session, new_engine

        class Silent(type):
            def __eq__(cls, other): raise RuntimeError("eq")
            def __hash__(cls): raise RuntimeError("hash")
            def __getattribute__(cls, name): raise RuntimeError(name)

        class Odd(metaclass=Silent):
            def __getattribute__(self, name): raise RuntimeError(name)

        class Shut(list):
            def __iter__(self): raise RuntimeError("iter")
            def __getitem__(self, index): raise RuntimeError("item")

        class Grim(Base):
            __tablename__ = "grim"
            id = Column(Integer, primary_key=True)
            def __eq__(self, other): raise RuntimeError("eq")
            def __hash__(self): raise RuntimeError("hash")
            def __repr__(self): raise RuntimeError("repr")

        @pytest.fixture(scope="module")
        def odd(): return type.__call__(Odd)

        @pytest.fixture
        def shut(): return Shut([1])

        @pytest.fixture(scope="module")
        def grim():
            with Session(new_engine()) as session:
                grim = Grim(id=1)
                session.add(grim)
                session.commit()
                yield grim

        def test_they_are_left_alone(odd, shut, grim): assert grim.id == 1
        def test_again(odd, grim): assert grim.id == 1
        """,
    # -- event loops
    "test_h_loops.py": """
        import asyncio
        import pytest

        @pytest.fixture(scope="module")
        def first_loop():
            loop = asyncio.new_event_loop()
            yield loop
            loop.close()

        def test_another_loop(first_loop):
            async def wait(future): await future
            asyncio.run(wait(first_loop.create_future()))

        def test_closed():
            loop = asyncio.new_event_loop()
            loop.close()
            loop.call_soon(print)

        def test_expected():
            loop = asyncio.new_event_loop()
            loop.close()
            with pytest.raises(RuntimeError, match="Event loop is closed"):
                loop.call_soon(print)
        """,
}

A, B, C, D, E_, F, G, H = (
    "test_a_rollback.py::", "test_b_swallowed.py::", "test_c_detached.py::", "test_d_attached.py::",
    "test_e_turns.py::", "test_f_scopes.py::", "test_g_contexts.py::", "test_h_loops.py::",
)  # fmt: skip

EXPECTED = {
    (A + "test_after_it", A + "test_long_after_it"): ("F15", "fixture session"),
    (B + "test_meets_it",): ("F15", B + "test_swallows_the_error"),
    (C + "test_has_no_letters",): ("F10", C + "test_removes_the_session"),
    (C + "test_returned",): ("F10", "fixture returned"),
    (C + "TestGuest::test_has_letters",): ("F10", "fixture guest"),
    (D + "test_adds",): ("F22", "fixture author"),
    (E_ + "test_begins_twice",): ("F24", ""),
    (E_ + "test_uses_a_closed_connection",): ("F24", ""),
    (F + "test_wide", F + "test_wide_again"): ("F13", "fixture wide"),
    (G + "test_tables", G + "test_more_tables"): ("F8", "fixture tables"),
    (G + "test_another_application",): ("F8", ""),
    (G + "TestOwner::test_in_the_next_context",): ("F9", "fixture owner"),
    (H + "test_another_loop",): ("F14", ""),
    (H + "test_closed",): ("F14", ""),
}
"""Victims -> class and culprit."""

OF_OTHERS = {A + "test_the_same_again"}
"""Fails by a row that was left, not by the session."""

NO_CAUSE = {F + "test_says_so", G + "test_another_error"}
"""They merely use the words."""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    root = write(tmp_path_factory.mktemp("sessions") / "suite", SUITE)
    return observe(root, "-q")


@pytest.fixture(scope="module")
def findings(seen: Seen) -> dict[tuple[str, ...], Finding]:
    found = {finding.tests: finding for finding in diagnose(seen.run) if not finding.harmless}
    return {tests: finding for tests, finding in found.items() if not OF_OTHERS.issuperset(tests)}


def test_nothing_of_ours_failed(seen: Seen) -> None:
    assert seen.run.disabled_probes == []
    assert seen.test("::test_they_are_left_alone").failure is None


def test_each_cause_is_one_finding_with_its_victims_class_and_culprit(
    findings: dict[tuple[str, ...], Finding],
) -> None:
    assert {tests: (finding.code, finding.culprit) for tests, finding in findings.items()} == EXPECTED


@pytest.mark.slow
@pytest.mark.parametrize("environment", environments.GENERATIONS, ids=lambda each: each.name)
def test_all_generations_come_to_the_same(environment: environments.Environment, tmp_path: Path) -> None:
    """Without Flask, which is not there."""
    root = write(tmp_path / "suite", {name: text for name, text in SUITE.items() if name + "::" != G})
    seen = observe(root, "-q", python=environment.interpreter)
    found = {finding.tests: (finding.code, finding.culprit) for finding in diagnose(seen.run) if not finding.harmless}
    found = {tests: told for tests, told in found.items() if not OF_OTHERS.issuperset(tests)}
    assert found == {tests: told for tests, told in EXPECTED.items() if not tests[0].startswith(G)}


def test_who_merely_uses_the_words_is_left_unexplained(seen: Seen, findings: dict[tuple[str, ...], Finding]) -> None:
    explained = {nodeid for tests in findings for nodeid in tests}
    failed = {test.nodeid for test in seen.run.order if test.failure is not None}
    assert failed - explained - OF_OTHERS == NO_CAUSE


@pytest.mark.parametrize("victims", EXPECTED, ids=lambda victims: victims[0].rpartition("::")[2])
def test_a_finding_has_evidence_of_the_project_a_remedy_and_a_command(
    victims: tuple[str, ...], findings: dict[tuple[str, ...], Finding]
) -> None:
    finding = findings[victims]
    assert finding.title
    assert finding.remedy
    assert victims[0] in finding.command
    assert finding.files
    assert all("site-packages" not in file and "/lib/python" not in file for file in finding.files)


def test_the_first_error_is_evidence_with_its_line(findings: dict[tuple[str, ...], Finding]) -> None:
    finding = findings[A + "test_after_it", A + "test_long_after_it"]
    first = next(evidence for evidence in finding.evidence if evidence.nodeid == A + "test_the_same_again")
    assert "UNIQUE constraint failed: users.name" in first.text
    assert first.place.function == "add"
    assert finding.command == f"python -m pytest {A}test_the_same_again {A}test_after_it"


def test_an_error_that_a_passing_test_swallowed_is_charged_to_it(findings: dict[tuple[str, ...], Finding]) -> None:
    finding = findings[B + "test_meets_it",]
    assert "which passed" in finding.evidence[0].text
    assert "test_swallows_the_error call rollback()" in finding.remedy


def test_the_loss_of_a_session_is_evidence_with_its_line(findings: dict[tuple[str, ...], Finding]) -> None:
    finding = findings[C + "test_has_no_letters",]
    (lost,) = (evidence for evidence in finding.evidence if evidence.nodeid == C + "test_removes_the_session")
    assert lost.place.function == "test_removes_the_session"
    assert finding.title.startswith("The User of fixture `regular` lost its session")
