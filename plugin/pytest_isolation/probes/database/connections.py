"""Connections that were not returned to their pool, and sessions with an open transaction.

Objects are held weakly and asked when a unit ends: what was freed, closed or returned meanwhile is not open.

Facts about SQLAlchemy (1.4 to 2.1) that shape this file:

* The pool's ``checkout`` fires for each that is taken, for async engines too; its third argument is valid until
  the connection is given back.
* ``Session.after_begin`` fires when a session first speaks to a database in a transaction, and for each savepoint.
* A session takes its own connection, unless it was bound to one: one thing that is out, not two.
* Before a drop, and when a driver reports a lock timeout, a query could wait too: what is open is known from events.
"""

import functools
import sys
import weakref
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ...call_sites import caller
from ...events import DropAwaited, HeldClosed, HeldOpen, Place, SessionShared, Unit, WaitedInVain
from ...recorder import Recorder
from .databases import Databases
from .ddl import SchemaProbe
from .drivers import in_transaction, pool_of, transaction_open
from .engine_hooks import EngineHooks
from .patches import POOL_EMPTY

PROBE = "connections"

MOST_HELD = 50
"""How many open connections and sessions are emitted for one test, and how many for one wait."""
MOST_COMPLAINTS = 20
"""How many waits are emitted for one test, which may retry."""
_REMEMBERED = 256
_IN_VAIN = (
    ("locked", ("database is locked", "database table is locked", "database schema is locked")),
    ("lock timeout", ("lock timeout", "Lock wait timeout", "deadlock detected")),
    ("in use", ("is being accessed by other users",)),
)
"""Why a statement waited or was refused, and the words of the drivers."""
_POOL_IS_EMPTY = "QueuePool limit of size"


class Taken(NamedTuple):
    """``what`` is a weak reference: to what the pool handed out, or to a session."""

    what: Any
    unit: Unit
    place: Place


class Used:
    """A session: the unit that used it first, and its transaction."""

    __slots__ = ("begun", "connection", "first", "number", "owner", "shared_with", "what")

    def __init__(self, what: Any, unit: Unit) -> None:
        self.what = what
        self.owner = self.first = unit
        self.number = 0
        self.shared_with = ""
        self.begun: Optional[Taken] = None
        self.connection: Any = None


