"""A process for one trial: started in a group of its own, given a limit of time, and ended with all its children."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Collection, Sequence
from pathlib import Path

from .trial_report import Ending

LAST_OUTPUT = 8_000
"""Bytes of its output that are kept to say why it failed."""

_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


class FreshProcess:
    """One process.

    ``marker`` is text in its environment by which children are found that left its group, ``spare`` other processes
    that have it too; ``keep`` are descriptors that it inherits. ``children_stay`` where it may start a server, and ends
    by itself.
    """

    def __init__(
        self,
        command: Sequence[str],
        cwd: Path,
        env: dict[str, str],
        output: Path,
        *,
        marker: str,
        keep: Collection[int] = (),
        spare: Collection[int] = (),
        children_stay: bool = False,
    ) -> None:
        self._output, self._marker = output, marker
        self._spare, self._children_stay = spare, children_stay
        self._lock = threading.Lock()
        self._stopped = False
        with output.open("wb") as sink:
            self._popen = subprocess.Popen(
                command,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=tuple(keep),
            )

    def wait(self, limit: float) -> Ending:
        """Wait for its end, at most ``limit`` seconds. Nothing that it started is left running."""
        ended = wait_for_exit(self._popen, limit)
        status = self._popen.wait() if ended and self._children_stay and not self._stopped else self.end()
        return Ending(status, timed_out=not ended and not self._stopped, stopped=self._stopped, output=self.output())

    @property
    def ended(self) -> bool:
        return self._popen.poll() is not None

    @property
    def pid(self) -> int:
        return self._popen.pid

    def stop(self) -> None:
        """Kill it; from any thread."""
        with self._lock:
            if self._popen.returncode is None:
                self._stopped = True
                self._kill_group()

    def end(self) -> int:
        """Kill what is left of it and of its children; its exit status."""
        with self._lock:
            # Before it is reaped: until then its group's number cannot be another one's.
            if self._popen.returncode is None:
                self._kill_group()
            status = self._popen.wait()
        if self._marker:
            kill_marked(self._marker, self._spare)
        return status

    def output(self) -> str:
        """The last of what it printed."""
        return last_of(self._output)

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self._popen.pid, _KILL)
            else:
                self._popen.kill()


def last_of(path: Path) -> str:
    """The end of a file of output, '' where there is none."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - LAST_OUTPUT))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def wait_for_exit(process: subprocess.Popen[bytes], limit: float) -> bool:
    """Whether it exited in time. It is not reaped where the system can tell the one without the other (Linux)."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except (AttributeError, OSError):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(limit)
        return process.returncode is not None
    try:
        poller = select.poll()  # select() cannot take a high descriptor
        poller.register(descriptor, select.POLLIN)
        until = time.monotonic() + limit
        while (left := until - time.monotonic()) > 0:
            if poller.poll(max(1, left * 1000)):
                return True
        return False
    finally:
        os.close(descriptor)


def kill_marked(marker: str, spare: Collection[int] = ()) -> list[int]:
    """Kill processes of this user with ``marker`` in their environment: children that left their parent's group. Only
    where there is /proc (Linux). The pids of those that were found."""
    found = []
    wanted = os.fsencode(marker)
    for place in Path("/proc").glob("[0-9]*"):
        pid = int(place.name)
        if pid in spare or pid == os.getpid():
            continue
        try:
            if wanted in (place / "environ").read_bytes():
                os.kill(pid, _KILL)
                found.append(pid)
        except OSError:
            continue  # another user's, or gone
    return found
