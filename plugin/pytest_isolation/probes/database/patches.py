"""Register of the attributes of SQLAlchemy that the database probes replace.

Private names of SQLAlchemy are here and in :mod:`.drivers` only. Whether an attribute still is what a patch was written
for is read from its code: the names that it uses. SQLAlchemy's events take the place of those under :data:`ENGINE`
where one of them is not, or in safe mode.
"""

from typing import Any, Dict, Tuple

from ...patches import Patch, is_function

_BASE, _CONTEXT = "sqlalchemy.engine.base", "sqlalchemy.engine.default.DefaultExecutionContext"
_FROM_20 = "SQLAlchemy 2.0 and later"


def _uses(name: str) -> Any:
    """A check that a method is a function whose code uses that name."""
    return lambda value: is_function(value) and name in value.__code__.co_names


def _of_transactions(method: str, what: str) -> Patch:
    why = "Tells the probes that a transaction %s, before the driver is called." % what
    return Patch("%s.Connection.%s" % (_BASE, method), why, _FROM_20, known=_uses("dispatch"))


TRANSACTIONS: Dict[str, Patch] = {
    "begin": _of_transactions("_begin_impl", "begins"),
    "begin_twophase": _of_transactions("_begin_twophase_impl", "in two phases begins"),
    "commit": _of_transactions("_commit_impl", "is committed"),
    "rollback": _of_transactions("_rollback_impl", "is rolled back"),
    "commit_twophase": _of_transactions("_commit_twophase_impl", "in two phases is committed"),
    "rollback_twophase": _of_transactions("_rollback_twophase_impl", "in two phases is rolled back"),
}
"""SQLAlchemy's event -> the method that fires it, and is wrapped instead of listening to the event."""

POST_EXEC = Patch(
    _CONTEXT + ".post_exec",
    "Tells the probes of each statement that the driver has executed. Of the dialects' contexts too.",
    _FROM_20,
)
CONTEXT_SUBCLASSES = Patch(
    _CONTEXT + ".__init_subclass__",
    "Does the same to the contexts of dialects that are imported later.",
    _FROM_20,
    known=callable,
)
ERRORS = Patch(
    _BASE + ".Connection._handle_dbapi_exception",
    "Lets an engine fire `handle_error` from its first error on; until then its statements fire no events.",
    _FROM_20,
    known=_uses("_has_events"),
)
DIALECT_EVENTS = Patch(
    "sqlalchemy.engine.interfaces.Dialect._has_events",
    "Back to False after listening to `handle_error`, which makes every statement of every dialect fire events.",
    _FROM_20,
    known=lambda value: value is True,
)
RESULT = Patch(
    _CONTEXT + "._setup_result_proxy",
    "Of the context of an INSERT: reads the primary keys of its rows when the result is there.",
    "SQLAlchemy 1.4 and later",
    undone="by its only call, or with the context",
)

NEW_ENGINE = Patch(
    _BASE + ".Engine.__new__",
    "Notes which test or fixture makes each engine. SQLAlchemy reads the signature of `__init__`: that stays.",
    known=callable,
    undone="leaves a `__new__` that does nothing else: Python does not let it be deleted",
)
REFUSED = Patch(
    "sqlalchemy.exc.InvalidRequestError.__init__",
    "Sees that a table is defined a second time, for which there is no event.",
)
POOL_EMPTY = Patch(
    "sqlalchemy.exc.TimeoutError.__init__",
    "Sees that a pool has no connection left, for which there is no event.",
    known=callable,
)
CLEAR = Patch("sqlalchemy.sql.schema.MetaData.clear", "Names the line that clears a MetaData.")
REMOVE = Patch("sqlalchemy.sql.schema.MetaData.remove", "Names the line that removes a table from a MetaData.")
DISPOSE = Patch(
    "sqlalchemy.orm.mapper._dispose_registries",
    "Names the line of a `registry.dispose()` or `clear_mappers()`.",
    "SQLAlchemy 1.4 and later",
)

NOT_SEEN_IN_SAFE_MODE = (
    "which test or fixture made an engine",
    "the line that defines a table twice, clears a MetaData or removes a table from it",
    "registries that are disposed",
    "the wait for a pool that has no connection left",
    "primary keys that the database gave to new rows",
)
ENGINE: Tuple[Patch, ...] = (*TRANSACTIONS.values(), POST_EXEC)
"""What replaces the events of an Engine: all of them, or none."""
PATCHES = (
    *TRANSACTIONS.values(),
    POST_EXEC,
    CONTEXT_SUBCLASSES,
    ERRORS,
    DIALECT_EVENTS,
    RESULT,
    NEW_ENGINE,
    REFUSED,
    POOL_EMPTY,
    CLEAR,
    REMOVE,
    DISPOSE,
)


def engine_fits(connection: Any, context: Any) -> bool:
    """Whether these classes, Connection and DefaultExecutionContext, have and call what :data:`ENGINE` rests on."""
    execute = [vars(connection).get(name) for name in ("_exec_single_context", "_exec_insertmany_context")]
    compiled: Any = getattr(vars(context).get("_init_compiled"), "__func__", None)
    return (
        all(patch.fits() for patch in ENGINE)
        and all(_uses("post_exec")(method) for method in execute)
        and _uses("root_connection")(compiled)
    )
