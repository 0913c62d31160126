"""Run without a screen: progress on the standard error, the summary on the standard output, an exit status."""

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
"""Seconds between two polls while nothing happens."""


@contextmanager
def headless(workbench: Workbench, json: JsonTarget | None = None) -> Iterator[Headless]:
    """Drive the workbench without a screen. A signal stops pytest first, and pytest never outlives this context."""
    with Interrupts() as interrupts:
        try:
            yield Headless(workbench, interrupts, json)
        finally:
            workbench.close()


class Headless:
    """Drives a workbench's runs to their end and reports on them; created by :func:`headless`.

    ``json`` is where the document goes. If that is the standard output, the summary goes to the standard error.
    """

    def __init__(self, workbench: Workbench, interrupts: Interrupts, json: JsonTarget | None = None) -> None:
        self.workbench = workbench
        self.interrupts = interrupts
        self.json = json
        self.progress = Progress()
        self.stream: TextIO = sys.stderr if json is not None and json.is_stdout else sys.stdout

    # -- commands -----------------------------------------------------------------------------------------------

    def once(self, select: Sequence[str] = ()) -> int:
        """Run, report, and return the exit status."""
        self.note_earlier_fix()
        source = self.run(select)
        self.print_summary(source)
        self.write_json(run_document(source.run))
        return self.interrupts.status(exit_status(source.run))

    def watch(self, select: Sequence[str] = ()) -> int:
        """Run, and run again when a file is saved, until Ctrl-C. Returns the exit status."""
        self.note_earlier_fix()
        workbench, reported, status = self.workbench, set[int](), 0
        ending = False
        workbench.start(select)
        while not (ending and not workbench.busy):
            changed = self._poll_watching()
            for source in [source for source in workbench.sources if source.finished and id(source) not in reported]:
                reported.add(id(source))
                status = exit_status(source.run)
                self._report_watched(source, ending)
            if workbench.current is not None:
                self.progress.show(workbench.current.run)
            if self.interrupts.consume():
                ending = True
                workbench.set_watching(False)
                self._stop()
            elif workbench.watch_failure:
                self.progress.note(f"Watching ended: {workbench.watch_failure}")
                ending = True
                workbench.set_watching(False)
            if not changed:
                time.sleep(POLL_INTERVAL)
        return self.interrupts.status(status)

    def replay(self, source: ReplaySession) -> int:
        """Report on a recording. Returns the status of its run, or BAD_RECORDING if it is damaged."""
        while not source.finished:
            source.poll()
            self.progress.show(source.run)
            if self.interrupts.consume():
                return self.interrupts.status(130)
        self.print_summary(source)
        self.write_json(run_document(source.run, source.damage))
        return replay_status(source)

    # -- parts of a command -------------------------------------------------------------------------------------

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
            if self.interrupts.consume():
                self._stop()
            if not changed:
                time.sleep(POLL_INTERVAL)
        self.progress.clear()
        return source

    def print_summary(self, source: Source, *, brief: bool = False, title: str = "") -> None:
        """Print the summary of a run."""
        self.print(lambda console: draw_summary(console, source, title=title, brief=brief))

    def print(self, draw: Callable[[Console], None]) -> None:
        """Print what ``draw`` draws."""
        self.progress.clear()
        emit(self.stream, rendered(self.stream, draw))

    def write_json(self, document: object) -> None:
        """Write the JSON document if one was asked for. Raises :class:`ToolError` (CANNOT_WRITE)."""
        if self.json is not None:
            self.progress.clear()
            self.json.write(document)

    def note_earlier_fix(self) -> None:
        """Print what an earlier session left of the fix: the suite runs on the files as they are."""
        if self.workbench.fix_remark:
            self.progress.note(self.workbench.fix_remark)

    def _stop(self) -> None:
        stopping = any(source.stopping for source in self.workbench.sources)
        if self.workbench.busy:
            self.progress.note(
                "Terminating pytest."
                if stopping
                else "Stopping pytest, which tears down its fixtures first. Ctrl-C again terminates it."
            )
        self.workbench.stop()

    def _poll_watching(self) -> bool:
        try:
            return self.workbench.poll()
        except ToolError as error:  # such as an interpreter that was removed: the next save tries again
            self.progress.note(str(error))
            return False

    def _report_watched(self, source: Source, ending: bool) -> None:
        self.progress.clear()
        if source.run.stopped and not ending:
            self.progress.note(f"Restarted: {self.workbench.reason}.")
            return
        self.print_summary(source)
        self.write_json(run_document(source.run))
        if not ending:
            self.progress.note("Watching: a saved file starts a run, Ctrl-C ends.")


def replay_status(source: ReplaySession) -> int:
    """The exit status after showing a recording."""
    return int(Status.BAD_RECORDING) if source.damage else exit_status(source.run)
