"""The conclusions that are on screen: drawn between frames, or beside them, never while one is painted."""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Thread
from typing import NamedTuple
from weakref import WeakKeyDictionary

from ..diagnose.conclusions import NOTHING, Conclusions, conclude
from ..model import Run


class _Look(NamedTuple):
    """What was concluded at a revision of the run, and when to look again."""

    conclusions: Conclusions
    revision: int
    due: float


@dataclass(eq=False)
class _Thought:
    """A look in a thread of its own. It only reads the run; where facts that are folded meanwhile come in its way, it
    fails, and is thought again."""

    run: Run
    revision: int
    began: float
    done: bool = False
    conclusions: Conclusions | None = None
    failure: Exception | None = None

    def think(self) -> None:
        try:
            self.conclusions = conclude(self.run)
        except Exception as failure:
            self.failure = failure
        self.done = True


class ConclusionsWorker:
    """Keeps what was concluded of each run. While one goes on it is looked at once a second, or less often where a look
    is dear; once more when it has ended. Large runs are looked at in a thread, so that no key waits."""

    PERIOD = 1.0
    SHARE = 0.05
    """Of our time that looking may take."""
    LARGE = 500
    """From this many tests on, a look may take longer than a frame."""

    def __init__(self) -> None:
        self._looks: WeakKeyDictionary[Run, _Look] = WeakKeyDictionary()
        self._thought: _Thought | None = None
        self.problem = ""
        """A defect of ours, in words, by which nothing more is concluded."""

    def look(self, run: Run) -> bool:
        """Bring it up to date if it is time; whether anything new is known."""
        if self._thought is not None:
            return self._take_in()
        now, last = time.monotonic(), self._looks.get(run)
        if last is not None and (last.revision == run.revision or not (run.finished or now >= last.due)):
            return False
        thought = self._thought = _Thought(run, run.revision, now)
        if len(run.order) < self.LARGE:
            thought.think()
            return self._take_in()
        Thread(target=thought.think, name="conclusions", daemon=True).start()
        return False

    def _take_in(self) -> bool:
        thought = self._thought
        if thought is None or not thought.done:
            return False
        self._thought = None
        run, conclusions, now = thought.run, thought.conclusions, time.monotonic()
        if conclusions is None:
            if thought.failure is not None and thought.revision == run.revision:  # nothing came in its way
                self.problem = f"{type(thought.failure).__name__}: {thought.failure}"
            conclusions = self.of(run)
        self._looks[run] = _Look(
            conclusions, thought.revision, now + max(self.PERIOD, (now - thought.began) / self.SHARE)
        )
        return True

    def of(self, run: Run | None) -> Conclusions:
        """What is known of the run by now; nothing yet of one that was just begun."""
        last = self._looks.get(run) if run is not None else None
        return last.conclusions if last is not None else NOTHING

    def settled(self, run: Run) -> bool:
        """Whether all that was seen of the run has been looked at."""
        last = self._looks.get(run)
        return last is not None and last.revision == run.revision
