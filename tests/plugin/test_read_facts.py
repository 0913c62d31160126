"""Which tables a test read, and how: from real suites, on the oldest SQLAlchemy and the newest."""

from __future__ import annotations

from pathlib import Path

import pytest

import environments
from observing import Seen, observe, write
from pytest_isolation.events import ProbeDisabled, TablesRead

CONFTEST = """
    import pytest
    from sqlalchemy import Column, ForeignKey, Integer, String, create_engine, text
    from sqlalchemy.orm import Session, declarative_base, relationship
    from sqlalchemy.pool import StaticPool

    Base = declarative_base()

    class Author(Base):
        __tablename__ = "authors"
        id = Column(Integer, primary_key=True)
        name = Column(String(50), unique=True)
        city = Column(String(50))
        books = relationship("Book", back_populates="author")

    class Book(Base):
        __tablename__ = "books"
        id = Column(Integer, primary_key=True)
        title = Column(String(50))
        author_id = Column(Integer, ForeignKey("authors.id"))
        author = relationship(Author, back_populates="books")

    def another(url="sqlite://"):
        engine = create_engine(
            url, future=True, poolclass=StaticPool, connect_args={"check_same_thread": False}
        )
        with engine.begin() as connection:
            Base.metadata.create_all(connection)
            connection.execute(text("CREATE VIEW locals AS SELECT * FROM authors WHERE city = 'Berlin'"))
        return engine

    @pytest.fixture(scope="session")
    def engine():
        return another()

    @pytest.fixture(scope="session", autouse=True)
    def seed(engine):
        with Session(engine) as session:
            session.add_all([Author(id=1, name="Ada", city="Berlin"), Author(id=2, name="Bob", city="Bonn")])
            session.add(Book(id=1, title="A", author_id=1))
            session.commit()

    @pytest.fixture
    def session(engine):
        with Session(engine) as session:
            yield session
            session.rollback()

    @pytest.fixture
    def counted(session):
        return session.execute(text("SELECT count(*) FROM authors")).scalar()
"""

TESTS = """
    import threading
    import pytest
    from sqlalchemy import delete, func, insert, select, text, update
    from sqlalchemy.exc import IntegrityError
    from sqlalchemy.orm import Session
    from conftest import Author, Base, Book, another

    def test_nothing():
        pass

    def test_only_writes(session):
        session.add(Author(name="Cid"))
        session.flush()

    def test_refreshes_its_own(session):
        own = Author(name="Dan")
        session.add(own)
        session.flush()
        session.expire(own)
        assert own.name == "Dan"
        own.city = "Ulm"
        session.flush()
        session.delete(own)
        session.flush()

    def test_gets_another_row(session):
        session.add(Author(name="Eve"))
        session.flush()
        session.get(Author, 1)

    def test_gets_its_own_row(engine, session):
        own = Author(name="Fay")
        session.add(own)
        session.commit()
        number = own.id
        with Session(engine) as other:
            other.get(Author, number)
        session.delete(own)
        session.commit()

    def test_selects_all(session):
        session.execute(select(Author)).all()

    def test_selects_by_a_unique_name(session):
        session.execute(select(Author).where(Author.name == "Ada")).all()

    def test_selects_by_a_city(session):
        session.execute(select(Author).where(Author.city == "Bonn")).all()

    def test_joins(session):
        session.execute(select(Author.name, func.count(Book.id)).outerjoin(Book).group_by(Author.name)).all()

    def test_looks_into_a_view(session):
        session.execute(text("SELECT name FROM locals")).all()

    def test_looks_into_the_catalogue(session):
        session.execute(text("SELECT name FROM sqlite_master")).all()
        session.execute(text("PRAGMA table_info(authors)")).all()

    def test_creates_what_is_there(engine):
        Base.metadata.create_all(engine)

    def test_inserts_from_a_select(session):
        session.execute(text("INSERT INTO books (title) SELECT name FROM authors"))

    def test_updates_some(session):
        session.execute(text("UPDATE books SET title = 'x' WHERE title LIKE 'A%'"))

    def test_deletes_all_and_looks(session):
        session.execute(text("DELETE FROM books"))
        session.execute(text("SELECT * FROM books")).all()

    def test_is_refused(session):
        with pytest.raises(IntegrityError):
            session.execute(insert(Author).values(name="Ada"))

    def test_is_refused_a_null(session):
        with pytest.raises(IntegrityError):
            session.execute(text("INSERT INTO books (id, title) VALUES (1, 'twice')"))

    def test_reads_the_same_a_thousand_times(session):
        for _ in range(1000):
            session.execute(text("SELECT count(*) FROM books")).scalar()

    def test_reads_in_a_fixture(counted):
        pass

    def test_reads_in_a_thread(engine):
        def read():
            with Session(engine) as session:
                session.execute(text("SELECT * FROM books")).all()
        thread = threading.Thread(target=read)
        thread.start()
        thread.join()

    def test_a_match_and_then_all(session):
        session.execute(select(Author).where(Author.name == "Ada")).all()
        session.execute(select(Author)).all()

    def test_another_database_with_the_same_text(session):
        session.execute(text("SELECT * FROM books")).all()
        with Session(another()) as other:
            other.execute(text("SELECT * FROM books")).all()

    def test_words_in_quotes_are_none(session):
        session.execute(text("SELECT 'from books' FROM authors -- join books")).all()

    def test_with(session):
        session.execute(text("WITH chosen AS (SELECT * FROM books) SELECT * FROM chosen")).all()
"""

