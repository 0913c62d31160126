"""A suite with one test for each failure class of databases, connections and mappings, and its near misses."""

MODELS = """
    from sqlalchemy import Column, Integer
    from sqlalchemy.orm import declarative_base

    Base = declarative_base()

    class User(Base):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)
    """

SUITE = {
    "models.py": MODELS,
    "conftest.py": """
        import pytest
        from sqlalchemy import create_engine
        from sqlalchemy.pool import QueuePool

        @pytest.fixture
        def file_engine(tmp_path):
            made = create_engine(
                f"sqlite:///{tmp_path / 'file.db'}", connect_args={"timeout": 0.05},
                poolclass=QueuePool, pool_size=2, max_overflow=0, pool_timeout=0.05,
            )
            yield made
            made.dispose()
        """,
    "test_memory.py": """
        from concurrent.futures import ThreadPoolExecutor

        import pytest
        from models import Base, User
        from sqlalchemy import create_engine, select

        def users(engine):
            with engine.connect() as connection:
                return connection.execute(select(User.__table__)).all()

        @pytest.fixture(scope="module")
        def engine():
            engine = create_engine("sqlite://")
            Base.metadata.create_all(engine)
            return engine

        def test_thread(engine):
            with ThreadPoolExecutor(1) as pool:
                pool.submit(users, engine).result()

        def test_other_engine(engine):
            users(create_engine("sqlite://"))

        def test_file(engine, file_engine):
            users(file_engine)

        def test_dropped(engine):
            mine = create_engine("sqlite://")
            Base.metadata.create_all(mine)
            Base.metadata.drop_all(mine)
            users(mine)
        """,
    "test_locked.py": """
        import pytest
        from models import Base, User
        from sqlalchemy import insert
        from sqlalchemy.orm import Session

        @pytest.fixture
        def database(file_engine):
            Base.metadata.create_all(file_engine)
            return file_engine

        @pytest.fixture
        def session(database):
            session = Session(database)
            session.add(User())
            session.flush()
            yield session
            session.close()

        def write(engine):
            with engine.begin() as connection:
                connection.execute(insert(User.__table__))

        def test_locked(session, database):
            write(database)

        def test_drop_locked(session, database):
            Base.metadata.drop_all(database)

        def test_committed(session, database):
            session.commit()
            write(database)
            assert "database is locked" == ""
        """,
    "test_pool.py": """
        import pytest

        @pytest.fixture
        def greedy(file_engine):
            taken = [file_engine.connect(), file_engine.connect()]
            yield taken
            for connection in taken:
                connection.close()

        def test_exhausted(greedy, file_engine):
            file_engine.connect()

        def test_other_timeout(greedy):
            raise TimeoutError("the queue is full")
        """,
    "test_threads.py": """
        from concurrent.futures import ThreadPoolExecutor

        from sqlalchemy import create_engine, text
        from sqlalchemy.pool import StaticPool

        def ask(options):
            engine = create_engine("sqlite://", poolclass=StaticPool, connect_args=options)
            with engine.connect() as connection, ThreadPoolExecutor(1) as pool:
                pool.submit(connection.execute, text("SELECT 1")).result()

        def test_own_thread():
            ask({})

        def test_any_thread():
            ask({"check_same_thread": False})
        """,
    "shelf/__init__.py": "",
    "shelf/base.py": """
        from sqlalchemy.orm import declarative_base
        Base = declarative_base()
        """,
    "shelf/book.py": """
        from sqlalchemy import Column, ForeignKey, Integer
        from sqlalchemy.orm import relationship
        from shelf.base import Base

        class Author(Base):
            __tablename__ = "authors"
            __table_args__ = {"extend_existing": True}
            id = Column(Integer, primary_key=True)

        class Book(Base):
            __tablename__ = "books"
            __table_args__ = {"extend_existing": True}
            id = Column(Integer, primary_key=True)
            author_id = Column(ForeignKey("authors.id"))
            author = relationship("Author")
        """,
    "test_mapped.py": """
        import importlib
        import sys

        import pytest
        from sqlalchemy import Column, ForeignKey, Integer, Table
        from sqlalchemy.orm import declarative_base, registry, relationship

        Base = declarative_base()

        def define():
            Base.metadata.clear()

            class Tag(Base):
                __tablename__ = "tags"
                id = Column(Integer, primary_key=True)

            class Note(Base):
                __tablename__ = "notes"
                id = Column(Integer, primary_key=True)
                tag_id = Column(ForeignKey("tags.id"))
                tag = relationship("Tag")

            return Tag, Note

        @pytest.fixture(scope="module")
        def first():
            return define()

        def test_defined_again(first):
            again = define()
            Base.registry.configure()

        def test_imported_twice():
            import shelf.book
            sys.path.insert(0, shelf.__path__[0])
            try:
                importlib.import_module("book")
                shelf.base.Base.registry.configure()
            finally:
                sys.path.pop(0)

        def test_mapped_again():
            mappers = registry()

            class Thing:
                pass

            table = Table("things", mappers.metadata, Column("id", Integer, primary_key=True))
            mappers.map_imperatively(Thing, table)
            mappers.map_imperatively(Thing, table)

        def test_same_name_elsewhere():
            Other = declarative_base()

            def one():
                class Label(Other):
                    __tablename__ = "labels"
                    id = Column(Integer, primary_key=True)
                return Label

            def two():
                class Label(Other):
                    __tablename__ = "more_labels"
                    id = Column(Integer, primary_key=True)
                return Label

            kept = one(), two()
            Other.registry.configure()
        """,
}
