"""Hand each executed statement to the probes that want it.

A suite sends the same few texts again and again. So each text is judged once for each pool, and what follows is a look
into two dicts: no probe wants most texts, nor those that a test has sent before.
"""

from typing import Any, Callable, Dict, List, Optional, Set, Tuple

from ...recorder import Recorder
from .sql_writes import LONGEST_KEPT, MEMO_LIMIT

Subscriber = Callable[[Any, Any, str, Any, Any, Optional[bool]], None]
"""Called with connection, cursor, text, parameters, context, and whether there are many sets of parameters, when the
driver has executed the statement. If that is None, the parameters are not given either: see :func:`sent`."""

Wants = Callable[[Any, str], bool]
"""Whether a statement of that text, on that connection, is of any interest. Asked once for each text and pool."""

Texts = Dict[str, Tuple[Subscriber, ...]]


def sent(parameters: Any, context: Any, many: Optional[bool]) -> Tuple[Any, bool]:
    """(parameters, many) of a statement, from what a subscriber was called with."""
    if many is not None:
        return parameters, many
    many = bool(context.executemany)
    return context.parameters if many else context.parameters[0], many


class StatementDispatch:
    """Knows the subscribers of each text on each pool."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._subscribers: List[Tuple[str, Wants, Subscriber]] = []
        """(probe, wants, subscriber), in the order in which they are called."""
        self.used: Dict[int, Texts] = {}
        """id(pool) -> text -> subscribers, of the pools that this test has used."""
        self._known: Dict[int, Texts] = {}
        """The same of all pools: the very same dicts."""
        self.unwanted: Set[str] = _NO_TEXTS
        """Texts that no probe wants, on any pool. Empty unless there is a single pool and this test has used it: a
        second one is noticed with the first text that is not in here."""
        self._unwanted: Dict[int, Set[str]] = {}
        """id(pool) -> texts that no probe wants."""
        self._passed_over: List[Tuple[int, str]] = []
        """(id(pool), text) that a subscriber does not want for the rest of the test."""
        self.when_first: List[Callable[[Any], Any]] = []
        """Called with the connection when a test first uses a pool; with the next statement again if one returned
        False."""
        self.missed = False
        """Whether a statement was missed, because a test went to the limit of recursion."""

    def subscribe(self, probe: str, wants: Wants, subscriber: Subscriber) -> None:
        """Call ``subscriber`` for what it wants, until it raises: that disables its probe."""
        self._subscribers.append((probe, wants, subscriber))

    def executed(self, conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        """Call the subscribers of a statement. Never raises."""
        try:
            try:
                subscribers = self.used[id(conn.engine.pool)][statement]
            except KeyError:
                subscribers = self.first(conn, statement)
            for call in subscribers:
                try:
                    call(conn, cursor, statement, parameters, context, many)
                except Exception as error:
                    self.failed(call, error)
        except Exception:
            self.missed = True

    def first(self, conn: Any, statement: str) -> Tuple[Subscriber, ...]:
        """The subscribers of a text, or on a pool, that this test has not used before."""
        pool = id(conn.engine.pool)
        texts = self.used.get(pool)
        if texts is None:
            texts = self._known.get(pool)
            if texts is None:
                texts = self._known[pool] = {}
                self._unwanted[pool], self.unwanted = set(), _NO_TEXTS
            if False not in [begin(conn) for begin in self.when_first]:
                self.used[pool] = texts
                if len(self._known) == 1:
                    self.unwanted = self._unwanted[pool]
        known = texts.get(statement)
        return self._subscribers_of(conn, statement, texts) if known is None else known

    def _subscribers_of(self, conn: Any, statement: str, texts: Texts) -> Tuple[Subscriber, ...]:
        found = []
        for probe, wants, subscriber in self._subscribers:
            try:
                if wants(conn, statement):
                    found.append(subscriber)
            except Exception as error:
                self._recorder.disable(probe, error)
        if len(statement) <= LONGEST_KEPT:
            if len(texts) >= MEMO_LIMIT:
                texts.clear()
            texts[statement] = tuple(found)
            unwanted = self._unwanted.get(id(conn.engine.pool))
            if not found and unwanted is not None:
                if len(unwanted) >= MEMO_LIMIT:
                    unwanted.clear()
                unwanted.add(statement)
        return tuple(found)

    def failed(self, failed: Subscriber, error: Exception) -> None:
        """Disable the probe of a subscriber that raised."""
        for probe, _, subscriber in self._subscribers:
            if subscriber == failed:
                self._recorder.fail(probe, error)
        self._subscribers = [each for each in self._subscribers if each[2] != failed]
        self._forget_all()

    def _forget_all(self) -> None:
        self.used.clear()
        self._known.clear()
        self._unwanted.clear()
        self.unwanted = _NO_TEXTS

    def pass_over(self, pool: int, statement: str, subscriber: Subscriber, for_good: bool) -> None:
        """Do not call ``subscriber`` for this text any more, ``for_good`` or in this test. ``pool`` is its id."""
        texts = self._known.get(pool, {})
        subscribers = texts.get(statement)
        if subscribers and subscriber in subscribers:
            texts[statement] = tuple(each for each in subscribers if each != subscriber)
            if not for_good:
                self._passed_over.append((pool, statement))

    def test_boundary(self) -> None:
        """A test starts or has ended."""
        self.used.clear()
        self.unwanted = _NO_TEXTS
        passed_over, self._passed_over = self._passed_over, []
        for pool, statement in passed_over:
            self._known.get(pool, {}).pop(statement, None)
        if self.missed and self._subscribers:  # what is counted from here on would be wrong
            self._subscribers = []
            self._forget_all()
            self._recorder.fail("statements", RecursionError("a statement was missed"))

    def forget(self, pool: int) -> None:
        """A pool was freed, and its id may become another's."""
        self.used.pop(pool, None)
        self._known.pop(pool, None)
        self._unwanted.pop(pool, None)
        self.unwanted = _NO_TEXTS


_NO_TEXTS: Set[str] = set()
