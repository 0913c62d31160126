"""Who is on the stage now, and what is said of it."""

from typing import Any, Callable, List, Tuple, TypeVar

from .events import ProbeDisabled, Unit

Listener = TypeVar("Listener", bound=Callable[..., Any])


class Recorder:
    """Stamps and attributes each fact: to the innermost fixture being set up or torn down, else to the test's phase."""

    def __init__(self, sink: Any) -> None:
        """``sink`` is a :class:`.sink.Sender`, or what offers the same."""
        self.emit = sink.emit
        self.emit_always = sink.emit_always
        self.yield_to_sender = sink.yield_to_sender
        self.encode_pending = sink.encode_pending
        self.now = sink.now
        self.clock, self.offset = sink.clock, sink.offset
        """A function that measures spans, in seconds; with ``offset`` added, what ``now`` returns."""
        self.nodeid = ""
        self.phase = "import"
        self.unit_stack: List[Any] = []
        """(life, step) of the fixtures now being set up or torn down, innermost last."""
        self._before_phase_ends: List[Tuple[str, Callable[[], None]]] = []
        self._at_test_edges: List[Tuple[str, Callable[[], None]]] = []
        self.at_fixture_values: List[Callable[[int, Any], None]] = []
        """Called with the number of a fixture life and its value, when its set-up has ended."""
        self.idle_since_flush = False
        """Nothing of the suite's has run since all was said: between two fixtures, or from a report to what follows."""
        self.around_wide_fixtures: List[Callable[[], None]] = []
        """Called before and after each step of a fixture that is wider than a test."""
        self._sink = sink
        self._disabled: List[str] = []
        self._exhausted: List[str] = []
        """Probes that failed where nothing could be said of it."""

    def unit(self) -> Unit:
        """Whom a fact of this moment is charged to."""
        if self.unit_stack:
            life, step = self.unit_stack[-1]
            return Unit(self.nodeid, self.phase, life, step)
        return Unit(self.nodeid, self.phase)

    def before_phase_ends(self, probe: str, say: Callable[[], None]) -> None:
        """Have it called before a phase or fixture step ends: probes that gather facts say them there. As all that
        listens, it is called until it raises: that disables the probe."""
        self._before_phase_ends.append((probe, say))

    def at_test_boundaries(self, probe: str, compare: Callable[[], None]) -> None:
        """The same, when a test starts and when it has ended: probes that compare states do it there."""
        self._at_test_edges.append((probe, compare))

    def flush_unit(self) -> None:
        """Say what was gathered for the unit on the stage, before another one steps on it."""
        for probe, say in self._before_phase_ends:
            try:
                say()
            except Exception as error:
                self.fail(probe, error)
        while self._exhausted:
            self.disable(self._exhausted.pop(), RecursionError("a test went to the limit of recursion"))

    def test_boundary(self) -> None:
        """A test starts, or has ended."""
        for probe, compare in self._at_test_edges:
            try:
                compare()
            except Exception as error:
                self.fail(probe, error)

    def flush_around_fixture(self, wide: bool) -> None:
        """The same, where a step of a fixture begins or ends. ``wide``: its scope is wider than a test."""
        if not self.idle_since_flush:
            self.flush_unit()
        if wide:
            for look in self.around_wide_fixtures:
                look()

    def guarded(self, probe: str, listener: Listener) -> Listener:
        """``listener``, which cannot fail: its first exception disables the probe and is said once in the stream."""

        disabled = self._disabled

        def safe(*args: Any, **kwargs: Any) -> Any:
            if disabled and probe in disabled:
                return None
            try:
                return listener(*args, **kwargs)
            except Exception as error:
                self.fail(probe, error)
                return None

        return safe  # type: ignore[return-value]

    def fail(self, probe: str, error: BaseException) -> None:
        """:meth:`disable` where a test may have gone to the limit of recursion, and any call is one too many."""
        try:
            self.disable(probe, error)
        except Exception:
            self._exhausted.append(probe)

    def disable(self, probe: str, error: BaseException) -> None:
        if probe not in self._disabled:
            self.emit(ProbeDisabled(probe, describe(error)))
            self._disabled.append(probe)
            self._before_phase_ends = [each for each in self._before_phase_ends if each[0] != probe]
            self._at_test_edges = [each for each in self._at_test_edges if each[0] != probe]

    def flush_now(self) -> None:
        """Send what was said so far now: what follows may take the process down."""
        self._sink.flush_now()

    def close(self) -> None:
        self._sink.close()


def describe(error: BaseException) -> str:
    """``TypeName: message``; an exception whose ``__str__`` fails is described by its type."""
    try:
        text = str(error)
    except Exception:
        text = ""
    name = type(error).__name__
    return "%s: %s" % (name, text[:2000]) if text else name