EXPECTED: dict[str, set[tuple[str, str]]] = {
    "test_nothing": set(),
    "test_only_writes": set(),
    "test_refreshes_its_own": {("books", "match")},  # before an author goes, its books are looked for
    "test_gets_another_row": {("authors", "key")},
    "test_gets_its_own_row": {("books", "match")},
    "test_selects_all": {("authors", "scan")},
    "test_selects_by_a_unique_name": {("authors", "match")},
    "test_selects_by_a_city": {("authors", "scan")},
    "test_joins": {("authors", "scan"), ("books", "scan")},
    "test_looks_into_a_view": {("authors", "scan")},
    "test_looks_into_the_catalogue": set(),
    "test_creates_what_is_there": set(),
    "test_inserts_from_a_select": {("authors", "scan")},
    "test_updates_some": {("books", "scan")},
    "test_deletes_all_and_looks": {("books", "scan, emptied")},
    "test_is_refused": {("authors", "clash")},
    "test_is_refused_a_null": {("books", "clash")},
    "test_reads_the_same_a_thousand_times": {("books", "scan")},
    "test_reads_in_a_fixture": {("authors", "scan")},
    "test_reads_in_a_thread": {("books", "scan")},
    "test_a_match_and_then_all": {("authors", "match"), ("authors", "scan")},
    "test_another_database_with_the_same_text": {("books", "scan")},
    "test_words_in_quotes_are_none": {("authors", "scan")},
    "test_with": {("books", "scan")},
}


@pytest.fixture(
    scope="module", params=[environments.CURRENT, environments.OLD], ids=lambda environment: environment.name
)
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    root = write(tmp_path_factory.mktemp("reads") / "suite", {"conftest.py": CONFTEST, "test_it.py": TESTS})
    seen = observe(root, "-q", "-p", "no:cacheprovider", python=request.param.interpreter)
    assert seen.run.counts.passed == len(EXPECTED), seen.output
    return seen


def read_by(seen: Seen, name: str) -> list[TablesRead]:
    return [fact for fact in seen.of(TablesRead) if fact.unit.nodeid.endswith(f"::{name}")]


@pytest.mark.parametrize("name", EXPECTED)
def test_tables_and_how_they_were_read(seen: Seen, name: str) -> None:
    said = {
        (table, fact.how + (", emptied" if fact.emptied else ""))
        for fact in read_by(seen, name)
        for table in fact.tables
    }
    assert said == EXPECTED[name]


def test_the_line_and_the_unit_that_read_are_reported(seen: Seen) -> None:
    (fact,) = read_by(seen, "test_reads_in_a_fixture")
    assert (Path(fact.place.file).name, fact.place.function) == ("conftest.py", "counted")
    assert (fact.unit.phase, fact.unit.step, fact.unit.life > 0) == ("setup", "setup", True)
    (fact,) = read_by(seen, "test_selects_all")
    assert (Path(fact.place.file).name, fact.unit.phase, fact.unit.life) == ("test_it.py", "call", 0)


def test_a_table_is_reported_once_however_often_it_is_read(seen: Seen) -> None:
    (fact,) = read_by(seen, "test_reads_the_same_a_thousand_times")
    assert fact.tables == ["books"]


def test_databases_are_kept_apart(seen: Seen) -> None:
    facts = read_by(seen, "test_another_database_with_the_same_text")
    assert len({fact.database for fact in facts}) == 2


def test_a_table_that_was_seen_to_be_made_is_exact(seen: Seen) -> None:
    assert not any(fact.inexact for fact in seen.of(TablesRead))


def test_nothing_was_disabled(seen: Seen) -> None:
    assert not seen.of(ProbeDisabled)


def test_a_probe_that_is_switched_off_emits_nothing(tmp_path: Path) -> None:
    root = write(tmp_path / "suite", {"conftest.py": CONFTEST, "test_it.py": TESTS})
    seen = observe(root, "-q", "-p", "no:cacheprovider", "-k", "selects or refused", off=("reads",))
    assert seen.run.counts.passed == 5
    assert not seen.of(TablesRead)
