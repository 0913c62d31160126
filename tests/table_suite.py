"""A suite in which each test does one thing to tables: in a MetaData, in a database, or both."""

SUITE = {
    "shop/__init__.py": "",
    "shop/base.py": """
        from sqlalchemy.orm import DeclarativeBase

        class Base(DeclarativeBase):
            pass
        """,
    "shop/models.py": """
        from sqlalchemy import Column, Integer, String
        from shop.base import Base

        class User(Base):
            __tablename__ = "users"
            id = Column(Integer, primary_key=True)
            name = Column(String(50), index=True)

        class Order(Base):
            __tablename__ = "orders"
            id = Column(Integer, primary_key=True)
        """,
    "shop/factory.py": """
        from sqlalchemy import Column, Integer, Table

        def make(metadata, name="made"):
            return Table(name, metadata, Column("id", Integer, primary_key=True))
        """,
    "conftest.py": """
        import pytest
        import shop.models
        from shop.base import Base
        from sqlalchemy import create_engine, text

        @pytest.fixture
        def engine():
            engine = create_engine("sqlite://")
            yield engine
            engine.dispose()

        @pytest.fixture(scope="module")
        def database(tmp_path_factory):
            engine = create_engine(f"sqlite:///{tmp_path_factory.mktemp('db') / 'file.db'}")
            Base.metadata.create_all(engine)
            yield engine
            Base.metadata.drop_all(engine)

        @pytest.fixture
        def run(engine):
            def run(*statements):
                with engine.begin() as connection:
                    for statement in statements:
                        connection.execute(text(statement))
            return run
        """,
    "test_a_metadata.py": """
        import importlib, sys
        from pathlib import Path
        import pytest
        from sqlalchemy import Column, Integer, MetaData, Table
        from sqlalchemy.exc import InvalidRequestError
        from sqlalchemy.orm import clear_mappers, registry
        from shop.base import Base
        from shop.factory import make

        def test_registers():
            make(MetaData())

        def test_double_import(monkeypatch):
            monkeypatch.syspath_prepend(str(Path(__file__).parent / "shop"))
            with pytest.raises(InvalidRequestError):
                import models

        def test_refused():
            metadata = MetaData()
            make(metadata, "twice")
            make(metadata, "twice")

        def test_other_error():
            raise InvalidRequestError("Something else altogether")

        def test_clears():
            metadata = MetaData()
            make(metadata, "one"), make(metadata, "two")
            metadata.clear()

        def test_removes():
            metadata = MetaData()
            metadata.remove(make(metadata, "gone"))

        def test_extends():
            metadata = MetaData()
            make(metadata, "extended")
            Table("extended", metadata, Column("more", Integer), extend_existing=True)

        def test_disposes():
            own = registry()
            @own.mapped
            class Disposed:
                __tablename__ = "disposed"
                id = Column(Integer, primary_key=True)
            own.dispose()

        def test_removed_behind_the_back():
            metadata = MetaData()
            make(metadata, "unseen")
            dict.pop(metadata.tables, "unseen")
            kept.append(metadata)

        kept = []

        def test_after_it(): pass

        def test_imports_postgresql():
            import sqlalchemy.dialects.postgresql.pg_catalog

        @pytest.mark.parametrize("n", range(3))
        def test_throws_away(n):
            import gc
            make(MetaData(), "thrown")
            gc.collect()

        def test_clears_mappers():
            own = registry()
            @own.mapped
            class Cleared:
                __tablename__ = "cleared"
                id = Column(Integer, primary_key=True)
            clear_mappers()
        """,
    "test_b_database.py": """
        import pytest
        from sqlalchemy import DDL, MetaData, create_engine, create_mock_engine, event, text
        from sqlalchemy.exc import OperationalError
        from sqlalchemy.pool import StaticPool
        from sqlalchemy.schema import CreateTable
        from shop.base import Base
        from shop.factory import make

        def test_creates(engine): Base.metadata.create_all(engine)

        def test_creates_nothing(engine):
            Base.metadata.create_all(engine)
            Base.metadata.create_all(engine)

        def test_drops(engine):
            Base.metadata.create_all(engine)
            Base.metadata.drop_all(engine)

        def test_creates_one(engine): make(MetaData(), "single").create(engine)

        def test_wide(database): pass
        def test_wide_again(database): pass

        def test_raw(run): run("CREATE TABLE raw (id INTEGER)", "DROP TABLE raw")

        @pytest.mark.parametrize("sql", [
            'create table "Quo ted" (id int)',
            "CREATE TABLE IF NOT EXISTS named (id int)",
            "/* why */ -- and how\\n\\t CREATE TABLE named (id int)",
            "CREATE TABLE main.named (id int)",
            'CREATE TABLE "main" . "named" (id int)',
            "CREATE TABLE [named] (id int)",
            "CREATE TABLE named AS SELECT 1 AS id",
        ])
        def test_raw_create(run, sql): run(sql)

        def test_raw_again(run):
            run("CREATE TABLE IF NOT EXISTS again (id int)", "CREATE TABLE IF NOT EXISTS again (id int)")

        def test_raw_drop_of_nothing(run): run("DROP TABLE IF EXISTS nowhere")

        def test_raw_drop_of_unseen(database):
            import sqlite3
            with sqlite3.connect(database.url.database) as direct:
                direct.execute("CREATE TABLE unseen_till_now (id int)")
            with database.begin() as connection:
                connection.execute(text("DROP TABLE unseen_till_now"))

        def test_renames(run): run("CREATE TABLE old (id int)", "ALTER TABLE old RENAME TO new")

        def test_alters_otherwise(run): run("CREATE TABLE altered (id int)", "ALTER TABLE altered ADD COLUMN x int")

        def test_temporary(run): run("CREATE TEMPORARY TABLE passing (id int)")

        def test_construct(engine):
            with engine.begin() as connection:
                connection.execute(CreateTable(make(MetaData(), "constructed")))

        def test_listener(engine):
            metadata = MetaData()
            table = make(metadata, "listened")
            event.listen(table, "before_create", DDL("CREATE TABLE by_listener (id int)"))
            metadata.create_all(engine)

        def test_fails_then_raw(engine):
            engine.connect().execute(text("CREATE TABLE users (id int)"))
            with pytest.raises(OperationalError):
                Base.metadata.create_all(engine, checkfirst=False)
            with engine.begin() as connection:
                connection.execute(text("CREATE TABLE after_failure (id int)"))

        def test_rolled_back(engine):
            connection = engine.connect()
            connection.exec_driver_sql("BEGIN")
            connection.execute(text("CREATE TABLE undone (id int)"))
            connection.rollback()

        def test_committed(engine):
            connection = engine.connect()
            connection.exec_driver_sql("BEGIN")
            connection.execute(text("CREATE TABLE stays (id int)"))
            connection.commit()
            connection.rollback()

        def test_mock():
            said = []
            engine = create_mock_engine("sqlite://", lambda sql, *a, **k: said.append(sql))
            Base.metadata.create_all(engine, checkfirst=False)
            assert said

        def test_two_in_memory():
            for name in ("left", "right"):
                engine = create_engine("sqlite://", poolclass=StaticPool)
                make(MetaData(), name).create(engine)

        def test_indented_select(run):
            run("\\n" + " " * 60 + "SELECT 1")

        def test_many_comments(run):
            run("/* a * b */ " * 200 + "SELECT 1")

        def test_password(tmp_path):
            url = f"sqlite:///file:{tmp_path}/p.db?uri=true&password=hush1&timeout=5"
            engine = create_engine(url, module=Forgiving())
            make(MetaData(), "secret").create(engine)

        class Forgiving:
            def __getattr__(self, name):
                import sqlite3
                return getattr(sqlite3, name)
            def connect(self, database, **options):
                import sqlite3
                return sqlite3.connect(":memory:", check_same_thread=False)
        """,
    "test_c_fixtures.py": """
        import pytest
        from sqlalchemy import Column, Integer, MetaData, Table, create_engine
        from shop.factory import make

        METADATA = MetaData()

        @pytest.fixture
        def inner(engine):
            make(METADATA, "from_inner").create(engine)

        @pytest.fixture
        def outer(request, engine):
            request.getfixturevalue("inner")
            make(METADATA, "from_outer")

        @pytest.fixture
        def refusing(): make(METADATA, "from_outer")

        @pytest.fixture
        def cleaning(engine):
            yield
            METADATA.drop_all(engine)
            METADATA.clear()

        def test_nested(cleaning, outer, engine): make(METADATA, "from_call")
        def test_again(outer): pass
        def test_refuses(refusing): pass
        def test_refuses_too(refusing): pass
        def test_swallows():
            try:
                make(METADATA, "from_outer")
            except Exception:
                pass
            assert False, "for another reason"
        """,
}
