"""Charge each fact to the running test or fixture, and emit it."""

from typing import Any, Callable, List, Set, Tuple, TypeVar

from .events import ProbeDisabled, Unit
from .patches import Patches

Listener = TypeVar("Listener", bound=Callable[..., Any])


class Recorder:
    """Knows the running unit: the innermost fixture being set up or torn down, else the phase of the test."""

    def __init__(self, sender: Any) -> None:
        """``sender`` is a :class:`.transport.sender.Sender`, or has its methods."""
        self.emit = sender.emit
        self.emit_always = sender.emit_always
        self.yield_to_sender = sender.yield_to_sender
        self.encode_pending = sender.encode_pending
        self.now = sender.now
        self.clock, self.offset = sender.clock, sender.offset
        """A clock to measure durations with, in seconds; plus ``offset``, it is what ``now`` returns."""
        self.nodeid = ""
        self.phase = "import"
        self.unit_stack: List[Any] = []
        """(life, step) of the fixtures that are being set up or torn down, innermost last."""
        self._before_phase_ends: List[Tuple[str, Callable[[], None]]] = []
        self._at_test_boundaries: List[Tuple[str, Callable[[], None]]] = []
        self.at_fixture_values: List[Callable[[int, Any], None]] = []
        """Called with the number of a fixture life and its value when its set-up has ended."""
        self.idle_since_flush = False
        """Whether no code of the suite has run since the last flush: between two fixtures, or after a report."""
        self.wide_lives: Set[int] = set()
        """Lives of fixtures that are wider than a test, from the start of their set-up to the end of their teardown."""
        self.around_wide_fixtures: List[Callable[[], None]] = []
        """Called before and after each set-up and teardown of a fixture that is wider than a test."""
        self.patches = Patches()
        self._sender = sender
        self._disabled: List[str] = []
        self._exhausted: List[str] = []
        """Probes that failed where no fact could be emitted."""

    def unit(self) -> Unit:
        """The unit that a fact is charged to now."""
        if self.unit_stack:
            life, step = self.unit_stack[-1]
            return Unit(self.nodeid, self.phase, life, step)
        return Unit(self.nodeid, self.phase)

    def before_phase_ends(self, probe: str, flush: Callable[[], None]) -> None:
        """Call ``flush`` before a phase, set-up or teardown ends: probes that gather facts emit them there.

        It is called until it raises; an exception disables the probe and is reported once.
        """
        self._before_phase_ends.append((probe, flush))

    def at_test_boundaries(self, probe: str, compare: Callable[[], None]) -> None:
        """Call ``compare`` when a test starts and when it has ended: probes that compare states do it there."""
        self._at_test_boundaries.append((probe, compare))

    def flush_unit(self) -> None:
        """Emit what was gathered for the running unit, before another one runs."""
        for probe, flush in self._before_phase_ends:
            try:
                flush()
            except Exception as error:
                self.fail(probe, error)
        while self._exhausted:
            self.disable(self._exhausted.pop(), RecursionError("a test went to the recursion limit"))

    def test_boundary(self) -> None:
        """Call the probes that compare states: a test starts, or has ended."""
        for probe, compare in self._at_test_boundaries:
            try:
                compare()
            except Exception as error:
                self.fail(probe, error)

    def flush_around_fixture(self, wide: bool) -> None:
        """Flush where a set-up or teardown begins or ends. ``wide``: the fixture's scope is wider than a test."""
        if not self.idle_since_flush:
            self.flush_unit()
        if wide:
            for observe in self.around_wide_fixtures:
                observe()

    def guarded(self, probe: str, listener: Listener) -> Listener:
        """``listener``, which never raises: its first exception disables the probe and is reported once."""
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
        """:meth:`disable` a probe where a test may have gone to the recursion limit: any further call may fail."""
        try:
            self.disable(probe, error)
        except Exception:
            self._exhausted.append(probe)

    def disable(self, probe: str, error: BaseException) -> None:
        """Report the error once, and call the probe no more."""
        if probe not in self._disabled:
            self.emit(ProbeDisabled(probe, describe(error)))
            self._disabled.append(probe)
            self._before_phase_ends = [each for each in self._before_phase_ends if each[0] != probe]
            self._at_test_boundaries = [each for each in self._at_test_boundaries if each[0] != probe]

    def flush_now(self) -> None:
        """Send all facts at once: what follows may take the process down."""
        self._sender.flush_now()

    def close(self) -> None:
        self._sender.close()


def describe(error: BaseException) -> str:
    """``TypeName: message``; the type alone if the exception's ``__str__`` fails."""
    try:
        text = str(error)
    except Exception:
        text = ""
    name = type(error).__name__
    return "%s: %s" % (name, text[:2000]) if text else name
