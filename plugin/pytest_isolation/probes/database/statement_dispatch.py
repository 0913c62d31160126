"""Who wants to hear of which statement.

A suite sends the same few texts again and again. So each text is looked at once for each pool, and what follows is one
look into two dicts: most texts, and those that a test has sent before, nobody wants to hear of.
"""

from typing import Any, Callable, Dict, List, Optional, Set, Tuple

from ...recorder import Recorder
from .sql_writes import LONGEST_KEPT, MEMO_LIMIT

Hearer = Callable[[Any, Any, str, Any, Any, Optional[bool]], None]
"""Called with connection, cursor, text, parameters, context, and whether there are many sets of parameters, when the
driver has executed the statement. Where that is None the context is to be asked, for the parameters too: see
:func:`sent`."""

Wants = Callable[[Any, str], bool]
"""Whether a statement of that text, on that connection, is of any interest. Asked once a text and pool."""


def sent(parameters: Any, context: Any, many: Optional[bool]) -> Tuple[Any, bool]:
    """(parameters, many) of a statement that a hearer was told of."""
    if many is not None:
        return parameters, many
    many = bool(context.executemany)
    return context.parameters if many else context.parameters[0], many


class StatementsSent:
    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._hearers: List[Tuple[str, Wants, Hearer]] = []
        """(probe, wants, hearer), in the order in which they hear."""
        self.heard: Dict[int, Dict[str, Tuple[Hearer, ...]]] = {}
        """id(pool) -> text -> who hears of it; of the pools to which this test has sent something."""
        self._known: Dict[int, Dict[str, Tuple[Hearer, ...]]] = {}
        """The same of all pools: these very dicts."""
        self.quiet: Set[str] = _NO_TEXTS
        """Texts that nobody hears of, whatever pool they are sent to: as long as there is one only, and this test has
        sent it something. That there is a second is noticed with the first text that is not among them."""
        self._unheard: Dict[int, Set[str]] = {}
        """id(pool) -> texts that nobody hears of."""
        self._passed_over: List[Tuple[int, str]] = []
        """What was passed over for the rest of the test."""
        self.when_first: List[Callable[[Any], Any]] = []
        """Called with the connection, when a test sends its first statement to a pool; and again with the next one, if
        one of them returned False."""
        self.unheard = False
        """A test went to the limit of recursion, where any call is one too many, and something was missed."""

    def tell(self, probe: str, wants: Wants, hearer: Hearer) -> None:
        """From now on ``hearer`` hears of what it wants, until it raises: that disables its probe."""
        self._hearers.append((probe, wants, hearer))

    def executed(self, conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        """Cannot fail."""
        try:
            try:
                hearers = self.heard[id(conn.engine.pool)][statement]
            except KeyError:
                hearers = self.first(conn, statement)
            for hear in hearers:
                try:
                    hear(conn, cursor, statement, parameters, context, many)
                except Exception as error:
                    self.failed(hear, error)
        except Exception:
            self.unheard = True

    def first(self, conn: Any, statement: str) -> Tuple[Hearer, ...]:
        """Who hears of a statement, or a pool, that this test has not sent, or spoken to, before."""
        pool = id(conn.engine.pool)
        texts = self.heard.get(pool)
        if texts is None:
            texts = self._known.get(pool)
            if texts is None:
                texts = self._known[pool] = {}
                self._unheard[pool], self.quiet = set(), _NO_TEXTS
            if False not in [begin(conn) for begin in self.when_first]:
                self.heard[pool] = texts
                if len(self._known) == 1:
                    self.quiet = self._unheard[pool]
        known = texts.get(statement)
        return self._hearers_of(conn, statement, texts) if known is None else known

    def _hearers_of(self, conn: Any, statement: str, texts: Dict[str, Tuple[Hearer, ...]]) -> Tuple[Hearer, ...]:
        hearers = []
        for probe, wants, hear in self._hearers:
            try:
                if wants(conn, statement):
                    hearers.append(hear)
            except Exception as error:
                self._recorder.disable(probe, error)
        if len(statement) <= LONGEST_KEPT:
            if len(texts) >= MEMO_LIMIT:
                texts.clear()
            texts[statement] = tuple(hearers)
            unheard = self._unheard.get(id(conn.engine.pool))
            if not hearers and unheard is not None:
                if len(unheard) >= MEMO_LIMIT:
                    unheard.clear()
                unheard.add(statement)
        return tuple(hearers)

    def failed(self, failed: Hearer, error: Exception) -> None:
        for probe, _, hear in self._hearers:
            if hear == failed:
                self._recorder.fail(probe, error)
        self._hearers = [each for each in self._hearers if each[2] != failed]
        self._forget_all()

    def _forget_all(self) -> None:
        self.heard.clear()
        self._known.clear()
        self._unheard.clear()
        self.quiet = _NO_TEXTS

    def pass_over(self, pool: int, statement: str, hearer: Hearer, for_good: bool) -> None:
        """``hearer`` wants to hear no more of it, ``for_good`` or in this test. ``pool`` is its id."""
        texts = self._known.get(pool, {})
        hearers = texts.get(statement)
        if hearers and hearer in hearers:
            texts[statement] = tuple(each for each in hearers if each != hearer)
            if not for_good:
                self._passed_over.append((pool, statement))

    def test_boundary(self) -> None:
        """A test starts or has ended."""
        self.heard.clear()
        self.quiet = _NO_TEXTS
        passed_over, self._passed_over = self._passed_over, []
        for pool, statement in passed_over:
            self._known.get(pool, {}).pop(statement, None)
        if self.unheard and self._hearers:  # what is counted from here on would be wrong
            self._hearers = []
            self._forget_all()
            self._recorder.fail("statements", RecursionError("a statement could not be heard of"))

    def forget(self, pool: int) -> None:
        """A pool is gone, and its id may be another's."""
        self.heard.pop(pool, None)
        self._known.pop(pool, None)
        self._unheard.pop(pool, None)
        self.quiet = _NO_TEXTS


_NO_TEXTS: Set[str] = set()
