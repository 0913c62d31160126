"""State that differs from what it was when it was first seen, and the unit that changed it; emitted without values.

The parts of the probe compare fingerprints: small values of their own (numbers, bytes, tuples of them) that represent
the suite's objects and keep none of them alive. None is the fingerprint of what does not exist.
"""

from typing import Any, Dict, List, Sequence, Set, Tuple

from ...events import StateChanged, Unit
from ...recorder import Recorder

MOST_EMITTED = 40
"""Changes that are emitted at the end of one test; the others follow at the next end, with their own units."""

MOST_AMONG = 20
"""Node ids that are emitted if it is not known during which test something changed."""

MOST_FOLLOWED = 5_000
"""Locations whose changes are followed. Changes of others are not seen."""


class _Followed:
    """One location that changed: its fingerprints (at first sight, as last emitted, now) and the steps in between."""

    __slots__ = ("emitted", "first", "now", "steps")

    def __init__(self, first: Any) -> None:
        self.first = self.emitted = self.now = first
        self.steps: List[Tuple[Any, Unit, str, Sequence[str], bool]] = []


class Changes:
    """Keeps the changes that the parts note until the test has ended, and then emits those that remain."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._followed: Dict[Tuple[str, str], _Followed] = {}
        self._touched: Set[Tuple[str, str]] = set()
        self.unrestored: Set[Tuple[str, str]] = set()
        """(what, name) of what was emitted and is not as it was at first sight."""
        self.phase_is_unknown = False
        """Whether a whole test is compared with the state before it: its changes are charged to no phase."""

    def note(
        self,
        what: str,
        name: str,
        before: Any,
        now: Any,
        detail: str = "",
        among: Sequence[str] = (),
        in_place: bool = False,
    ) -> None:
        """``name`` had the fingerprint ``before`` when it was last observed, and now has ``now``.

        A way back removes its steps: what a test sets and its monkeypatch restores is no change, and what a fixture
        made is still charged to the fixture if a test changes it for a moment.
        """
        location = what, name
        followed = self._followed.get(location)
        if followed is None:
            if len(self._followed) >= MOST_FOLLOWED:
                return
            followed = self._followed[location] = _Followed(before)
        followed.now = now
        self._touched.add(location)
        steps = followed.steps
        if now == followed.emitted:
            steps.clear()
            return
        for number, step in enumerate(steps):
            if step[0] == now:
                del steps[number + 1 :]
                return
        steps.append((now, self._unit(), detail, among, in_place))

    def _unit(self) -> Unit:
        return Unit(self._recorder.nodeid) if self.phase_is_unknown else self._recorder.unit()

    def owner_gone(self, what: str, prefix: str) -> None:
        """The owner of the names that begin with ``prefix`` no longer exists, and so none of its changes remain."""
        for location, followed in list(self._followed.items()):
            if location[0] == what and location[1].startswith(prefix) and followed.now != followed.first:
                self.note(what, location[1], followed.now, followed.first)

    def flush(self) -> None:
        """Emit what differs from what was last emitted; called when a test has ended."""
        if not self._touched:
            return
        room = MOST_EMITTED
        for location in sorted(self._touched):
            followed = self._followed[location]
            if followed.now != followed.emitted and not room:
                continue
            self._touched.discard(location)
            if followed.now != followed.emitted:
                room -= 1
                self._emit(location, followed)
            if followed.now == followed.first:
                self.unrestored.discard(location)
                del self._followed[location]

    def _emit(self, location: Tuple[str, str], followed: _Followed) -> None:
        restored = followed.now == followed.first
        if restored:
            change = "restored"
        elif followed.now is None:
            change = "removed"
        else:
            change = "added" if followed.first is None else "changed"
        unknown = (None, self._unit(), "", (), False)
        _, unit, detail, among, in_place = followed.steps[-1] if followed.steps else unknown
        self._recorder.emit(
            StateChanged(
                *location,
                change=change,
                unit=unit,
                detail="" if restored else detail,
                among=list(among[:MOST_AMONG]),
                in_place=in_place,
            )
        )
        followed.emitted = followed.now
        followed.steps.clear()
        self.unrestored.add(location)
