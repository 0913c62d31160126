"""Put rows, a table, or an entry of a MetaData back as they were when the trial began.

Through the engines that the suite has made in this process, between two tests. SQLAlchemy is the project's own, and is
never imported here.
"""

import importlib
import sys
from typing import Any, Callable, Dict, List, Optional, Tuple

from .instances import instances_of

MOST_ROWS = 20_000
"""Rows of a table that are remembered."""

_LOCK_TIMEOUT = {"postgresql": "SET LOCAL lock_timeout = '5s'"}

_Key = Tuple[Any, ...]


class _Remembered:
    """One table in one database: its definition and its rows by primary key; None where there was none."""

    def __init__(self, table: Any, rows: Dict[_Key, Dict[str, Any]]) -> None:
        self.table, self.rows = table, rows


class _InDatabases:
    """What is remembered of a table in each of the databases that are seen."""

    def __init__(self, table: str, database: str) -> None:
        self._schema, _, self._table = table.rpartition(".")
        self._database = database
        self._begun: Dict[Any, Optional[_Remembered]] = {}
        self._late: Dict[Any, Optional[_Remembered]] = {}
        """By the engine's key: when the trial began, and when its wide fixtures were set up."""

    def remember(self) -> None:
        """The trial begins."""
        for key, engine in engines(self._database):
            self._begun[key] = with_connection(engine, self._read)

    def look_again(self) -> None:
        """The wide fixtures are set up, which may have made the table; once for each database that has it."""
        for key, engine in engines(self._database):
            if self._late.get(key) is None:
                self._late[key] = with_connection(engine, self._read)

    def put_back(self) -> bool:
        """Whether anything differed; raises LookupError where no database was seen in time.

        As it was when the wide fixtures were set up; if that is how it is, as it was when the trial began: then a wide
        fixture may be what left it.
        """
        if not self._begun and not self._late:
            raise LookupError("no database was open when the trial began")
        return self._put_all_back(self._late) or self._put_all_back(self._begun)

    def _put_all_back(self, known: Dict[Any, Optional[_Remembered]]) -> bool:
        found = [(engine, known[key]) for key, engine in engines(self._database) if key in known]
        differed = [with_connection(engine, self._putting(before)) for engine, before in found]
        return any(differed)

    def _putting(self, before: Optional[_Remembered]) -> Callable[[Any], bool]:
        raise NotImplementedError

    def _read(self, connection: Any) -> Optional[_Remembered]:
        table = self._reflected(connection)
        if table is None:
            return None
        selected = connection.execute(table.select().limit(MOST_ROWS + 1)).fetchall()
        if len(selected) > MOST_ROWS:
            raise LookupError("the table has more than %d rows" % MOST_ROWS)
        names = [column.name for column in table.columns]
        rows = [dict(zip(names, each)) for each in selected]
        return _Remembered(table, {_key(table, row): row for row in rows})

    def _reflected(self, connection: Any) -> Any:
        sqlalchemy: Any = sys.modules["sqlalchemy"]
        if self._table not in sqlalchemy.inspect(connection).get_table_names(schema=self._schema or None):
            return None
        metadata = sqlalchemy.MetaData()
        return sqlalchemy.Table(self._table, metadata, schema=self._schema or None, autoload_with=connection)


class Rows(_InDatabases):
    """The rows of a table: those that are new are deleted, and those that are gone or changed are as they were.

    With ``keys`` (``id=3``) only those of the new rows are deleted, if there are any of them.
    """

    def __init__(self, table: str, database: str, keys: Tuple[str, ...]) -> None:
        super().__init__(table, database)
        self._keys = set(keys)

    def _putting(self, before: Optional[_Remembered]) -> Callable[[Any], bool]:
        return lambda connection: self._put_rows(connection, before)

    def _put_rows(self, connection: Any, before: Optional[_Remembered]) -> bool:
        now = self._read(connection)
        if now is None:
            return False  # the table is gone: that is another location
        table, rows = now.table, before.rows if before is not None else {}
        if not table.primary_key.columns and now.rows != rows:
            raise LookupError("the table has no primary key")
        new = [key for key in now.rows if key not in rows]
        named = [key for key in new if _text(table, key) in self._keys]
        changed = [key for key, row in rows.items() if key in now.rows and now.rows[key] != row]
        gone = [key for key in rows if key not in now.rows]
        for key in named or new:
            connection.execute(table.delete().where(_is(table, key)))
        for key in [] if named else changed:
            connection.execute(table.update().where(_is(table, key)).values(rows[key]))
        for key in [] if named else gone:
            connection.execute(table.insert().values(rows[key]))
        return bool(new or changed or gone)


class TableInDatabase(_InDatabases):
    """A table: dropped if it is new, made again with its rows if it is gone."""

    def _putting(self, before: Optional[_Remembered]) -> Callable[[Any], bool]:
        return lambda connection: self._put_table(connection, before)

    def _put_table(self, connection: Any, before: Optional[_Remembered]) -> bool:
        now = self._reflected(connection)
        if (now is None) == (before is None):
            return False
        if before is None:
            now.drop(connection)
        else:
            before.table.create(connection)
            for row in before.rows.values():
                connection.execute(before.table.insert().values(row))
        return True


