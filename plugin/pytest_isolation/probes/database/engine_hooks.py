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
from typing import Any, Callable, Dict, List, Sequence

from ...patches import Patches
from ...recorder import Recorder
from .patches import CONTEXT_SUBCLASSES, DIALECT_EVENTS, ERRORS, POST_EXEC, RESULT, TRANSACTIONS, engine_fits
from .statement_dispatch import StatementsSent

Listener = Callable[..., None]
"""Called with the Connection, before the driver is called; what else it is given differs by version."""


class Taps:
    """``module`` is ``sqlalchemy``, as the suite imported it."""

    def __init__(self, recorder: Recorder, module: Any) -> None:
        self._recorder = recorder
        self._module = module
        self._listeners: Dict[str, List[Listener]] = {}
        self.statements = StatementsSent(recorder)
        engine = module.engine
        self._connection, self._context = engine.base.Connection, engine.default.DefaultExecutionContext
        self._patches = recorder.patches
        self.tapped = engine_fits(self._connection, self._context) and not self._patches.safe
        """Whether there are no events, and several batches of one statement are told of as one."""

    def listen(self, probe: str, event: str, listener: Listener) -> None:
        """``event`` is SQLAlchemy's name of it. The listener cannot fail: that would disable its probe."""
        self._listeners.setdefault(event, []).append(self._recorder.guarded(probe, listener))

    def open(self) -> None:
        """Install the wrappers, or listen to the events, when all listeners are known."""
        listen, Engine = self._module.event.listen, self._module.engine.Engine
        self._listen_to_errors(self._listeners.pop("handle_error", ()))
        if self.tapped:
            _tap_contexts(self._context, self.statements, self._patches)
        else:
            listen(Engine, "after_cursor_execute", _as_event(self.statements))
        for event, listeners in self._listeners.items():
            if self.tapped:
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
        if self.tapped and had_none and self._patches.install(ERRORS, self._announcing([_have_events])):
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
                    statements.unheard = True
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


def _tap_contexts(context_class: Any, statements: StatementsSent, patches: Patches) -> None:
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

    def telling(original: Any) -> Any:
        @functools.wraps(original)
        def post_exec(context: Any) -> Any:
            __tracebackhide__ = True
            tell(context)
            return original(context)

        return post_exec

    def tap(own: Any) -> None:
        original = own.__dict__.get(POST_EXEC.name)
        if original is not None and "super" not in original.__code__.co_names:  # else the class above tells
            patches.install(POST_EXEC, telling, own)

    def subclasses(own: Any) -> Any:
        for each in own.__subclasses__():
            yield each
            yield from subclasses(each)

    def tapping(original: Any) -> Any:
        def __init_subclass__(cls: Any, /, **given: Any) -> None:
            super(context_class, cls).__init_subclass__(**given)
            tap(cls)

        return classmethod(__init_subclass__)

    patches.install(POST_EXEC, lambda _: tell, context_class)
    for each in list(subclasses(context_class)):
        tap(each)
    patches.install(CONTEXT_SUBCLASSES, tapping, context_class)


def _as_event(statements: StatementsSent) -> Any:
    executed = statements.executed

    # SQLAlchemy looks at a listener's own arguments, so they are named as it names them.
    def after_cursor_execute(
        conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
    ) -> None:
        executed(conn, cursor, statement, parameters, context, executemany)

    return after_cursor_execute
