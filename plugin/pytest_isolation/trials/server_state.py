"""What the servers' databases hold when a trial begins, and when its first test does: table names and row counts.

A trial cannot put a server's database back, but it can tell that it does not begin like the one before.
"""

import sys
from typing import Any, Dict, List, Set

from .undo_database import engine_with, engines, with_connection

MOST_TABLES = 300
MOST_COUNTED = 10_000
"""Rows of a table that are counted; beyond that all tables are as large."""

_FILES = ("sqlite", "duckdb")

Counts = Dict[str, int]


class ServerStates:
    """The databases on servers that ``imported`` engines lead to, or that an earlier trial is known to use: their URLs,
    with passwords, are ``known``."""

    def __init__(self, known: List[str], imported: Dict[str, Any]) -> None:
        self._engines = dict(imported)
        self._known = known

    def counted(self) -> Dict[str, Counts]:
        """What each holds now; those that cannot be read are left out."""
        for url in self._known:
            if url not in self._engines:
                self._engines[url] = engine_with(url)
        found: Dict[str, Counts] = {}
        for url, engine in self._engines.items():
            try:
                found[url] = with_connection(engine, _counts)
            except Exception:
                pass  # not there yet, or not reached in this way
        return found


def imported_engines() -> Dict[str, Any]:
    """The engines for servers that there are after collection, by URL.

    Looked for once, before any fork: to go through all objects in a fork copies every page of memory.
    """
    return {full_url(engine.url): engine for _, engine in engines() if is_server(engine)}


class ServersUsed:
    """The URLs, with their passwords, of the servers' databases that statements were sent to."""

    def __init__(self) -> None:
        self.urls: Set[str] = set()
        self._listens = False

    def listen(self) -> None:
        """From now on, if SQLAlchemy is loaded by now."""
        engine: Any = getattr(sys.modules.get("sqlalchemy.engine"), "Engine", None)
        event: Any = sys.modules.get("sqlalchemy.event")
        if not self._listens and engine is not None and event is not None:
            event.listen(engine, "before_cursor_execute", self._heard)
            self._listens = True

    def _heard(self, conn: Any, cursor: Any, statement: Any, parameters: Any, context: Any, executemany: Any) -> None:
        try:
            if is_server(conn.engine):
                self.urls.add(full_url(conn.engine.url))
        except Exception:
            pass  # a stand-in of the suite's own


def is_server(engine: Any) -> bool:
    """Whether its database is on a server."""
    return engine.dialect.name not in _FILES


def full_url(url: Any) -> str:
    render = getattr(url, "render_as_string", None)
    return str(render(hide_password=False) if render is not None else url)


def _counts(connection: Any) -> Counts:
    sqlalchemy: Any = sys.modules["sqlalchemy"]
    names = sorted(sqlalchemy.inspect(connection).get_table_names())
    quote = connection.dialect.identifier_preparer.quote
    counts = {}
    for name in names[:MOST_TABLES]:
        some = "SELECT 1 FROM %s LIMIT %d" % (quote(name), MOST_COUNTED)
        counts[name] = connection.execute(sqlalchemy.text("SELECT count(*) FROM (%s) AS counted" % some)).scalar()
    return counts
