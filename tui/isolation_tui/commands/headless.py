"""Runs without a screen: progress on the standard error, the summary on the standard output, a status to leave with."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from ..errors import Status, ToolError
from ..report.exit_status import exit_status
from ..report.json.document import run_document
from ..report.output import JsonTarget, emit, rendered
from ..report.progress import Progress
from ..report.summary import draw_summary
from ..session import ReplaySession, Source
from ..workbench import Workbench
from .interrupts import Interrupts

if TYPE_CHECKING:
    from rich.console import Console

POLL_INTERVAL = 0.02
"""Seconds between two looks at a run in which nothing happened."""


@contextmanager
def headless(workbench: Workbench, json: JsonTarget | None = None) -> Iterator[Headless]:
    """Drive the workbench without a screen. Signals stop pytest first; however it ends, nothing of it outlives this."""
    with Interrupts() as interrupts:
        try:
            yield Headless(workbench, interrupts, json)
        finally:
            workbench.close()


class Headless:
    """Drives a workbench's runs to their end and tells of them; made by :func:`headless`.

    ``json`` takes the document; where that is the standard output, the words for people go to the standard error.
    """

    def __init__(self, workbench: Workbench, interrupts: Interrupts, json: JsonTarget | None = None) -> None:
        self.workbench = workbench
        self.interrupts = interrupts
        self.json = json
        self.progress = Progress()
        self.words: TextIO = sys.stderr if json is not None and json.is_stdout else sys.stdout

    # -- three ways to run ---------------------------------------------------------------------------------------

    def once(self, select: Sequence[str] = ()) -> int:
        """Run, tell, and return the status to leave with."""
        self.tell_of_earlier_fix()
        source = self.run(select)
        self.tell(source)
        self.write(run_document(source.run))
        return self.interrupts.status(exit_status(source.run))

    def watch(self, select: Sequence[str] = ()) -> int:
        """Run, and run again whenever a file is saved, until Ctrl-C."""
        self.tell_of_earlier_fix()
        workbench, told, status = self.workbench, set[int](), 0
        ending = False
        workbench.start(select)
        while not (ending and not workbench.busy):
            changed = self._poll_watching()
            for source in [source for source in workbench.sources if source.finished and id(source) not in told]:
                told.add(id(source))
                status = exit_status(source.run)
                self._tell_watched(source, ending)
            if workbench.current is not None:
                self.progress.show(workbench.current.run)
            if self.interrupts.take():
                ending = True
                workbench.set_watching(False)
                self._stop()
            elif workbench.watch_failure:
                self.progress.say(f"The files can no longer be watched: {workbench.watch_failure}")
                ending = True
                workbench.set_watching(False)
            if not changed:
                time.sleep(POLL_INTERVAL)
        return self.interrupts.status(status)

    def replay(self, source: ReplaySession) -> int:
        """Tell of a recording. Its run's own status, or BAD_RECORDING where it is damaged."""
        while not source.finished:
            source.poll()
            self.progress.show(source.run)
            if self.interrupts.take():
                return self.interrupts.status(130)
        self.tell(source)
        self.write(run_document(source.run, source.damage))
        return replay_status(source)

    # -- what they are made of -----------------------------------------------------------------------------------

    def run(self, select: Sequence[str] = ()) -> Source:
        """Start a run and follow it until it has finished."""
        self.workbench.start(select)
        return self.follow()

    def follow(self) -> Source:
        """Follow the latest run until it has finished. Ctrl-C stops pytest; a second one ends it at once."""
        workbench = self.workbench
        source = workbench.sources[-1]
        while not source.finished:
            changed = workbench.poll()
            self.progress.show(source.run)
            if self.interrupts.take():
                self._stop()
            if not changed:
                time.sleep(POLL_INTERVAL)
        self.progress.clear()
        return source

    def tell(self, source: Source, *, brief: bool = False, title: str = "") -> None:
        """The summary of a run."""
        self.say(lambda console: draw_summary(console, source, title=title, brief=brief))

    def say(self, draw: Callable[[Console], None]) -> None:
        """Print what ``draw`` draws, for people."""
        self.progress.clear()
        emit(self.words, rendered(self.words, draw))

    def write(self, document: object) -> None:
        """The JSON document, where one was asked for. Raises :class:`ToolError` (CANNOT_WRITE)."""
        if self.json is not None:
            self.progress.clear()
            self.json.write(document)

    def tell_of_earlier_fix(self) -> None:
        """What an earlier sitting left: the suite is run as it stands, and that is said."""
        if self.workbench.fix_remark:
            self.progress.say(self.workbench.fix_remark)

    def _stop(self) -> None:
        insisting = any(source.stopping for source in self.workbench.sources)
        if self.workbench.busy:
            self.progress.say(
                "Insisting: pytest is told to terminate."
                if insisting
                else "Stopping: pytest tears its fixtures down first. Ctrl-C again insists."
            )
        self.workbench.stop()

    def _poll_watching(self) -> bool:
        try:
            return self.workbench.poll()
        except ToolError as error:  # the interpreter went away between two saves: the next save tries again
            self.progress.say(str(error))
            return False

    def _tell_watched(self, source: Source, ending: bool) -> None:
        self.progress.clear()
        if source.run.stopped and not ending:
            self.progress.say(f"Started anew: {self.workbench.reason}.")
            return
        self.tell(source)
        self.write(run_document(source.run))
        if not ending:
            self.progress.say("Watching; a saved file runs it again, Ctrl-C ends.")


def replay_status(source: ReplaySession) -> int:
    """The status to leave with after showing a recording."""
    return int(Status.BAD_RECORDING) if source.damage else exit_status(source.run)
