"""What the servers' databases hold when a trial begins: table names and row counts, read with a connection of our own.

A trial cannot put a server's database back, but it can tell that it does not begin like the one before.
"""

import sys
from typing import Any, Dict, List, Set, Tuple

from .undo_database import engine_with, engines, shown, with_connection

MOST_TABLES = 300
MOST_COUNTED = 10_000
"""Rows of a table that are counted; beyond that all tables are as large."""

_FILES = ("sqlite", "duckdb")

Counts = Dict[str, int]


class ServerStates:
    """The databases on servers that ``imported`` engines lead to, or that an earlier trial is known to use."""

    def __init__(self, known: Dict[str, Counts], imported: Dict[str, Any]) -> None:
        self._imported = imported
        self._known = known
        """URL, with its password -> what it held when an earlier trial began; empty if that is not known."""

    def counted(self) -> Dict[str, Counts]:
        """What each holds now; those that cannot be read are left out."""
        found: Dict[str, Counts] = {}
        for url, engine in self._engines():
            try:
                found[url] = with_connection(engine, _counts)
            except Exception:
                pass  # not there yet, or not reached in this way
        return found

    def difference(self, now: Dict[str, Counts]) -> str:
        """In what the start differs from that of an earlier trial, '' if in nothing that is known."""
        for url, before in self._known.items():
            if before and url in now and now[url] != before:
                return "database %s is not as it was: %s" % (_name(url), _first_difference(before, now[url]))
        return ""

    def _engines(self) -> List[Tuple[str, Any]]:
        found = dict(self._imported)
        for url in self._known:
            if url not in found:
                found[url] = engine_with(url)
        return list(found.items())


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


def _first_difference(before: Counts, now: Counts) -> str:
    for name in sorted({*before, *now}):
        if name not in now:
            return "table %s is gone" % name
        if name not in before:
            return "table %s is new" % name
        if before[name] != now[name]:
            return "table %s has %d row%s, had %d" % (name, now[name], "s" if now[name] != 1 else "", before[name])
    return ""


def _name(url: str) -> str:
    sqlalchemy: Any = sys.modules["sqlalchemy.engine.url"]
    return str(shown(sqlalchemy.make_url(url)))
