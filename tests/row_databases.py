"""The conftest of the row scenarios: the databases they write to, and their rows as the databases count them.

``KINDS`` in its environment names the databases: ``memory`` and ``file`` (SQLite), ``postgresql``, ``mysql``. The
latter two read their URLs from ``POSTGRESQL`` and ``MYSQL``, an asynchronous driver's from ``POSTGRESQL_ASYNC``. When a
test has ended, the database counts the rows of its tables; all counts go to the file that ``COUNTS`` names.
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
