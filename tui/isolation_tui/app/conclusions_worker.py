"""Keeps the conclusions on screen up to date without blocking the UI."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Thread
from typing import NamedTuple
from weakref import WeakKeyDictionary

from ..diagnose.conclusions import NOTHING, Conclusions, conclude
from ..experiments.proven import with_verdicts
from ..experiments.verdict import Verdict
from ..model import Run


class _Known(NamedTuple):
    """The conclusions at a revision of the run, and when to draw them again."""

    conclusions: Conclusions
    revision: int
    verdicts: tuple[Verdict, ...]
    due: float


@dataclass(eq=False)
class _Job:
    """One computation of the conclusions, perhaps in a thread. It only reads the run. If facts folded meanwhile make it
    fail, it is tried again later."""

    run: Run
    revision: int
    verdicts: tuple[Verdict, ...]
    began: float
    done: bool = False
    conclusions: Conclusions | None = None
    failure: Exception | None = None

    def compute(self) -> None:
        try:
            self.conclusions = with_verdicts(self.run, conclude(self.run), self.verdicts)
        except Exception as failure:
            self.failure = failure
        self.done = True


class ConclusionsWorker:
    """Conclusions of each run, drawn once a second while it goes on (less often if that is slow) and once at its end.

    Those of large runs are drawn in a thread, so that keys respond. ``verdicts`` returns what trials have shown of a
    run: new ones change its conclusions.
    """

    PERIOD = 1.0
    SHARE = 0.05
    """Share of the time that drawing conclusions may take."""
    LARGE = 500
    """From this many tests on, the conclusions are drawn in a thread."""

    def __init__(self, verdicts: Callable[[Run], tuple[Verdict, ...]] = lambda run: ()) -> None:
        self._verdicts = verdicts
        self._known: WeakKeyDictionary[Run, _Known] = WeakKeyDictionary()
        self._job: _Job | None = None
        self.problem = ""
        """Why the last computation failed; '' if it did not."""

    def update(self, run: Run) -> bool:
        """Draw conclusions if it is time; return whether there are new ones."""
        if self._job is not None:
            return self._collect()
        now, last, verdicts = time.monotonic(), self._known.get(run), self._verdicts(run)
        same = last is not None and last.revision == run.revision and last.verdicts == verdicts
        if same or (last is not None and not (run.finished or now >= last.due)):
            return False
        job = self._job = _Job(run, run.revision, verdicts, now)
        if len(run.order) < self.LARGE:
            job.compute()
            return self._collect()
        Thread(target=job.compute, name="conclusions", daemon=True).start()
        return False

    def _collect(self) -> bool:
        job = self._job
        if job is None or not job.done:
            return False
        self._job = None
        run, conclusions, now = job.run, job.conclusions, time.monotonic()
        if conclusions is None:
            if job.failure is not None and job.revision == run.revision:  # no fact was folded meanwhile
                self.problem = f"{type(job.failure).__name__}: {job.failure}"
            conclusions = self.of(run)
        due = now + max(self.PERIOD, (now - job.began) / self.SHARE)
        self._known[run] = _Known(conclusions, job.revision, job.verdicts, due)
        return True

    def of(self, run: Run | None) -> Conclusions:
        """The latest conclusions of the run; ``NOTHING`` if there are none yet."""
        last = self._known.get(run) if run is not None else None
        return last.conclusions if last is not None else NOTHING

    def is_up_to_date(self, run: Run) -> bool:
        """Whether the conclusions cover all facts of the run."""
        last = self._known.get(run)
        return last is not None and last.revision == run.revision