class MetaDataEntry:
    """A table's entry in each MetaData that there is when the trial begins."""

    def __init__(self, table: str) -> None:
        self._table = table
        found = instances_of(getattr(sys.modules.get("sqlalchemy"), "MetaData", None))
        if not found:
            raise LookupError("there is no MetaData when the trial begins")
        self._before = [(each, each.tables.get(table)) for each in found]

    def put_back(self) -> bool:
        """Whether anything differed."""
        differs = False
        for metadata, before in self._before:
            now = metadata.tables.get(self._table)
            if now is before:
                continue
            differs = True
            if now is not None:
                metadata.remove(now)
            if before is not None:
                metadata._add_table(before.name, before.schema, before)  # 1.3 to 2.1: there is no public way
        return differs


def engines(database: str = "") -> List[Tuple[Any, Any]]:
    """The engines of this process, each database once, with what tells them apart.

    Of those only that lead to ``database``, a URL without its password, if any does.
    """
    found: Dict[Any, Any] = {}
    for each in instances_of(getattr(sys.modules.get("sqlalchemy.engine"), "Engine", None)):
        if getattr(each, "pool", None) is not None:
            found.setdefault(_engine_key(each), each)
    chosen = {key: each for key, each in found.items() if shown(each.url) == database}
    return list((chosen or found).items())


def _engine_key(engine: Any) -> Any:
    """Each pool of an in-memory SQLite has a database of its own."""
    return ("pool", id(engine.pool)) if in_memory(engine) else ("url", str(shown(engine.url)))


def in_memory(engine: Any) -> bool:
    """Whether its database is in this process's memory."""
    name = engine.url.database
    return engine.dialect.name == "sqlite" and (not name or name == ":memory:" or "mode=memory" in str(engine.url))


def shown(url: Any) -> str:
    """A URL without its password."""
    render = getattr(url, "render_as_string", None)
    return str(render(hide_password=True) if render is not None else repr(url))


def engine_with(url: str) -> Any:
    """An engine of our own for this URL; nothing is connected yet."""
    sqlalchemy: Any = importlib.import_module("sqlalchemy")
    dialect = sqlalchemy.engine.make_url(url).get_dialect()
    if getattr(dialect, "is_async", False):
        module: Any = importlib.import_module("sqlalchemy.ext.asyncio")
        return module.create_async_engine(url).sync_engine
    return sqlalchemy.create_engine(url)


def with_connection(engine: Any, use: Callable[[Any], Any]) -> Any:
    """The result of ``use(connection)``, committed."""
    if getattr(engine.dialect, "is_async", False):
        return _with_async_connection(engine, use)
    if in_memory(engine):
        return _with_memory(engine, use)
    sqlalchemy: Any = sys.modules["sqlalchemy"]
    pool: Any = sys.modules["sqlalchemy.pool"]
    # Not through its pool, which may be exhausted by what the tests left open, but connected in the same way: the
    # engine may have a `creator` (1.3 to 2.1: there is no public way to it).
    creator = getattr(engine.pool, "_creator", None)
    own = sqlalchemy.create_engine(engine.url, poolclass=pool.NullPool, **({"creator": creator} if creator else {}))
    with own.begin() as connection:
        _limit_waiting(connection)
        return use(connection)


def _with_memory(engine: Any, use: Callable[[Any], Any]) -> Any:
    """Its one connection is the database. A transaction that is open on it is the suite's own: it must not end here."""
    with engine.connect() as connection:
        raw: Any = connection.connection
        if getattr(getattr(raw, "dbapi_connection", None) or raw.connection, "in_transaction", False):
            raise LookupError("a transaction is open in the database in memory")
    with engine.begin() as connection:
        return use(connection)


def _with_async_connection(engine: Any, use: Callable[[Any], Any]) -> Any:
    import asyncio

    if in_memory(engine):
        raise LookupError("a database in memory that belongs to an event loop cannot be used between tests")
    module: Any = sys.modules["sqlalchemy.ext.asyncio"]
    pool: Any = sys.modules["sqlalchemy.pool"]

    async def run() -> Any:
        own = module.create_async_engine(engine.url, poolclass=pool.NullPool)
        async with own.begin() as connection:
            await connection.run_sync(_limit_waiting)
            return await connection.run_sync(use)

    return asyncio.run(run())


def _limit_waiting(connection: Any) -> None:
    statement = _LOCK_TIMEOUT.get(connection.dialect.name)
    if statement:
        connection.execute(sys.modules["sqlalchemy"].text(statement))


def _key(table: Any, row: Dict[str, Any]) -> _Key:
    columns = list(table.primary_key.columns) or list(table.columns)
    return tuple(row[column.name] for column in columns)


def _is(table: Any, key: _Key) -> Any:
    sqlalchemy: Any = sys.modules["sqlalchemy"]
    return sqlalchemy.and_(*[column == value for column, value in zip(table.primary_key.columns, key)])


def _text(table: Any, key: _Key) -> str:
    """As the observing plugin writes keys: ``id=3``, ``a=1,b=2``."""
    return ",".join("%s=%s" % (column.name, value) for column, value in zip(table.primary_key.columns, key))
