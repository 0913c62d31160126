"""One run of a suite: a live one (launch, receive, record, stop) or a recorded one. Independent of any screen."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from pytest_isolation.events import (
    OBSERVER,
    PROTOCOL,
    Disconnected,
    Output,
    ProcessEnded,
    RunStarted,
    TestStarted,
)
from pytest_isolation.transport.encoding import encode

from . import __version__
from .launch import Project, SuiteProcess
from .launch.process import private_folder, read_current_test_file
from .model import Outcome, Run, Stamped
from .receive import Closed, Listener, decode
from .recording import Recording, RecordingWriter

DRAIN_PATIENCE = 2.0
"""Seconds to wait for the last lines of a suite's processes after pytest has ended."""


class Source(Protocol):
    """A run to show: a live one or a recorded one.

    ``recording`` is the file that it is recorded to, or read from. ``selected`` are the node ids that it is restricted
    to, empty for a run of everything.
    """

    run: Run
    title: str
    live: bool
    recording: Path | None
    selected: tuple[str, ...]

    @property
    def finished(self) -> bool:
        """Whether all facts of the run have been folded."""

    @property
    def stopping(self) -> bool:
        """Whether pytest was asked to stop and has not ended yet."""

    @property
    def damage(self) -> str:
        """What is wrong with the recording that the run is read from ('' nothing, or a live run)."""

    @property
    def recording_failure(self) -> str:
        """Why recording ended before the run did ('' it did not)."""

    def poll(self) -> bool:
        """Fold the next facts; never blocks. True if the run changed."""

    def stop(self) -> None:
        """Stop the run."""

    def close(self) -> None:
        """Release what the source holds."""


