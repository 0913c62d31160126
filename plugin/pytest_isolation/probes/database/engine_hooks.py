"""How the probes hear of what engines do: statements sent, transactions begun, committed and rolled back, errors.

SQLAlchemy has events for all of it. But an ``Engine`` with a single listener hands round three to six events for each
statement, to nobody mostly: a listener that does nothing made a suite of small statements a twelfth slower (counted in
instructions; SQLAlchemy 2.1). So from 2.0 on the same moments are seen without them:

* ``ExecutionContext.post_exec`` is called once for each statement, when the driver has executed it, and does nothing.
  Dialects that have one of their own are told of before that runs.
* ``Connection._commit_impl`` and its likes are wrapped: the listeners are called, then the method itself. pytest hides
  the wrapper's frame in the traceback of a commit that fails.

Where SQLAlchemy is older, or is not built as it was (its own code is asked), its events are listened to.
"""

import functools
import weakref
from types import FunctionType
from typing import Any, Callable, Dict, List, Sequence

from ...recorder import Recorder
from .statement_dispatch import StatementsSent

Listener = Callable[..., None]
"""Called with the Connection, before the driver is called; what else it is given differs by version."""

_METHODS = {
    "begin": "_begin_impl",
    "begin_twophase": "_begin_twophase_impl",
    "commit": "_commit_impl",
    "rollback": "_rollback_impl",
    "commit_twophase": "_commit_twophase_impl",
    "rollback_twophase": "_rollback_twophase_impl",
}
"""Event -> the method of Connection that fires it."""


class Taps:
    """``module`` is ``sqlalchemy``, as the suite imported it."""

    def __init__(self, recorder: Recorder, module: Any) -> None:
        self._recorder = recorder
        self._module = module
        self._listeners: Dict[str, List[Listener]] = {}
        self.statements = StatementsSent(recorder)
        engine = module.engine
        self._connection, self._context = engine.base.Connection, engine.default.DefaultExecutionContext
        self.tapped = can_be_tapped(self._connection, self._context)
        """Whether there are no events, and several batches of one statement are told of as one."""

    def listen(self, probe: str, event: str, listener: Listener) -> None:
        """``event`` is SQLAlchemy's name of it. The listener cannot fail: that would disable its probe."""
        self._listeners.setdefault(event, []).append(self._recorder.guarded(probe, listener))

    def open(self) -> None:
        """Everybody has said what to listen to."""
        listen, Engine = self._module.event.listen, self._module.engine.Engine
        self._listen_to_errors(self._listeners.pop("handle_error", ()))
        if self.tapped:
            _tap_contexts(self._context, self.statements)
        else:
            listen(Engine, "after_cursor_execute", _as_event(self.statements))
        for event, listeners in self._listeners.items():
            if self.tapped:
                method = _METHODS[event]
                original = self._connection.__dict__[method]
                setattr(self._connection, method, _announcing(original, tuple(listeners), self.statements))
            else:
                for listener in listeners:
                    listen(Engine, event, listener)

    def _listen_to_errors(self, listeners: "Sequence[Listener]") -> None:
        """Listen to the event itself, whose context holds all that the probes need. From 2.0 on it is an event of the
        dialect, and a dialect with a listener looks for all of its events with each statement: so an engine's dialect
        gets its events only with the engine's first error."""
        dialect: Any = getattr(self._module.engine, "Dialect", None)
        before = getattr(dialect, "__dict__", {}).get("_has_events")
        for listener in listeners:
            self._module.event.listen(self._module.engine.Engine, "handle_error", listener)
        original = self._connection.__dict__.get("_handle_dbapi_exception")
        if (
            self.tapped
            and before is False
            and isinstance(original, FunctionType)
            and "_has_events" in original.__code__.co_names
        ):
            dialect._has_events = before
            self._connection._handle_dbapi_exception = _announcing(original, (_have_events,), self.statements)


def _have_events(connection: Any) -> None:
    connection.dialect._has_events = True


def _announcing(original: Any, listeners: "tuple[Listener, ...]", statements: StatementsSent) -> Any:
    """A method that calls the listeners with the connection, then ``original``."""

    @functools.wraps(original)
    def method(connection: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        try:
            for listener in listeners:
                listener(connection)
        except Exception:
            statements.unheard = True
        return original(connection, *args, **kwargs)

    return method


def when_result_is_there(context: Any, then: Callable[[Any], None]) -> None:
    """Call ``then(context)`` once, when SQLAlchemy has made the result of the statement just executed (from 1.4 on). It
    must not raise, and is not kept any longer than the context."""
    reference = weakref.ref(context)

    def _setup_result_proxy() -> Any:
        __tracebackhide__ = True
        context: Any = reference()
        context.__dict__.pop("_setup_result_proxy", None)
        result = context._setup_result_proxy()
        then(context)
        return result

    if hasattr(context, "_setup_result_proxy"):
        context.__dict__["_setup_result_proxy"] = _setup_result_proxy


def can_be_tapped(connection: Any, context: Any) -> bool:
    """Whether Connection and DefaultExecutionContext call, and have, what :class:`Taps` rests on."""
    execute: List[Any] = [
        connection.__dict__.get(name) for name in ("_exec_single_context", "_exec_insertmany_context")
    ]
    methods: List[Any] = [connection.__dict__.get(name) for name in _METHODS.values()]
    post_exec = context.__dict__.get("post_exec")
    compiled: Any = getattr(context.__dict__.get("_init_compiled"), "__func__", None)
    return (
        all(isinstance(method, FunctionType) for method in (*execute, *methods, post_exec, compiled))
        and all("post_exec" in method.__code__.co_names for method in execute)
        and all("dispatch" in method.__code__.co_names for method in methods)
        and "root_connection" in compiled.__code__.co_names
    )


def _tap_contexts(context_class: Any, statements: StatementsSent) -> None:
    """The class itself, the dialects' own, and those that are imported later."""
    heard, first = statements.heard, statements.first

    def tell(context: Any) -> None:
        """Of a statement that nobody wants to hear of, half a microsecond. Cannot fail."""
        try:
            statement = context.statement
            if statement in statements.quiet:
                return
            conn = context.root_connection
            try:
                hearers = heard[id(conn.engine.pool)][statement]
            except KeyError:
                hearers = first(conn, statement)
            if hearers:
                cursor = context.cursor
                for hear in hearers:
                    try:
                        hear(conn, cursor, statement, None, context, None)
                    except Exception as error:
                        statements.failed(hear, error)
        except Exception:
            statements.unheard = True

    def tap(own: Any) -> None:
        original = own.__dict__.get("post_exec")
        if not isinstance(original, FunctionType) or "super" in original.__code__.co_names:
            return  # the class above tells

        @functools.wraps(original)
        def post_exec(context: Any) -> Any:
            tell(context)
            return original(context)

        own.post_exec = post_exec

    def subclasses(own: Any) -> Any:
        for each in own.__subclasses__():
            yield each
            yield from subclasses(each)

    def __init_subclass__(cls: Any, /, **given: Any) -> None:
        super(context_class, cls).__init_subclass__(**given)
        tap(cls)

    context_class.post_exec = tell
    for each in list(subclasses(context_class)):
        tap(each)
    context_class.__init_subclass__ = classmethod(__init_subclass__)


def _as_event(statements: StatementsSent) -> Any:
    executed = statements.executed

    # SQLAlchemy looks at a listener's own arguments, so they are named as it names them.
    def after_cursor_execute(
        conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
    ) -> None:
        executed(conn, cursor, statement, parameters, context, executemany)

    return after_cursor_execute
