"""What differs from what it was at first sight, and who made it so: told at the end of a test, without any value.

Each part of the probe compares marks: small values of its own making (numbers, bytes, tuples of them) that stand for
the suite's objects and keep none of them alive. None is the mark of what is not there.
"""

from typing import Any, Dict, List, Sequence, Set, Tuple

from ...events import StateChanged, Unit
from ...recorder import Recorder

MOST_TOLD = 40
"""Changes told at the end of one test; the others are told at the next end, with the unit that made them."""

MOST_AMONG = 20
"""Node ids told where it is not known during which test something happened."""

MOST_KNOWN = 5_000
"""Locations whose changes are followed. What changes beyond that is not seen."""


class _Followed:
    """One location that was seen to change: its mark at first sight, as told last, and the way it went since."""

    __slots__ = ("first", "now", "said", "trail")

    def __init__(self, first: Any) -> None:
        self.first = self.said = self.now = first
        self.trail: List[Tuple[Any, Unit, str, Sequence[str], bool]] = []


class Changes:
    """Takes what the parts see, keeps it until the end of the test, and tells what then stands."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._followed: Dict[Tuple[str, str], _Followed] = {}
        self._touched: Set[Tuple[str, str]] = set()
        self.standing: Set[Tuple[str, str]] = set()
        """(what, name) of what was told and is not as it was at first sight."""
        self.at_end = False
        """Whether a whole test is compared with what was before it: the test is known then, and its phase is not."""

    def saw(
        self,
        what: str,
        name: str,
        before: Any,
        now: Any,
        detail: str = "",
        among: Sequence[str] = (),
        in_place: bool = False,
    ) -> None:
        """``name`` had the mark ``before`` when it was looked at last, and has ``now``.

        Going back is no change: what a test set and its monkeypatch put back leaves no trail, and what a fixture made
        stays the fixture's where a test changed it for a moment.
        """
        location = what, name
        followed = self._followed.get(location)
        if followed is None:
            if len(self._followed) >= MOST_KNOWN:
                return
            followed = self._followed[location] = _Followed(before)
        followed.now = now
        self._touched.add(location)
        trail = followed.trail
        if now == followed.said:
            trail.clear()
            return
        for number, step in enumerate(trail):
            if step[0] == now:
                del trail[number + 1 :]
                return
        trail.append((now, self._unit(), detail, among, in_place))

    def _unit(self) -> Unit:
        return Unit(self._recorder.nodeid) if self.at_end else self._recorder.unit()

    def gone(self, what: str, prefix: str) -> None:
        """Whatever held these names is no more: nothing of it stands."""
        for location, followed in list(self._followed.items()):
            if location[0] == what and location[1].startswith(prefix) and followed.now != followed.first:
                self.saw(what, location[1], followed.now, followed.first)

    def tell(self) -> None:
        """At the end of a test: what is not as it was told last."""
        if not self._touched:
            return
        room = MOST_TOLD
        for location in sorted(self._touched):
            followed = self._followed[location]
            if followed.now != followed.said and not room:
                continue
            self._touched.discard(location)
            if followed.now != followed.said:
                room -= 1
                self._say(location, followed)
            if followed.now == followed.first:
                self.standing.discard(location)
                del self._followed[location]

    def _say(self, location: Tuple[str, str], followed: _Followed) -> None:
        back = followed.now == followed.first
        if back:
            change = "restored"
        elif followed.now is None:
            change = "removed"
        else:
            change = "added" if followed.first is None else "changed"
        nobody = (None, self._unit(), "", (), False)
        _, unit, detail, among, in_place = followed.trail[-1] if followed.trail else nobody
        what, name = location
        among = list(among[:MOST_AMONG])
        self._recorder.emit(StateChanged(what, name, change, unit, "" if back else detail, among, in_place))
        followed.said = followed.now
        followed.trail.clear()
        self.standing.add(location)
