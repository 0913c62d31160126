"""Proves tests by trials in a thread, one test at a time, while the dashboard goes on."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from threading import Thread
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from ..diagnose.conclusions import Conclusions
from ..experiments.trial import TrialResult
from ..experiments.verdict import Verdict
from ..experiments.verdict_text import trial_line
from ..launch import Project
from ..model import Run

if TYPE_CHECKING:
    from ..experiments.investigation import Investigation


class TrialsWorker:
    """The trials of the runs on screen. Call :meth:`update` with every tick: it collects what the thread has found.

    One investigation goes on at a time; the tests that wait are tried in the order in which they were asked for.
    """

    def __init__(self) -> None:
        self._verdicts: WeakKeyDictionary[Run, dict[str, Verdict]] = WeakKeyDictionary()
        self._lines: dict[str, list[str]] = {}
        """Node id -> its trials so far, one line each."""
        self._news: deque[tuple[str, TrialResult | Verdict]] = deque()
        self._run: Run | None = None
        self._investigation: Investigation | None = None
        self._thread: Thread | None = None
        self.current = ""
        """The node id that is tried now."""
        self.waiting: list[str] = []
        self.problem = ""
        """Why the last investigation ended early; '' if it did not."""

    @property
    def busy(self) -> bool:
        return self._thread is not None

    def prove(self, project: Project, run: Run, found: Conclusions, nodeids: Sequence[str]) -> None:
        """Try these tests of a finished run; if trials go on already, after those."""
        from ..experiments.investigation import Investigation  # the first screen does not wait for it

        known = self._verdicts.setdefault(run, {})
        wanted = [nodeid for nodeid in nodeids if nodeid not in (self.current, *self.waiting)]
        for nodeid in wanted:
            known.pop(nodeid, None)
            self._lines.pop(nodeid, None)
        if self.busy and self._run is run:
            self.waiting += wanted
            return
        self.stop()
        self._run, self.waiting, self.problem = run, wanted, ""
        investigation = Investigation(
            project, run, found, further=len(wanted) == 1, kept=False, on_trial=lambda result: self._tried(result)
        )
        self._investigation = investigation
        self._thread = Thread(target=self._work, args=(investigation,), name="trials", daemon=True)
        self._thread.start()

    def _work(self, investigation: Investigation) -> None:
        """In the thread: everything goes through ``_news``; a deque takes and gives in one step."""
        try:
            with investigation:
                while self.waiting and not investigation.stopped:
                    self.current = self.waiting.pop(0)
                    verdict = investigation.prove(self.current)
                    if not investigation.stopped:
                        self._news.append((self.current, verdict))
        except Exception as error:
            self.problem = f"{type(error).__name__}: {error}"

    def _tried(self, result: TrialResult) -> None:
        self._news.append((self.current, result))

    def update(self) -> bool:
        """Collect what is new; return whether there is any."""
        changed = bool(self._news)
        while self._news:
            nodeid, news = self._news.popleft()
            if isinstance(news, Verdict):
                if self._run is not None:
                    self._verdicts.setdefault(self._run, {})[nodeid] = news
            else:
                self._lines.setdefault(nodeid, []).append(trial_line(news, ""))
        if self._thread is not None and not self._thread.is_alive() and not self._news:
            self._thread, self._investigation, self.current = None, None, ""
            self.waiting = []
            changed = True
        return changed

    def stop(self) -> None:
        """End the trial that runs and forget those that wait. Returns when the project's files are as they were."""
        investigation, thread = self._investigation, self._thread
        self.waiting = []
        if investigation is not None and thread is not None:
            investigation.stop()
            thread.join()
            self.update()

    def verdicts(self, run: Run | None) -> tuple[Verdict, ...]:
        """What trials have shown of this run so far."""
        return tuple(self._verdicts.get(run, {}).values()) if run is not None else ()

    def verdict(self, run: Run, nodeid: str) -> Verdict | None:
        return self._verdicts.get(run, {}).get(nodeid)

    def lines(self, nodeid: str) -> Sequence[str]:
        """The trials of a test so far: ``alone ✔``, ``after test_import ✘``."""
        return self._lines.get(nodeid, ())
