"""A suite in which each test is one way of writing rows, on each database that it is given.

``KINDS`` in its environment names them: ``memory`` and ``file`` (SQLite), ``postgresql``, ``mysql``; the latter two
want their URLs in ``POSTGRESQL`` and ``MYSQL``, and an asynchronous driver's in ``POSTGRESQL_ASYNC``. When a test has
ended, the rows of its tables are counted in the database itself, and written to the file that ``COUNTS`` names.
"""

CONFTEST = """
    import asyncio, json, os, sqlite3
    import pytest
    import sqlalchemy as sa
    from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, create_engine
    from sqlalchemy.pool import NullPool, StaticPool
    try:
        from sqlalchemy.orm import declarative_base
    except ImportError:
        from sqlalchemy.ext.declarative import declarative_base

    Base = declarative_base()
    KEPT, COUNTS = [], {}
    KINDS = os.environ["KINDS"].split(",")

    class A(Base):
        __tablename__ = "a"
        id = Column(Integer, primary_key=True)
        name = Column(String(50), unique=True)

    class B(Base):
        __tablename__ = "b"
        id = Column(Integer, primary_key=True)
        a_id = Column(Integer, ForeignKey("a.id"))

    class Server:
        '''One of PostgreSQL's or MySQL's, asked through its own driver: nothing of this is observed.'''

        def __init__(self, url):
            self.url = sa.engine.make_url(url)
            self.made = 0

        def fresh(self):
            '''The URL of a place of its own: PostgreSQL makes schemas quicker than databases.'''
            self.made += 1
            name = "%s_%d" % (self.url.database, self.made)
            by_schema = self.url.get_backend_name() == "postgresql"
            with self.raw(self.url) as cursor:
                cursor.execute("CREATE %s %s" % ("SCHEMA" if by_schema else "DATABASE", name))
            if by_schema:
                return self.url.update_query_dict({"options": "-csearch_path=%s" % name})
            return self.url.set(database=name)

        def raw(self, url):
            return Raw(url.get_dialect(), url)

        def count(self, url):
            own = "current_schema()" if url.get_backend_name() == "postgresql" else "database()"
            quote = '"' if url.get_backend_name() == "postgresql" else "`"
            with self.raw(url) as cursor:
                cursor.execute(
                    "SELECT table_schema, table_name, table_schema = " + own + " FROM information_schema.tables"
                    " WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')"
                    " AND table_schema IN (" + own + ", 'extra')"
                )
                found = {}
                for schema, name, default in cursor.fetchall():
                    quoted = quote + name.replace(quote, quote * 2) + quote
                    cursor.execute("SELECT count(*) FROM %s.%s" % (schema, quoted))
                    found[name if default else schema + "." + name] = cursor.fetchone()[0]
                cursor.execute("DROP SCHEMA IF EXISTS extra" + (" CASCADE" if quote == '"' else ""))
                return found

    class Raw:
        def __init__(self, dialect, url):
            args, options = dialect().create_connect_args(url)
            module = dialect.import_dbapi() if hasattr(dialect, "import_dbapi") else dialect.dbapi()
            self.connection = module.connect(*args, **options)
            if hasattr(self.connection.autocommit, "__call__"):
                self.connection.autocommit(True)
            else:
                self.connection.autocommit = True

        def __enter__(self):
            return self.connection.cursor()

        def __exit__(self, *_):
            self.connection.close()

    SERVERS = {name: Server(os.environ[name.upper()]) for name in ("postgresql", "mysql") if name in KINDS}

    class Database:
        def __init__(self, kind, folder):
            self.kind, self.options, self.connect_args = kind, {}, {}
            self.name = "sqlite" if kind in ("memory", "file") else kind
            self.server = SERVERS.get(kind)
            if kind == "memory":
                self.url, self.connect_args = "sqlite://", {"check_same_thread": False}
                self.options = {"poolclass": StaticPool}
            elif kind == "file":
                self.url = "sqlite:///%s" % (folder / "it.db")
            else:
                self.url = self.server.fresh()
                self.options = {"poolclass": NullPool}
            self.engines = []
            self.engine = self.another()

        def another(self, **more):
            options = dict(self.options, connect_args=self.connect_args, **more)
            engine = create_engine(self.url, future=True, **options)
            self.engines.append(engine)
            return engine

        def count(self):
            if self.server is not None:
                return self.server.count(self.url)
            connection = self.engine.raw_connection()
            found = count_lite(connection)
            connection.close()
            return found

    def count_lite(connection):
        cursor, found = connection.cursor(), {}

        def ask(sql):
            cursor.execute(sql)
            return cursor.fetchall()

        for _, schema, _ in ask("PRAGMA database_list"):
            for (name,) in ask("SELECT name FROM %s.sqlite_master WHERE type = 'table'" % schema):
                if not name.startswith("sqlite_"):
                    ((rows,),) = ask('SELECT count(*) FROM %s."%s"' % (schema, name.replace('"', '""')))
                    found[name if schema == "main" else schema + "." + name] = rows
        return found

    class AsyncDatabase:
        '''The same by aiosqlite and asyncpg. ``run`` gives an engine to a coroutine function.'''

        def __init__(self, kind, folder):
            self.kind, self.options = kind, {"poolclass": NullPool}
            self.server = SERVERS.get(kind)
            if kind == "memory":
                self.url = "sqlite+aiosqlite://"
                self.options = {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
            elif kind == "file":
                self.url = "sqlite+aiosqlite:///%s" % (folder / "it.db")
            else:
                self.sync_url = self.server.fresh()
                path = self.sync_url.query["options"].partition("=")[2]
                self.options["connect_args"] = {"server_settings": {"search_path": path}}
                # The size tells its URL from others': as a database of its own.
                self.url = sa.engine.make_url(os.environ["POSTGRESQL_ASYNC"]).update_query_dict(
                    {"prepared_statement_cache_size": str(100 + self.server.made)}
                )
            self.counted = {}

        def run(self, work):
            asyncio.run(self._run(work))

        async def _run(self, work):
            from sqlalchemy.ext.asyncio import create_async_engine
            engine = create_async_engine(self.url, **self.options)
            async with engine.begin() as connection:
                await connection.run_sync(Base.metadata.create_all)
            await work(engine)
            KEPT.append(engine.pool)
            if self.kind == "memory":
                async with engine.connect() as connection:
                    self.counted = await connection.run_sync(lambda held: count_lite(held.connection))
            await engine.dispose()

        def count(self):
            if self.kind == "memory":
                return self.counted
            if self.kind == "file":
                connection = sqlite3.connect(self.url.partition(":///")[2])
                found = count_lite(connection)
                connection.close()
                return found
            return self.server.count(self.sync_url)

    @pytest.fixture(params=KINDS)
    def bare(request, tmp_path):
        database = Database(request.param, tmp_path)
        KEPT.append(database)
        yield database
        COUNTS[request.node.nodeid] = database.count()

    @pytest.fixture(params=KINDS)
    def db(request, tmp_path):
        database = Database(request.param, tmp_path)
        Base.metadata.create_all(database.engine)
        KEPT.append(database)
        yield database
        COUNTS[request.node.nodeid] = database.count()

    @pytest.fixture(params=[kind for kind in KINDS if kind != "mysql"])
    def async_db(request, tmp_path):
        database = AsyncDatabase(request.param, tmp_path)
        yield database
        COUNTS[request.node.nodeid] = database.count()

    @pytest.fixture
    def pair(db):
        with sa.orm.Session(db.engine) as session:
            session.add_all([A(id=5, name="five"), A(id=6, name="six")])
            session.commit()

    @pytest.fixture
    def held(db):
        '''The documented way to undo what a test does: one connection, one transaction around it.'''
        if db.kind == "memory":
            pytest.skip("has one connection")
        connection = db.engine.connect()
        transaction = connection.begin()
        yield connection
        transaction.rollback()
        connection.close()

    @pytest.fixture
    def seeded(db):
        with db.engine.begin() as connection:
            connection.execute(A.__table__.insert(), [dict(name="seed %d" % n) for n in range(4)])
        return db

    def pytest_sessionfinish():
        with open(os.environ["COUNTS"], "w") as file:
            json.dump(COUNTS, file)
    """

