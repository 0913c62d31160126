"""The conclusions that are on screen: drawn between frames, never while one is painted."""

from __future__ import annotations

import time
from typing import NamedTuple
from weakref import WeakKeyDictionary

from ..diagnose.conclusions import NOTHING, Conclusions, conclude
from ..model import Run


class _Look(NamedTuple):
    """What was concluded at a revision of the run, and when to look again."""

    conclusions: Conclusions
    revision: int
    due: float


class Insight:
    """Keeps what was concluded of each run. While one goes on it is looked at once a second, or less often where a look
    is dear; once more when it has ended."""

    PERIOD = 1.0
    SHARE = 0.05
    """Of our time that looking may take."""

    def __init__(self) -> None:
        self._looks: WeakKeyDictionary[Run, _Look] = WeakKeyDictionary()

    def look(self, run: Run) -> bool:
        """Bring it up to date if it is time; whether that was done."""
        began, last = time.monotonic(), self._looks.get(run)
        if last is not None and (last.revision == run.revision or not (run.finished or began >= last.due)):
            return False
        conclusions = conclude(run)
        now = time.monotonic()
        self._looks[run] = _Look(conclusions, run.revision, now + max(self.PERIOD, (now - began) / self.SHARE))
        return True

    def of(self, run: Run | None) -> Conclusions:
        """What is known of the run by now; nothing yet of one that was just begun."""
        last = self._looks.get(run) if run is not None else None
        return last.conclusions if last is not None else NOTHING