class LiveSession:
    """A pytest run that we started. Poll it until it has finished, then close it.

    ``select`` restricts the run to these node ids (empty: everything), ``verify`` counts the rows with queries after
    each test, ``off`` names probes to switch off. Raises :class:`ToolError` if the run cannot start, and cleans up.
    """

    live = True
    damage = ""

    def __init__(
        self,
        project: Project,
        *,
        select: Sequence[str] = (),
        record: Path | None = None,
        fix: bool = False,
        colour: bool = False,
        port: int | None = None,
        verify: bool = False,
        off: Sequence[str] = (),
    ) -> None:
        self.run = Run()
        self.title = project.name
        self.recording = record
        self.selected = tuple(select)
        self._workers: dict[int, str] = {}
        """The name of the worker at the other end, by the number of its connection."""
        self._exited_at: float | None = None
        self._closed = False
        self._writer = RecordingWriter(record) if record is not None else None
        self._folder = private_folder()
        self._listener: Listener | None = None
        try:
            self._listener = Listener(self._folder, port)
            self._process = SuiteProcess(
                project,
                self._folder,
                self._listener.address,
                self._listener.token,
                select=select,
                colour=colour,
                verify=verify,
                off=off,
            )
        except BaseException:
            self._release()
            raise
        self._record(
            RunStarted(
                command=list(self._process.command),
                cwd=str(project.cwd),
                python=project.python,
                project=str(project.root),
                fix=fix,
                tool=__version__,
                protocol=PROTOCOL,
                select=list(self.selected),
            )
        )

    @property
    def finished(self) -> bool:
        return self.run.finished

    @property
    def stopping(self) -> bool:
        return self._process.stopping and not self.finished

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def recording_failure(self) -> str:
        """Why recording ended before the run did ('' it did not), such as a full disk."""
        return self._writer.failed if self._writer is not None else ""

    def poll(self) -> bool:
        """Fold the facts that have arrived since the last call; never blocks. True if the model changed."""
        if self.finished:
            return False
        before = self.run.revision
        self._process.escalate_when_due()
        status = self._process.status  # read first: if it has ended, the reads below get all of its output
        output = self._process.read_output()
        if output:
            self._record(Output(output))
        more = self._fold_lines()
        if status is not None and not output and not more:
            self._finish_when_drained(status)
        return self.run.revision != before

    def stop(self) -> None:
        """Interrupt pytest, which still tears its fixtures down. Further calls terminate it, then kill it."""
        self._process.stop()

    def wait(self, until: float | None = None, interval: float = 0.02) -> bool:
        """Poll until the run has finished, or ``until`` (monotonic seconds). True if it has finished."""
        while not self.finished and (until is None or time.monotonic() < until):
            if not self.poll():
                time.sleep(interval)
        return self.finished

    def close(self) -> None:
        """Poll once more, end what still runs, and remove our files."""
        if self._closed:
            return
        self._closed = True
        self.poll()
        self._process.close()
        if not self.finished:
            self._fold_lines()
            self._record(ProcessEnded(self._process.status or 0, True))
        self._release()

    # -- inside --------------------------------------------------------------------------------------------------

    def _fold_lines(self) -> bool:
        assert self._listener is not None
        received = self._listener.drain()
        record: list[bytes] = []
        for connection, line in received:
            if isinstance(line, Closed):
                who = self._workers.pop(connection, "")
                if who:
                    if self._writer is not None:
                        self._writer.write(record)
                        record = []
                    self._record(Disconnected(who, self.run.worker(who).finished))
                continue
            found = decode(line)
            if found.facts or not found.damage:
                record.append(line)
            for stamped in found.facts:
                self._workers[connection] = stamped.worker
                self.run.apply(stamped)
        if self._writer is not None:
            self._writer.write(record)
        return bool(received)

    def _finish_when_drained(self, status: int) -> None:
        """Finish the run once the process has ended and its connections have too."""
        assert self._listener is not None
        now = time.monotonic()
        if self._exited_at is None:
            self._exited_at = now
        if not self._listener.connections or now - self._exited_at > DRAIN_PATIENCE:
            if self._fold_lines():
                return
            self._read_current_tests()
            self._record(ProcessEnded(status, self._process.stopping))
            if self._writer is not None:
                self._writer.close()

    def _read_current_tests(self) -> None:
        """Record the tests that ended their process before their facts were sent: their names are in shared memory."""
        for name, worker in list(self.run.workers.items()):
            if worker.hello is None or worker.finished:
                continue
            nodeid = read_current_test_file(self._folder, name)
            known = self.run.tests.get(nodeid)
            if known is not None and known.outcome is Outcome.CRASHED:  # pytest-xdist's controller has named it
                continue
            if nodeid and (worker.current is None or worker.current.nodeid != nodeid):
                self._record(TestStarted(nodeid, 1, nodeid.partition("::")[0]), name)

    def _record(self, fact: Any, who: str = OBSERVER) -> None:
        """Record a fact of our own, or one for a process that can no longer send it."""
        at = round(time.time(), 6)  # rounded as in the recording, so that a replay folds the same
        if self._writer is not None:
            self._writer.write([encode(who, [(at, fact)]).encode()])
        self.run.apply(Stamped(who, at, fact))

    def _release(self) -> None:
        if self._listener is not None:
            self._listener.close()
        if self._writer is not None:
            self._writer.close()
        shutil.rmtree(self._folder, ignore_errors=True)


class ReplaySession:
    """A run that is read from a recording. Raises :class:`ToolError` as :class:`Recording` does."""

    live = False
    stopping = False
    recording_failure = ""

    def __init__(self, path: Path) -> None:
        self.run = Run()
        self.title = path.name
        self.recording: Path | None = path
        self.selected: tuple[str, ...] = ()
        self.damage = ""
        self._recording = Recording(path)
        self._facts: Iterator[Stamped] | None = iter(self._recording)

    @property
    def finished(self) -> bool:
        return self._facts is None

    def poll(self, most: int = 5_000) -> bool:
        """Fold the next facts. True if there were any."""
        if self._facts is None:
            return False
        count = 0
        for count, stamped in enumerate(self._facts, 1):
            self.run.apply(stamped)
            if count >= most:
                return True
        self._facts = None
        self.damage = self._recording.damage
        if not self.run.finished:
            self.damage = self.damage or "it ends before the run does"
            self.run.apply(Stamped(OBSERVER, self.run.last_at, ProcessEnded(self.run.exit_status or 0, False)))
        return True

    def stop(self) -> None:
        """Do nothing: there is no process to stop."""

    def close(self) -> None:
        self._facts = None
