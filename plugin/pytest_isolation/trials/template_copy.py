"""Keep a PostgreSQL database as it is while trials work on copies of it.

    python -m pytest_isolation.trials.template_copy keep|reset|back     (the URL is in PYTEST_ISOLATION_DATABASE)

``keep`` gives the database another name and makes a copy under its own; ``reset`` makes the copy again; ``back`` drops
the copy and gives the database its name again. So the user's own is never written to, whatever happens in between.
"""

import importlib
import os
import sys
from typing import Any, List

DATABASE_VARIABLE = "PYTEST_ISOLATION_DATABASE"
"""Environment variable with the URL: it may hold a password, which a command line would show to everybody."""

_ENDING = "_isolation_kept"
_LONGEST = 63
"""Bytes of a name in PostgreSQL; what is longer is cut off."""

_NAMES = "SELECT count(*) FROM pg_database WHERE datname = :name"
_END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name AND pid <> pg_backend_pid()"


def main(action: str, url: str) -> None:
    """Do one of the three; raises what SQLAlchemy raises."""
    sqlalchemy: Any = importlib.import_module("sqlalchemy")
    made = sqlalchemy.engine.make_url(url)
    if made.get_backend_name() != "postgresql":
        raise SystemExit("only a PostgreSQL database can be copied as a template, not one of %s" % made.drivername)
    _run(made.set(database="postgres"), lambda connection: _ACTIONS[action](_Databases(connection, made.database)))


class _Databases:
    """The database and what it is called while it is kept."""

    def __init__(self, connection: Any, name: str) -> None:
        self._connection = connection
        self._text: Any = importlib.import_module("sqlalchemy").text
        self._quote = connection.dialect.identifier_preparer.quote_identifier
        self.name = name
        self.kept = name[: _LONGEST - len(_ENDING)] + _ENDING

    def exists(self, name: str) -> bool:
        return bool(self._connection.execute(self._text(_NAMES), {"name": name}).scalar())

    def rename(self, old: str, new: str) -> None:
        self._execute("ALTER DATABASE %s RENAME TO %s" % (self._quote(old), self._quote(new)))

    def copy(self) -> None:
        self._execute("CREATE DATABASE %s TEMPLATE %s" % (self._quote(self.name), self._quote(self.kept)))

    def drop_copy(self) -> None:
        """Only where the original is kept: else this is the original."""
        if self.exists(self.kept) and self.exists(self.name):
            self._connection.execute(self._text(_END), {"name": self.name})
            self._execute("DROP DATABASE %s" % self._quote(self.name))

    def _execute(self, statement: str) -> None:
        self._connection.execute(self._text(statement.replace(":", "\\:")))


def _keep(databases: _Databases) -> None:
    if not databases.exists(databases.kept):
        databases.rename(databases.name, databases.kept)
    _reset(databases)


def _reset(databases: _Databases) -> None:
    databases.drop_copy()
    databases.copy()


def _back(databases: _Databases) -> None:
    if databases.exists(databases.kept):
        databases.drop_copy()
        databases.rename(databases.kept, databases.name)


_ACTIONS = {"keep": _keep, "reset": _reset, "back": _back}


def _run(url: Any, use: Any) -> None:
    """With a connection that commits each statement: a database cannot be made or dropped inside a transaction."""
    sqlalchemy: Any = importlib.import_module("sqlalchemy")
    pool: Any = importlib.import_module("sqlalchemy.pool")
    options = {"poolclass": pool.NullPool, "isolation_level": "AUTOCOMMIT"}
    if not getattr(url.get_dialect(), "is_async", False):
        with sqlalchemy.create_engine(url, **options).connect() as connection:
            use(connection)
        return
    import asyncio

    module: Any = importlib.import_module("sqlalchemy.ext.asyncio")

    async def run() -> None:
        async with module.create_async_engine(url, **options).connect() as connection:
            await connection.run_sync(use)

    asyncio.run(run())


def _command(arguments: List[str]) -> int:
    try:
        main(arguments[0], os.environ[DATABASE_VARIABLE])
    except Exception as error:
        print(str(getattr(error, "orig", None) or error).splitlines()[0], file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_command(sys.argv[1:]))
