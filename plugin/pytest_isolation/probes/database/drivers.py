"""What a driver's connection, and its pool, can be asked, whatever the version: nothing that goes to the database."""

from typing import Any, Optional

DIRECT, WRAPPED = 1, 2


def lite(dbapi: Any) -> int:
    """See :class:`Ledger`."""
    for kind, held in ((DIRECT, dbapi), (WRAPPED, getattr(dbapi, "_connection", None))):
        if hasattr(held, "total_changes") and hasattr(held, "in_transaction"):
            return kind
    return 0


def total(dbapi: Any) -> Optional[int]:
    """None where the suite has closed it behind SQLAlchemy's back."""
    try:
        return int(dbapi.total_changes)
    except Exception:
        return None


def driver_connection(given: Any, record: Any) -> Any:
    """The pool's ``reset`` hands over the driver's connection, SQLAlchemy 1.4 what it is wrapped in."""
    if record is not None:
        return getattr(record, "dbapi_connection", None) or getattr(record, "connection", None) or given
    return getattr(given, "dbapi_connection", None) or given


def kept_on_return(record: Any) -> Optional[bool]:
    """Whether the pool commits what comes back to it; None where it leaves it as it is. By itself it rolls back."""
    pool = getattr(record, "_ConnectionRecord__pool", None)
    asked = str(getattr(pool, "_reset_on_return", "rollback"))
    return True if "commit" in asked else None if "none" in asked.lower() else False


def autocommit(conn: Any, dbapi: Any) -> bool:
    asked = getattr(conn, "_is_autocommit_isolation", None)
    if asked is not None:
        return bool(asked())
    return getattr(dbapi, "autocommit", False) is True


def connection_of(conn: Any) -> Any:
    """The driver's connection of a Connection; None where that is closed or invalid: it must not connect again."""
    try:
        return conn._dbapi_connection.dbapi_connection
    except AttributeError:  # it is closed, or of a SQLAlchemy before 1.4.24
        if conn.closed or conn.invalidated:
            return None
        return getattr(conn.connection, "dbapi_connection", None) or conn.connection.connection


_IN_TRANSACTION, _IN_ERROR = 1, 3
"""A bit of MySQL's server status, and libpq's PQTRANS_INERROR."""


def transaction_open(dbapi: Any) -> Optional[bool]:
    """Whether the driver has a transaction open, which SQLAlchemy may believe without a statement sent; None where it
    cannot tell."""
    kind = lite(dbapi)
    if kind:
        return bool((dbapi if kind == DIRECT else dbapi._connection).in_transaction)
    status = _status(dbapi)
    if status is not None:
        return status != 0
    status = getattr(dbapi, "server_status", None)  # PyMySQL
    if type(status) is int:  # it is not brought up to date by results that have rows
        return True if status & _IN_TRANSACTION else None
    asked = getattr(getattr(dbapi, "_connection", None), "is_in_transaction", None)  # asyncpg
    return bool(asked()) if asked is not None else None


def aborted(dbapi: Any, error: Any) -> bool:
    """Whether PostgreSQL refuses everything in this transaction from now on: a commit will undo it."""
    status = _status(dbapi)
    if status is not None:
        return status == _IN_ERROR
    return bool(getattr(error, "sqlstate", None)) and transaction_open(dbapi) is True


def _status(dbapi: Any) -> Optional[int]:
    """What libpq says of psycopg's connection, of version 2 or 3."""
    held = dbapi if hasattr(dbapi, "info") else getattr(dbapi, "_connection", None)
    status = getattr(getattr(held, "info", None), "transaction_status", None)
    return None if status is None else int(status)


def in_transaction(conn: Any) -> bool:
    """Of a Connection, and from 1.4 on of a Session."""
    asked = getattr(conn, "in_transaction", None)
    return bool(asked()) if asked is not None else False
