"""A suite made with the libraries that suites are made with, a module for each."""

from __future__ import annotations

import textwrap

FLASK = """
    import pytest
    from flask import Flask
    from flask_sqlalchemy import SQLAlchemy

    db = SQLAlchemy()

    class Customer(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String(50))

    def create_app(url):
        app = Flask("shop")
        app.config.update(SQLALCHEMY_DATABASE_URI=url, TESTING=True)
        db.init_app(app)

        @app.post("/customers/<name>")
        def create(name):
            db.session.add(Customer(name=name))
            db.session.commit()
            return {"customers": db.session.query(Customer).count()}

        return app

    @pytest.fixture(scope="module", params=["memory", "file"])
    def app(request, tmp_path_factory):
        file = tmp_path_factory.mktemp("db") / "shop.db"
        app = create_app("sqlite://" if request.param == "memory" else "sqlite:///%s" % file)
        with app.app_context():
            db.create_all()
            yield app
            db.session.remove()
            db.drop_all()

    @pytest.fixture
    def ada(app):
        ada = Customer(name="ada")
        db.session.add(ada)
        db.session.commit()
        yield ada
        db.session.delete(ada)
        db.session.commit()

    def test_by_request(app):
        assert app.test_client().post("/customers/bob").json == {"customers": 1}

    def test_beside_what_was_left(ada):
        assert db.session.query(Customer).count() == 2
    """

SQLMODEL = """
    from typing import Optional
    import pytest
    from sqlmodel import Field, Session, SQLModel, create_engine, select

    class Hero(SQLModel, table=True):
        id: Optional[int] = Field(default=None, primary_key=True)
        name: str

    @pytest.fixture(scope="module")
    def engine():
        engine = create_engine("sqlite://")
        SQLModel.metadata.create_all(engine)
        return engine

    @pytest.fixture
    def session(engine):
        with Session(engine) as session:
            yield session

    def test_commits(session):
        session.add(Hero(name="Rusty"))
        session.commit()

    def test_flushes(session):
        session.add(Hero(name="Spider"))
        session.flush()
        assert len(session.exec(select(Hero)).all()) == 2
    """

TABLES = """
    from sqlalchemy import Column, Integer, MetaData, String, Table, func, select

    metadata = MetaData()
    notes = Table("notes", metadata, Column("id", Integer, primary_key=True), Column("text", String(50)))

    def note(text):
        return notes.insert().values(text=text)

    def count(connection):
        return connection.execute(select(func.count()).select_from(notes)).scalar()
    """

ASYNCIO = """
    import pytest
    import pytest_asyncio
    from sqlalchemy import func, select
    from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
    from tables import metadata, note, notes

    async def created(url):
        engine = create_async_engine(url)
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        return engine

    @pytest_asyncio.fixture(scope="module", loop_scope="module")
    async def engine(url):
        engine = await created(url)
        yield engine
        async with engine.begin() as connection:
            await connection.run_sync(metadata.drop_all)
        await engine.dispose()

    @pytest_asyncio.fixture(loop_scope="module")
    async def two(engine):
        async with AsyncSession(engine) as session:
            await session.execute(notes.insert(), [{"text": "a"}, {"text": "b"}])
            await session.commit()
            yield session
            await session.execute(notes.delete().where(notes.c.text == "a"))
            await session.commit()

    @pytest.mark.asyncio(loop_scope="module")
    async def test_in_its_own_session(engine):
        async with AsyncSession(engine) as session:
            await session.execute(note("own"))
            await session.commit()

    @pytest.mark.asyncio(loop_scope="module")
    async def test_in_the_fixtures_session(two):
        await two.execute(note("late"))
        assert (await two.execute(select(func.count()).select_from(notes))).scalar() == 4
        await two.rollback()

    @pytest.mark.asyncio
    async def test_in_a_loop_of_its_own(other_url):
        engine = await created(other_url)
        async with engine.begin() as connection:
            await connection.execute(note("x"))
        await engine.dispose()
    """

AIOSQLITE = """
    @pytest.fixture(scope="module")
    def url(tmp_path_factory):
        return "sqlite+aiosqlite:///%s" % (tmp_path_factory.mktemp("db") / "notes.db")

    @pytest.fixture
    def other_url(tmp_path):
        return "sqlite+aiosqlite:///%s" % (tmp_path / "other.db")
    """

ASYNCPG = """
    import os

    @pytest.fixture(scope="module")
    def url():
        return os.environ["URL"]

    @pytest.fixture
    def other_url():
        return os.environ["OTHER_URL"]
    """

ANYIO = """
    import pytest
    from sqlalchemy.ext.asyncio import create_async_engine
    from tables import metadata, note, notes

    pytestmark = pytest.mark.anyio

    @pytest.fixture(scope="module")
    def anyio_backend():
        return "asyncio"

    @pytest.fixture(scope="module")
    async def engine(anyio_backend, tmp_path_factory):
        engine = create_async_engine("sqlite+aiosqlite:///%s" % (tmp_path_factory.mktemp("db") / "anyio.db"))
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        yield engine
        await engine.dispose()

    @pytest.fixture
    async def one(engine):
        async with engine.begin() as connection:
            await connection.execute(note("a"))
        yield
        async with engine.begin() as connection:
            await connection.execute(notes.delete())

    async def test_writes(one, engine):
        async with engine.begin() as connection:
            await connection.execute(note("b"))

    async def test_leaves(engine):
        async with engine.begin() as connection:
            await connection.execute(note("c"))
    """

