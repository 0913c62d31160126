"""What drivers' connections and SQLAlchemy's objects hold, by version; nothing here goes to the database.

Private names of SQLAlchemy are here and in :mod:`.patches` only. Each has a fallback where a version lacks it.
"""

from typing import Any, Dict, Optional

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


def wrapped(dbapi: Any) -> Any:
    """The driver's own connection behind SQLAlchemy's adapter for asyncio."""
    return dbapi._connection


def pool_of(proxy: Any) -> Any:
    """The pool that handed out a connection; None once it was detached."""
    return getattr(proxy, "_pool", None)


def connection_of_thread(pool: Any) -> Any:
    """The record of a SingletonThreadPool's connection for this thread."""
    return pool._conn.current()


def engine_itself(engine: Any) -> Any:
    """The engine behind one that ``execution_options`` made."""
    return getattr(engine, "_proxied", engine)


def has_several_values(insert: Any) -> bool:
    """Whether it is an ``INSERT ... VALUES (...), (...)``."""
    return bool(getattr(insert, "_multi_values", None))


NAME_OF_VALUE = "%s_m%d"
"""How its parameters are called, by the column and the number of the row."""


def rows_returned(context: Any) -> Any:
    """The rows that all batches of one INSERT returned; None if it was not sent in batches."""
    return getattr(context, "_insertmanyvalues_rows", None)


def loads_known_object(context: Any) -> bool:
    """Whether the ORM sent the statement to refresh an object, or for the one that an object refers to."""
    options = (getattr(context, "execution_options", None) or {}).get("_sa_orm_load_options")
    return (
        getattr(options, "_refresh_state", None) is not None or getattr(options, "_lazy_loaded_from", None) is not None
    )


def is_mapped(attributes: "Dict[str, Any]") -> bool:
    """Whether the attributes of a class are those of a mapped one."""
    return "_sa_class_manager" in attributes


def has_lost_session(instance: Any) -> bool:
    """Whether an instance of a mapped class is in the database and in no session."""
    state = object.__getattribute__(instance, "_sa_instance_state")
    return state.key is not None and state.session is None