SCENARIOS = """
    import gc, threading
    import pytest
    import sqlalchemy as sa
    from sqlalchemy import delete, insert, select, text, update
    from sqlalchemy.dialects import postgresql, sqlite
    from sqlalchemy.exc import IntegrityError
    from sqlalchemy.orm import Session
    from conftest import A, B, Base, KEPT

    modern = pytest.mark.skipif(sa.__version__ < "2", reason="SQLAlchemy 2")
    a = A.__table__

    def upsert(db):
        if db.name == "mysql":
            pytest.skip("has ON DUPLICATE KEY")
        return {"sqlite": sqlite, "postgresql": postgresql}[db.name].insert

    def lite(db):
        if db.name != "sqlite":
            pytest.skip("SQLite's own")

    def returning(db):
        if db.name == "mysql":
            pytest.skip("has no RETURNING, no WITH before INSERT")

    def names(count, first=0):
        return [dict(name="n%d" % n) for n in range(first, first + count)]

    # -- the ORM

    def test_add_one(db):
        with Session(db.engine) as session:
            session.add(A(name="one")); session.commit()

    def test_add_many(db):
        with Session(db.engine) as session:
            session.add_all([A(name=str(n)) for n in range(7)]); session.commit()

    def test_add_thousands(db):
        with Session(db.engine) as session:
            session.add_all([A(name=str(n)) for n in range(2500)]); session.commit()

    def test_flush_only(db):
        with Session(db.engine) as session:
            session.add_all([A(name="x"), A(name="y")]); session.flush()

    def test_two_tables(db):
        with Session(db.engine) as session:
            first = A(name="x"); session.add(first); session.flush()
            session.add_all([B(a_id=first.id) for _ in range(3)]); session.commit()

    def test_rollback_then_commit(db):
        with Session(db.engine) as session:
            session.add(A(name="x")); session.flush(); session.rollback()
            session.add(A(name="y")); session.commit()

    def test_bulk_save(db):
        with Session(db.engine) as session:
            session.bulk_save_objects([A(name=str(n)) for n in range(5)]); session.commit()

    def test_bulk_mappings(db):
        with Session(db.engine) as session:
            session.bulk_insert_mappings(A, names(6)); session.commit()

    @modern
    def test_orm_insert_returning(db):
        with Session(db.engine) as session:
            session.scalars(insert(A).returning(A), names(5)).all(); session.commit()

    def test_orm_delete(seeded):
        with Session(seeded.engine) as session:
            session.delete(session.query(A).first()); session.commit()

    def test_query_delete(seeded):
        with Session(seeded.engine) as session:
            session.query(A).filter(A.id > 2).delete(synchronize_session=False); session.commit()

    @modern
    def test_delete_fetch(seeded):
        with Session(seeded.engine) as session:
            session.execute(delete(A).where(A.id > 1), execution_options={"synchronize_session": "fetch"})
            session.commit()

    def test_orm_update(seeded):
        with Session(seeded.engine) as session:
            session.query(A).first().name = "changed"; session.commit()

    def test_failing_flush(seeded):
        with Session(seeded.engine) as session:
            session.add(A(name="seed 1"))
            with pytest.raises(IntegrityError):
                session.commit()
            session.rollback()

    # -- Core

    def test_core_insert(db):
        with db.engine.begin() as connection:
            connection.execute(a.insert(), dict(name="x"))

    def test_the_same_again(seeded):
        with seeded.engine.connect() as connection:
            for number in range(20):
                connection.execute(a.insert(), dict(name="kept %d" % number))
            connection.commit()
            for number in range(15):
                connection.execute(a.insert(), dict(name="undone %d" % number))
            connection.rollback()
            for number in range(12):
                with connection.begin_nested() as nested:
                    for twin in range(15):
                        connection.execute(a.insert(), dict(name="%d within %d" % (twin, number)))
                    if number % 3:
                        nested.rollback()
            connection.execute(a.delete().where(a.c.name.like("kept 1%")))
            connection.commit()
            connection.execute(a.delete().where(a.c.name.like("kept 2%"))); connection.rollback()
        engine = seeded.engine.execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for number in range(15):
                connection.execute(a.insert(), dict(name="at once %d" % number))

    def test_core_many(db):
        with db.engine.begin() as connection:
            connection.execute(a.insert(), names(9))

    def test_core_values(db):
        with db.engine.begin() as connection:
            connection.execute(a.insert().values(names(3)))

    def test_core_from_select(seeded):
        with seeded.engine.begin() as connection:
            connection.execute(B.__table__.insert().from_select(["a_id"], select(a.c.id)))

    @modern
    def test_core_returning(db):
        returning(db)
        with db.engine.begin() as connection:
            connection.execute(a.insert().values(names(3)).returning(a.c.id)).all()

    @modern
    def test_core_many_returning(db):
        returning(db)
        with db.engine.begin() as connection:
            connection.execute(a.insert().returning(a.c.id), names(1200)).all()

    @modern
    def test_from_select_returning(seeded):
        returning(seeded)
        with seeded.engine.begin() as connection:
            table = B.__table__
            connection.execute(table.insert().from_select(["a_id"], select(a.c.id)).returning(table.c.id)).all()

    @modern
    def test_delete_returning(seeded):
        returning(seeded)
        with seeded.engine.begin() as connection:
            connection.execute(delete(a).where(a.c.id < 3).returning(a.c.id)).all()
            connection.execute(a.insert(), dict(name="x"))

    def test_core_delete_all(seeded):
        with seeded.engine.begin() as connection:
            connection.execute(a.delete())

    def test_delete_then_insert(seeded):
        with seeded.engine.begin() as connection:
            connection.execute(a.delete()); connection.execute(a.insert(), names(2))

    def test_upsert(seeded):
        with seeded.engine.begin() as connection:
            statement = upsert(seeded)(a).values([dict(name="seed 1"), dict(name="new")])
            connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=dict(name="other")))

    def test_do_nothing(seeded):
        with seeded.engine.begin() as connection:
            statement = upsert(seeded)(a).values([dict(name="seed 1"), dict(name="new")])
            connection.execute(statement.on_conflict_do_nothing())

    def test_or_replace(seeded):
        lite(seeded)
        with seeded.engine.begin() as connection:
            connection.execute(a.insert().prefix_with("OR REPLACE"), dict(name="seed 1"))

    # -- text

    def test_text(db):
        with db.engine.begin() as connection:
            connection.execute(text("INSERT INTO a (name) VALUES ('x'), ('y')"))

    def test_text_many(db):
        with db.engine.begin() as connection:
            connection.execute(text("insert into a (name) values (:name)"), names(4))

    def test_text_quoted_and_commented(db):
        with db.engine.begin() as connection:
            connection.execute(text(
                "-- hello\\n /* there */ INSERT INTO %s (name) VALUES ('x')" % ("`a`" if db.name == "mysql" else '"a"')
            ))

    def test_text_with(seeded):
        returning(seeded)
        with seeded.engine.begin() as connection:
            connection.execute(text("WITH s AS (SELECT id FROM a) INSERT INTO b (a_id) SELECT id FROM s"))

    def test_text_returning(db):
        returning(db)
        with db.engine.begin() as connection:
            connection.execute(text("INSERT INTO a (name) VALUES ('x'), ('y') RETURNING id")).all()

    def test_text_delete(seeded):
        with seeded.engine.begin() as connection:
            connection.execute(text("DELETE FROM a WHERE id = 1"))

    def test_driver_sql(db):
        with db.engine.begin() as connection:
            mark = "?" if db.name == "sqlite" else "%s"
            connection.exec_driver_sql("INSERT INTO a (name) VALUES (%s)" % mark, [("x",), ("y",)])

    def test_failing_executemany(seeded):
        with seeded.engine.connect() as connection:
            with pytest.raises(IntegrityError):
                connection.execute(a.insert(), names(3) + [dict(name="seed 1")])
            connection.commit()

    # -- transactions

    def test_rollback(db):
        with db.engine.connect() as connection:
            connection.execute(a.insert(), names(2)); connection.rollback()

    def test_close_without_commit(db):
        connection = db.engine.connect()
        connection.execute(a.insert(), names(2)); connection.close()

    def test_let_go_of(db):
        connection = db.engine.connect()
        connection.execute(a.insert(), names(2))
        del connection
        gc.collect()

    def test_savepoint_released(db):
        with db.engine.begin() as connection:
            connection.execute(a.insert(), dict(name="before"))
            with connection.begin_nested():
                connection.execute(a.insert(), names(2))

    def test_savepoint_undone(db):
        with db.engine.begin() as connection:
            connection.execute(a.insert(), dict(name="before"))
            nested = connection.begin_nested()
            connection.execute(a.insert(), names(2)); nested.rollback()

    def test_savepoints_nested(db):
        with Session(db.engine) as session:
            session.add(A(name="out")); session.flush()
            with session.begin_nested():
                session.add(A(name="kept"))
                inner = session.begin_nested()
                session.add(A(name="undone")); session.flush(); inner.rollback()
            session.commit()

    def test_savepoints_of_text(db):
        with db.engine.begin() as connection:
            connection.execute(a.insert(), dict(name="before"))
            connection.execute(text("SAVEPOINT here")); connection.execute(a.insert(), names(2))
            connection.execute(text("ROLLBACK TO SAVEPOINT here")); connection.execute(text("RELEASE SAVEPOINT here"))

    def test_savepoint_within_rollback(db):
        with db.engine.connect() as connection:
            connection.execute(a.insert(), dict(name="before"))
            with connection.begin_nested():
                connection.execute(a.insert(), names(2))
            connection.rollback()

    def test_escape(db):
        with db.engine.connect() as connection:
            outer = connection.begin()
            with connection.begin_nested():
                connection.execute(a.insert(), names(2))
            outer.rollback()

    def test_autocommit(db):
        engine = db.engine.execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(a.insert(), names(3)); connection.rollback()

    def test_text_transaction(db):
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("BEGIN")); connection.execute(a.insert(), names(2))
            connection.execute(text("ROLLBACK"))
            connection.execute(text("BEGIN")); connection.execute(a.insert(), names(1))
            connection.execute(text("COMMIT"))

    def test_thread(db):
        def work():
            with db.engine.begin() as connection:
                connection.execute(a.insert(), names(2))
        thread = threading.Thread(target=work); thread.start(); thread.join()

    # -- tables and engines

    def test_two_engines(db):
        if db.kind != "memory":
            with db.another().begin() as connection:
                connection.execute(a.insert(), names(2))
        with db.engine.begin() as connection:
            connection.execute(a.insert(), names(2, 5))

    def test_dropped(seeded):
        Base.metadata.drop_all(seeded.engine); Base.metadata.create_all(seeded.engine)

    def test_dropped_and_filled(seeded):
        with seeded.engine.begin() as connection:
            connection.execute(a.insert(), names(2))
        Base.metadata.drop_all(seeded.engine); Base.metadata.create_all(seeded.engine)
        with seeded.engine.begin() as connection:
            connection.execute(a.insert(), names(1))

    def test_dropped_by_text(seeded):
        with seeded.engine.begin() as connection:
            connection.execute(text("DROP TABLE b")); connection.execute(text("DROP TABLE a"))

    def test_trigger_on_the_same_table(db):
        lite(db)
        with db.engine.begin() as connection:
            connection.execute(text(
                "CREATE TRIGGER t AFTER INSERT ON a WHEN new.name = 'x' BEGIN INSERT INTO a (name) VALUES ('twin'); END"
            ))
            connection.execute(a.insert(), dict(name="x"))

    def test_raw_cursor_beside(db):
        with db.engine.begin() as connection:
            connection.connection.cursor().execute("INSERT INTO a (name) VALUES ('raw')")
            connection.execute(a.insert(), dict(name="seen"))

    def test_raw_cursor(db):
        connection = db.engine.raw_connection()
        connection.cursor().execute("INSERT INTO a (name) VALUES ('raw')")
        connection.commit(); connection.close()

    def test_raw_commit(db):
        with db.engine.connect() as connection:
            connection.execute(a.insert(), names(2))
            getattr(connection.connection, "dbapi_connection", connection.connection).commit()

    def other_table(db):
        # Table log, which the database itself writes to.
        with db.engine.begin() as connection:
            connection.execute(text("CREATE TABLE log (a_id integer)"))
            if db.name == "sqlite":
                connection.execute(text(
                    "CREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO log (a_id) VALUES (new.id); END"
                ))
            elif db.name == "mysql":
                connection.execute(text(
                    "CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW INSERT INTO log VALUES (new.id)"
                ))
            else:
                connection.execute(text(
                    "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS "
                    "$$ BEGIN INSERT INTO log VALUES (new.id); RETURN new; END $$"
                ))
                connection.execute(text("CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW EXECUTE FUNCTION note()"))

    def test_trigger_into_another_table(db):
        other_table(db)
        with db.engine.begin() as connection:
            connection.execute(a.insert(), names(2))

    def test_cascade(seeded):
        with seeded.engine.connect() as connection:
            if seeded.name == "sqlite":
                connection.execute(text("PRAGMA foreign_keys = ON"))
            connection.execute(text(
                "CREATE TABLE child (a_id integer, FOREIGN KEY (a_id) REFERENCES a (id) ON DELETE CASCADE)"
            ))
            connection.execute(text("INSERT INTO child SELECT id FROM a"))
            connection.commit()
            connection.execute(a.delete().where(a.c.name == "seed 1")); connection.commit()
            if seeded.name == "sqlite":
                connection.execute(text("PRAGMA foreign_keys = OFF"))

    # -- keys, names, and errors half way

    def test_given_keys(db):
        with Session(db.engine) as session:
            session.add_all([A(id=n, name=str(n)) for n in (11, 22, 33)]); session.commit()
            session.delete(session.query(A).filter_by(id=22).one()); session.commit()

    def test_key_of_another(pair, db):
        with Session(db.engine) as session:
            session.delete(session.query(A).filter_by(id=5).one()); session.commit()

    def test_some_of_its_own(db):
        with Session(db.engine) as session:
            session.add_all([A(id=n, name=str(n)) for n in (1, 2, 3)]); session.commit()
            session.execute(delete(A).where(A.id > 1)); session.commit()

    def test_kinds_of_keys(bare):
        odd = sa.MetaData()
        class Text(sa.types.TypeDecorator):
            impl, cache_ok = sa.String(60), True
            def process_bind_param(self, value, dialect):
                return value.text
        class Hostile:
            text = "never"
            def __repr__(self): raise RuntimeError("asked")
            __str__ = __eq__ = __format__ = __repr__
            __hash__ = object.__hash__
        def table(name, *kinds):
            return sa.Table(name, odd, *[sa.Column("k%d" % n, kind, primary_key=True, autoincrement=False)
                                         for n, kind in enumerate(kinds)], sa.Column("secret", sa.String(20)))
        rows = [
            (table("composite", sa.Integer, sa.String(60)), [dict(k0=3, k1="x"), dict(k0=4, k1="y")]),
            (table("long", sa.String(60)), [dict(k0="x" * 60)]),
            (table("binary", sa.LargeBinary(30)) if bare.name != "mysql" else None, [dict(k0=b"abc")]),
            (table("hostile", Text), [dict(k0=Hostile())]),
        ]
        odd.create_all(bare.engine)
        with bare.engine.begin() as connection:
            for table, all in [pair for pair in rows if pair[0] is not None]:
                for row in all:
                    connection.execute(table.insert(), dict(row, secret="s3cret"))
                connection.execute(table.delete().where(table.c.secret == "s3cret and more"))

    def test_several_values(bare):
        odd = sa.MetaData()
        table = sa.Table("several", odd, sa.Column("id", sa.Integer, primary_key=True))
        odd.create_all(bare.engine)
        with bare.engine.begin() as connection:
            connection.execute(table.insert().values([dict(id=n) for n in (7, 8)]))
            connection.execute(table.insert(), [dict(id=n) for n in range(20, 30)])

    # -- ways of escape

    def test_within_what_is_held(held):
        held.execute(a.insert(), names(2))

    def test_beside_what_is_held(held, db):
        with db.engine.begin() as connection:
            connection.execute(a.insert(), names(2))

    def test_beside_it_in_a_thread(held, db):
        def work():
            with db.engine.begin() as connection:
                connection.execute(a.insert(), names(2))
        thread = threading.Thread(target=work); thread.start(); thread.join()

    def test_odd_names(bare):
        odd = sa.MetaData()
        names = ["select", "two words", "dot.ted", "ta\u0431\u043b\u0438\u0446\u0430", "per%cent", "O'Hara", 'it "is"']
        tables = [sa.Table(name, odd, sa.Column("id", sa.Integer, primary_key=True)) for name in names]
        odd.create_all(bare.engine)
        with bare.engine.begin() as connection:
            for count, table in enumerate(tables, 1):
                connection.execute(table.insert(), [dict(id=n + 1) for n in range(count)])
                connection.execute(table.insert().values(id=77))
            connection.execute(tables[2].delete().where(tables[2].c.id == 77))

    def test_another_schema(bare):
        odd = sa.MetaData()
        table = sa.Table("it.ems", odd, sa.Column("id", sa.Integer, primary_key=True), schema="extra")
        with bare.engine.connect() as connection:
            if bare.name == "sqlite":
                if bare.kind == "file":
                    pytest.skip("what is attached goes with the connection")
                connection.execute(text("ATTACH ':memory:' AS extra"))
            else:
                connection.execute(text("CREATE SCHEMA extra"))
            odd.create_all(connection)
            connection.execute(table.insert(), [dict(id=n + 1) for n in range(3)])
            connection.commit()

    def test_error_then_commit(seeded):
        with seeded.engine.connect() as connection:
            connection.execute(a.insert(), dict(name="before"))
            with pytest.raises(IntegrityError):
                connection.execute(a.insert(), dict(name="seed 1"))
            connection.commit()

    def test_error_within_savepoint(seeded):
        with seeded.engine.begin() as connection:
            connection.execute(a.insert(), dict(name="before"))
            with pytest.raises(IntegrityError):
                with connection.begin_nested():
                    connection.execute(a.insert(), dict(name="within"))
                    connection.execute(a.insert(), dict(name="seed 1"))
            connection.execute(a.insert(), dict(name="after"))

    def test_savepoint_of_the_same_name(db):
        with db.engine.begin() as connection:
            connection.execute(a.insert(), dict(name="before"))
            for number in range(2):
                connection.execute(text("SAVEPOINT s")); connection.execute(a.insert(), dict(name="n%d" % number))
            connection.execute(text("ROLLBACK TO s"))

    def test_truncate(seeded):
        if seeded.name == "sqlite":
            pytest.skip("has no TRUNCATE")
        with seeded.engine.begin() as connection:
            connection.execute(text("TRUNCATE TABLE b")); connection.execute(text("INSERT INTO b (id) VALUES (1), (2)"))

    def test_create_table_as(seeded):
        with seeded.engine.begin() as connection:
            connection.execute(text("CREATE TABLE twin AS SELECT * FROM a"))

    def test_rows_then_ddl(db):
        with db.engine.connect() as connection:
            connection.execute(a.insert(), names(2))
            connection.execute(text("CREATE TABLE more (id integer)"))
            connection.rollback()

    # -- asyncio

    def test_async_insert(async_db):
        async def work(engine):
            async with engine.begin() as connection:
                await connection.execute(a.insert(), names(3))
        async_db.run(work)

    def test_async_one(async_db):
        async def work(engine):
            async with engine.begin() as connection:
                await connection.execute(a.insert().values(name="x"))
        async_db.run(work)

    def test_async_rollback(async_db):
        async def work(engine):
            async with engine.connect() as connection:
                await connection.execute(a.insert(), names(3)); await connection.rollback()
                await connection.execute(a.insert(), names(1)); await connection.commit()
        async_db.run(work)

    def test_async_close(async_db):
        async def work(engine):
            async with engine.connect() as connection:
                await connection.execute(a.insert(), names(3))
        async_db.run(work)

    def test_async_orm(async_db):
        from sqlalchemy.ext.asyncio import AsyncSession
        async def work(engine):
            async with AsyncSession(engine) as session:
                session.add_all([A(name="x"), A(name="y")]); await session.commit()
            async with AsyncSession(engine) as session:
                found = (await session.execute(select(A).where(A.name == "x"))).scalar_one()
                await session.delete(found); await session.commit()
        async_db.run(work)

    def test_async_savepoint(async_db):
        from sqlalchemy.ext.asyncio import AsyncSession
        async def work(engine):
            async with AsyncSession(engine) as session:
                session.add(A(name="out")); await session.flush()
                inner = await session.begin_nested()
                session.add(A(name="in")); await session.flush()
                await inner.rollback(); await session.commit()
        async_db.run(work)

    def test_async_text_update_delete(async_db):
        async def work(engine):
            async with engine.begin() as connection:
                await connection.execute(text("INSERT INTO a (name) VALUES ('x'), ('y'), ('z')"))
                await connection.execute(text("UPDATE a SET name = 'w' WHERE name = 'x'"))
                await connection.execute(delete(a).where(a.c.name == "y"))
        async_db.run(work)

    def test_async_autocommit(async_db):
        async def work(engine):
            async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
                await connection.execute(a.insert(), names(2)); await connection.rollback()
        async_db.run(work)
    """