UNITTEST = """
    import unittest
    from sqlalchemy import create_engine
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import StaticPool
    from tables import count, metadata, note, notes

    class Notes(unittest.TestCase):
        @classmethod
        def setUpClass(cls):
            cls.engine = create_engine("sqlite://", poolclass=StaticPool)
            metadata.create_all(cls.engine)
            with cls.engine.begin() as connection: connection.execute(note("of the class"))

        @classmethod
        def tearDownClass(cls):
            metadata.drop_all(cls.engine)

        def setUp(self):
            with self.engine.begin() as connection: connection.execute(note("set up"))

        def tearDown(self):
            with self.engine.begin() as connection:
                connection.execute(notes.delete().where(notes.c.text == "set up"))

        def test_1_leaves(self):
            with self.engine.begin() as connection: connection.execute(note("left"))

        def test_2_finds(self):
            with self.engine.begin() as connection:
                for n in range(2):
                    with self.subTest(n=n): self.assertEqual(count(connection), 3)

    class AsyncNotes(unittest.IsolatedAsyncioTestCase):
        async def asyncSetUp(self):
            self.engine = create_async_engine("sqlite+aiosqlite://")
            async with self.engine.begin() as connection:
                await connection.run_sync(metadata.create_all)

        async def asyncTearDown(self):
            await self.engine.dispose()

        async def test_3_writes(self):
            async with self.engine.begin() as connection:
                await connection.execute(note("x"))
    """

FACTORY = """
    import factory
    import pytest
    from factory.alchemy import SQLAlchemyModelFactory
    from sqlalchemy import Column, ForeignKey, Integer, String, create_engine
    from sqlalchemy.orm import declarative_base, relationship, scoped_session, sessionmaker

    Base = declarative_base()
    Session = scoped_session(sessionmaker())

    class Author(Base):
        __tablename__ = "authors"
        id = Column(Integer, primary_key=True)
        name = Column(String(50))

    class Book(Base):
        __tablename__ = "books"
        id = Column(Integer, primary_key=True)
        author_id = Column(ForeignKey("authors.id"))
        author = relationship(Author)

    class AuthorFactory(SQLAlchemyModelFactory):
        class Meta:
            model, sqlalchemy_session, sqlalchemy_session_persistence = Author, Session, "commit"
        name = factory.Sequence("author {}".format)

    class BookFactory(SQLAlchemyModelFactory):
        class Meta:
            model, sqlalchemy_session, sqlalchemy_session_persistence = Book, Session, "flush"
        author = factory.SubFactory(AuthorFactory)

    @pytest.fixture(scope="module", autouse=True)
    def engine():
        engine = create_engine("sqlite://")
        Session.configure(bind=engine)
        Base.metadata.create_all(engine)
        yield
        Session.remove()

    @pytest.fixture
    def author():
        return AuthorFactory()

    def test_batch(author):
        BookFactory.create_batch(3, author=author)
        Session.rollback()

    def test_sub_factory(mocker):
        commit = mocker.spy(Session.session_factory.class_, "commit")
        BookFactory()
        assert commit.call_count == 1
        Session.rollback()
    """

RERUNS = """
    import pytest
    from sqlalchemy import create_engine
    from tables import count, metadata, note

    @pytest.fixture(scope="module")
    def engine():
        engine = create_engine("sqlite://")
        metadata.create_all(engine)
        return engine

    @pytest.fixture
    def one(engine):
        with engine.begin() as connection: connection.execute(note("of the fixture"))

    @pytest.mark.flaky(reruns=2)
    def test_needs_three_tries(engine, one):
        with engine.begin() as connection:
            connection.execute(note("of the test"))
            found = count(connection)
        assert found == 6

    def test_after(engine):
        with engine.connect() as connection: assert count(connection) == 6
    """

SUBTESTS = """
    from sqlalchemy import create_engine
    from tables import metadata, note

    def test_parts(subtests):
        engine = create_engine("sqlite://")
        metadata.create_all(engine)
        for n in range(3):
            with subtests.test("part", n=n):
                with engine.begin() as connection: connection.execute(note("x"))
                assert n != 1
    """

STRICT = "[pytest]\nasyncio_mode = strict\nasyncio_default_fixture_loop_scope = function\n"


def module(*parts: str) -> str:
    """One module of several texts, each indented as it likes."""
    return "".join(map(textwrap.dedent, parts))


SUITE = {
    "pytest.ini": STRICT,
    "tables.py": TABLES,
    "test_anyio.py": ANYIO,
    "test_asyncio.py": module(ASYNCIO, AIOSQLITE),
    "test_factory.py": FACTORY,
    "test_flask.py": FLASK,
    "test_reruns.py": RERUNS,
    "test_sqlmodel.py": SQLMODEL,
    "test_subtests.py": SUBTESTS,
    "test_unittest.py": UNITTEST,
}
