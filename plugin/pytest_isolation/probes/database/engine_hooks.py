"""Tell the probes of statements, of transactions that begin and end, and of errors.

SQLAlchemy has events for all of it. But an ``Engine`` with a single listener fires three to six events for each
statement: a listener that does nothing made a suite of small statements a twelfth slower (counted in instructions;
SQLAlchemy 2.1). So from 2.0 on methods are wrapped instead (:mod:`.patches`):

* ``ExecutionContext.post_exec`` does nothing, and is called once for each statement when the driver has executed it. A
  dialect may have its own, which is wrapped too.
* The methods of ``Connection`` that begin and end a transaction. pytest hides the wrapper's frame in the traceback of a
  commit that fails.

If SQLAlchemy is older or is built otherwise, and in safe mode, its events are used.
"""

import functools
import weakref
from typing import Any, Callable, Dict, List, Sequence

from ...patches import Patches
from ...recorder import Recorder
from .patches import CONTEXT_SUBCLASSES, DIALECT_EVENTS, ERRORS, POST_EXEC, RESULT, TRANSACTIONS, engine_fits
from .statement_dispatch import StatementDispatch

Listener = Callable[..., None]
"""Called with the Connection before the driver is called; its other arguments differ by version."""


class EngineHooks:
    """Calls listeners at SQLAlchemy's events, or at the methods that fire them.

    ``module`` is ``sqlalchemy``, as the suite imported it.
    """

    def __init__(self, recorder: Recorder, module: Any) -> None:
        self._recorder = recorder
        self._module = module
        self._listeners: Dict[str, List[Listener]] = {}
        self.statements = StatementDispatch(recorder)
        engine = module.engine
        self._connection, self._context = engine.base.Connection, engine.default.DefaultExecutionContext
        self._patches = recorder.patches
        self.hooked = engine_fits(self._connection, self._context) and not self._patches.safe
        """Whether methods are wrapped. Then a statement that is sent in batches is dispatched once."""

    def listen(self, probe: str, event: str, listener: Listener) -> None:
        """Call the listener at an event, by SQLAlchemy's name of it. An exception disables its probe."""
        self._listeners.setdefault(event, []).append(self._recorder.guarded(probe, listener))

    def open(self) -> None:
        """Install the wrappers, or listen to the events, when all listeners are known."""
        listen, Engine = self._module.event.listen, self._module.engine.Engine
        self._listen_to_errors(self._listeners.pop("handle_error", ()))
        if self.hooked:
            _hook_contexts(self._context, self.statements, self._patches)
        else:
            listen(Engine, "after_cursor_execute", _as_event(self.statements))
        for event, listeners in self._listeners.items():
            if self.hooked:
                self._patches.install(TRANSACTIONS[event], self._announcing(listeners))
            else:
                for listener in listeners:
                    listen(Engine, event, listener)

    def _listen_to_errors(self, listeners: "Sequence[Listener]") -> None:
        """Listen to the event itself, whose context holds all that the probes need. From 2.0 on it is an event of the
        dialect, and a dialect with a listener looks for all of its events with each statement: so an engine's dialect
        gets its events only with the engine's first error."""
        had_none = getattr(DIALECT_EVENTS.owner(), DIALECT_EVENTS.name, None) is False
        for listener in listeners:
            self._module.event.listen(self._module.engine.Engine, "handle_error", listener)
        if self.hooked and had_none and self._patches.install(ERRORS, self._announcing([_have_events])):
            self._patches.install(DIALECT_EVENTS, lambda _: False)

    def _announcing(self, listeners: "Sequence[Listener]") -> Callable[[Any], Any]:
        """A patch: a method that calls the listeners with the connection, then the original."""
        statements, listeners = self.statements, tuple(listeners)

        def wrap(original: Any) -> Any:
            @functools.wraps(original)
            def method(connection: Any, *args: Any, **kwargs: Any) -> Any:
                __tracebackhide__ = True
                try:
                    for listener in listeners:
                        listener(connection)
                except Exception:
                    statements.missed = True
                return original(connection, *args, **kwargs)

            return method

        return wrap


def _have_events(connection: Any) -> None:
    setattr(connection.dialect, DIALECT_EVENTS.name, True)


def when_result_is_there(context: Any, then: Callable[[Any], None]) -> None:
    """Call ``then(context)`` once, when SQLAlchemy has made the result of the statement just executed (from 1.4 on). It
    must not raise, and is not kept any longer than the context."""
    reference, name = weakref.ref(context), RESULT.name

    def make_result() -> Any:
        __tracebackhide__ = True
        context: Any = reference()
        context.__dict__.pop(name, None)
        result = getattr(context, name)()
        then(context)
        return result

    if hasattr(context, name):
        context.__dict__[name] = make_result


def _hook_contexts(context_class: Any, statements: StatementDispatch, patches: Patches) -> None:
    """Wrap ``post_exec`` of the class, of the dialects' own classes, and of those that are imported later."""
    used, first = statements.used, statements.first

    def dispatch(context: Any) -> None:
        """Call the subscribers; half a microsecond if there are none. Never raises."""
        try:
            statement = context.statement
            if statement in statements.unwanted:
                return
            conn = context.root_connection
            try:
                subscribers = used[id(conn.engine.pool)][statement]
            except KeyError:
                subscribers = first(conn, statement)
            if subscribers:
                cursor = context.cursor
                for call in subscribers:
                    try:
                        call(conn, cursor, statement, None, context, None)
                    except Exception as error:
                        statements.failed(call, error)
        except Exception:
            statements.missed = True

    def dispatching(original: Any) -> Any:
        @functools.wraps(original)
        def post_exec(context: Any) -> Any:
            __tracebackhide__ = True
            dispatch(context)
            return original(context)

        return post_exec

    def hook(own: Any) -> None:
        original = own.__dict__.get(POST_EXEC.name)
        if original is not None and "super" not in original.__code__.co_names:  # else its parent's is called
            patches.install(POST_EXEC, dispatching, own)

    def subclasses(own: Any) -> Any:
        for each in own.__subclasses__():
            yield each
            yield from subclasses(each)

    def hooking(original: Any) -> Any:
        def __init_subclass__(cls: Any, /, **given: Any) -> None:
            super(context_class, cls).__init_subclass__(**given)
            hook(cls)

        return classmethod(__init_subclass__)

    patches.install(POST_EXEC, lambda _: dispatch, context_class)
    for each in list(subclasses(context_class)):
        hook(each)
    patches.install(CONTEXT_SUBCLASSES, hooking, context_class)


def _as_event(statements: StatementDispatch) -> Any:
    executed = statements.executed

    # SQLAlchemy reads the names of a listener's arguments.
    def after_cursor_execute(
        conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
    ) -> None:
        executed(conn, cursor, statement, parameters, context, executemany)

    return after_cursor_execute