class ConnectionsProbe:
    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._databases: Optional[Databases] = None
        self._latest: Optional[Taken] = None
        """What was checked out last: mostly by the session that begins next."""
        self._out: Dict[int, Taken] = {}
        """id of the pool's record, or of what the pool handed out -> who checked it out. Most have been returned."""
        self._begun: Dict[int, Any] = {}
        """id(Connection) -> weak reference, of those that began a transaction."""
        self._sessions: Dict[int, Used] = {}
        self._complaints = 0
        """How many waits were emitted since the test began."""
        self._held: Dict[int, Tuple[str, Taken]] = {}
        """Number -> what was emitted as open: ``connection`` or ``session``, and who took it."""
        self._count = 0

    # -- listeners ------------------------------------------------------------------------------------------------

    def taken(self, dbapi: Any, record: Any, proxy: Any) -> None:
        """Called for each connection that is taken from a pool."""
        key = id(record)
        known = self._out.get(key)
        if known is not None and known.what() is not None:
            key = id(proxy)  # StaticPool hands one out several times
        self._latest = self._out[key] = Taken(weakref.ref(proxy), self._recorder.unit(), caller())
        if len(self._out) > _REMEMBERED:
            self._forget()

    def _forget(self) -> None:
        """What has been given back."""
        self._out = {key: taken for key, taken in list(self._out.items()) if _is_out(taken)}

    def begins(self, conn: Any, *_: Any) -> None:
        self._begun[id(conn)] = weakref.ref(conn)
        if len(self._begun) > _REMEMBERED:
            self._begun = {id(conn): weakref.ref(conn) for conn in self._in_transaction()}

    def session_begins(self, session: Any, transaction: Any, connection: Any) -> None:
        if getattr(transaction, "parent", None) is not None:
            return  # a savepoint
        taken = self._latest
        if taken is None or taken.what() is not connection.connection:  # it was bound to a connection
            taken = Taken(None, self._recorder.unit(), caller())
        unit = taken.unit
        used = self._sessions.get(id(session))
        if used is None or used.what() is not session:
            if len(self._sessions) > _REMEMBERED:
                known = list(self._sessions.items())  # another thread may begin one meanwhile
                self._sessions = {key: used for key, used in known if used.what() is not None}
            used = self._sessions[id(session)] = Used(weakref.ref(session), unit)
        used.begun = Taken(used.what, unit, taken.place)
        used.connection = weakref.ref(connection)
        if not used.first.nodeid:
            used.first = unit
        nodeid = unit.nodeid
        if nodeid not in (used.first.nodeid, used.shared_with, ""):
            used.shared_with = nodeid
            used.number = used.number or self._next()
            place = used.begun.place
            self._recorder.emit(SessionShared(used.number, used.first.nodeid, place, unit, used.owner))

    def failed(self, context: Any) -> None:
        """A statement raised: emit who holds what it waited for, if that is why."""
        if self._complaints >= MOST_COMPLAINTS:
            return
        # What it was made with, as far as that is plain text: it may be an exception of the suite's own.
        text = " ".join(given for given in context.original_exception.args if type(given) is str)
        why = next((why for why, texts in _IN_VAIN if any(each in text for each in texts)), "")
        conn = context.connection
        if why and self._databases is not None:
            # DROP DATABASE is refused while another connection is open; other statements wait for transactions.
            engine = conn if conn is not None else context.engine
            number = self._databases.number(engine) or 0
            if why == "in use":
                out = [taken for proxy, taken in self._still_out() if self._databases.of_pool(pool_of(proxy)) != number]
                self._emit_wait(why, number, out)
            else:
                self._emit_wait(why, number, self._in_the_way(number, conn))

    def pool_is_empty(self, pool: Any) -> None:
        if self._complaints >= MOST_COMPLAINTS:
            return
        number = self._databases.of_pool(pool) if self._databases is not None else 0
        out = [taken for proxy, taken in self._still_out() if pool_of(proxy) is pool]
        self._emit_wait("pool", number, out)

    def _emit_wait(self, why: str, number: int, out: List[Taken]) -> None:
        self._complaints += 1
        out = out[:MOST_HELD]
        places, units = [taken.place for taken in out], [taken.unit for taken in out]
        self._recorder.emit(
            WaitedInVain(
                database=number, why=why, holders=places, units=units, place=caller(4), unit=self._recorder.unit()
            )
        )

    def drops(self, connection: Any, place: Place) -> None:
        """Tables are about to be dropped."""
        if self._complaints >= MOST_COMPLAINTS:
            return
        number = self._databases.number(connection) if self._databases is not None else None
        holders = self._in_the_way(number, connection)[:MOST_HELD] if number is not None and self._begun else []
        if holders:
            self._complaints += 1
            places, units = [taken.place for taken in holders], [taken.unit for taken in holders]
            self._recorder.emit(DropAwaited(number or 0, places, place, self._recorder.unit(), units))
            self._recorder.flush_now()  # a server may wait forever

    # -- what is out ----------------------------------------------------------------------------------------------

    def _still_out(self) -> List[Tuple[Any, Taken]]:
        """(what the pool handed out, who took it)."""
        pairs = [(taken.what(), taken) for taken in list(self._out.values())]
        return [(proxy, taken) for proxy, taken in pairs if proxy is not None and proxy.is_valid]

    def _in_transaction(self) -> List[Any]:
        connections = [reference() for reference in list(self._begun.values())]
        return [conn for conn in connections if conn is not None and _usable(conn) and in_transaction(conn)]

    def _in_the_way(self, number: int, but: Any) -> List[Taken]:
        """Who took the other connections with a transaction on this database that its driver does not deny."""
        mine = _driver(but)
        still = self._still_out()
        found = []
        for conn in self._in_transaction():
            dbapi = _driver(conn)
            if conn is but or dbapi is None or dbapi is mine or self._number(conn) != number:
                continue  # in-memory SQLite has one connection for all: it never waits
            if transaction_open(dbapi) is not False:
                held = conn.connection
                found.append(next((taken for proxy, taken in still if proxy is held), Taken(None, Unit(), Place())))
        return found

    def _number(self, conn: Any) -> int:
        return (self._databases.number(conn) if self._databases is not None else 0) or 0

    def _next(self) -> int:
        self._count += 1
        return self._count

    # -- boundaries ----------------------------------------------------------------------------------------------

    def flush(self) -> None:
        """A unit ends: emit what it returned."""
        for number, (what, taken) in list(self._held.items()):
            held = taken.what()
            if held is None or not (self._holds(held) if what == "session" else held.is_valid):
                del self._held[number]
                self._recorder.emit(HeldClosed(number, self._recorder.unit()))

    def test_boundary(self) -> None:
        """A test starts, or has ended: then emit what is open."""
        if self._recorder.phase != "teardown":
            self._complaints = 0
            return
        budget = MOST_HELD
        own_connections = set()
        for key, used in list(self._sessions.items()):
            session = used.what()
            if session is None:
                self._sessions.pop(key, None)
            elif self._holds(session) and used.begun is not None:
                conn = used.connection()
                if getattr(session, "bind", None) is not conn:
                    own_connections.add(id(conn.connection))
                if not used.begun.unit.nodeid or used.begun.unit.nodeid == self._recorder.nodeid:
                    budget -= self._emit_held(budget, "session", used.begun, self._number(conn), True)
        if self._out:
            self._forget()
            still = self._still_out()
            begun = {id(conn.connection) for conn in self._in_transaction()}
            for proxy, taken in still:
                if id(proxy) not in own_connections and taken.unit.nodeid in ("", self._recorder.nodeid):
                    number = self._databases.of_pool(pool_of(proxy)) if self._databases is not None else 0
                    budget -= self._emit_held(budget, "connection", taken, number, id(proxy) in begun)
        if self._begun:
            self._begun = {id(conn): weakref.ref(conn) for conn in self._in_transaction()}

    def _emit_held(self, budget: int, what: str, taken: Taken, database: int, in_transaction: bool) -> int:
        """How many facts were emitted."""
        if budget <= 0 or any(said is taken for _, said in self._held.values()):
            return 0
        number = self._next()
        self._held[number] = (what, taken)
        self._recorder.emit(
            HeldOpen(
                nodeid=self._recorder.nodeid,
                holder=number,
                database=database,
                what=what,
                in_transaction=in_transaction,
                place=taken.place,
                unit=taken.unit,
            )
        )
        return 1

    def _holds(self, session: Any) -> bool:
        """Whether the session is in a transaction that uses a connection."""
        used = self._sessions.get(id(session))
        conn = used.connection() if used is not None and used.connection is not None else None
        return conn is not None and _usable(conn) and in_transaction(session)


