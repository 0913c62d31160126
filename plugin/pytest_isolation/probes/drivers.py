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


def transaction_open(dbapi: Any) -> Optional[bool]:
    """Whether the driver has a transaction open, which SQLAlchemy may believe without a statement sent; None where it
    cannot tell."""
    kind = lite(dbapi)
    if kind:
        return bool((dbapi if kind == DIRECT else dbapi._connection).in_transaction)
    status = getattr(getattr(dbapi, "info", None), "transaction_status", None)  # psycopg 2 and 3
    return None if status is None else int(status) != 0


def in_transaction(conn: Any) -> bool:
    """Of a Connection, and from 1.4 on of a Session."""
    asked = getattr(conn, "in_transaction", None)
    return bool(asked()) if asked is not None else False