def _is_out(taken: Taken) -> bool:
    proxy = taken.what()
    return proxy is not None and bool(proxy.is_valid)


def _usable(conn: Any) -> bool:
    """Whether it is neither closed nor invalid: then it would connect again."""
    return not (conn.closed or conn.invalidated)


def _driver(conn: Any) -> Any:
    """The driver's own connection; None where there is none."""
    if conn is None or not hasattr(conn, "closed") or not _usable(conn):
        return None
    held = conn.connection
    return getattr(held, "dbapi_connection", None) or getattr(held, "connection", None)


def arm_core(
    recorder: Recorder,
    sqlalchemy: Any,
    hooks: EngineHooks,
    probe: ConnectionsProbe,
    databases: Databases,
    schema: SchemaProbe,
) -> None:
    """Listen to ``sqlalchemy``, the module as the suite imported it."""
    probe._databases = databases
    sqlalchemy.event.listen(sqlalchemy.pool.Pool, "checkout", recorder.guarded(PROBE, probe.taken))
    for name in ("begin", "begin_twophase"):
        hooks.listen(PROBE, name, probe.begins)
    hooks.listen(PROBE, "handle_error", probe.failed)
    schema.before_drops.append(recorder.guarded(PROBE, probe.drops))
    recorder.patches.install(POOL_EMPTY, _noticing_empty_pools(recorder.guarded(PROBE, probe.pool_is_empty)))
    recorder.before_phase_ends(PROBE, probe.flush)
    recorder.at_test_boundaries(PROBE, probe.test_boundary)


def arm_orm(recorder: Recorder, orm: Any, event: Any, probe: ConnectionsProbe) -> None:
    """Listen to ``sqlalchemy.orm``, the module as the suite imported it."""
    event.listen(orm.Session, "after_begin", recorder.guarded(PROBE, probe.session_begins))


def _noticing_empty_pools(empty: Any) -> Any:
    """A patch of the exception that the pool makes."""

    def wrap(original: Any) -> Any:
        @functools.wraps(original)
        def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
            __tracebackhide__ = True
            original(self, *args, **kwargs)
            if args and isinstance(args[0], str) and args[0].startswith(_POOL_IS_EMPTY):
                empty(sys._getframe(1).f_locals.get("self"))

        return __init__

    return wrap
