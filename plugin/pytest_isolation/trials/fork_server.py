"""Collect once, then run each trial that is asked for in a fork of this process.

Requests and answers are lines of JSON on two pipes. When the other end of the first one closes, because the prober
ended or died, the trial that runs is killed and the session ends.
"""

import json
import os
import select
import signal
import time
from typing import Any, Callable, Dict, Optional, Tuple

from .fork_safety import unsafe_to_fork

Run = Callable[[str], None]
"""Runs the trial whose spec is at this path, in the child."""


class ForkServer:
    """The server's side in the process that has collected. ``run`` is called in each child."""

    def __init__(self, requests: int, answers: int, run: Run) -> None:
        self._requests, self._answers, self._run = requests, answers, run
        self._rest = b""
        for descriptor in (requests, answers):
            os.set_inheritable(descriptor, False)

    def serve(self) -> None:
        """Until the prober closes its end."""
        refusal = unsafe_to_fork({self._requests, self._answers})
        self._answer(ready=not refusal, refusal=refusal)
        while not refusal:
            request = self._next()
            if request is None:
                return
            self._answer(**self._fork(request["spec"], request["limit"]))

    def _next(self) -> Optional[Dict[str, Any]]:
        while b"\n" not in self._rest:
            data = os.read(self._requests, 65536)
            if not data:
                return None
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        request: Dict[str, Any] = json.loads(line)
        return request

    def _answer(self, **fields: Any) -> None:
        try:
            os.write(self._answers, json.dumps(fields).encode("ascii") + b"\n")
        except OSError:
            pass  # the prober is gone: the next read says so

    def _fork(self, spec: str, limit: float) -> Dict[str, Any]:
        pid = os.fork()
        if pid == 0:
            self._child(spec)
        _own_group(pid)
        timed_out = not self._wait(pid, limit)
        _kill_group(pid)  # before it is reaped: until then the number is its own
        _, status = os.waitpid(pid, 0)
        return {"status": _exit_status(status), "timed_out": timed_out}

    def _child(self, spec: str) -> None:
        """Never returns. Neither atexit nor the session's end are for the child: they would remove what belongs to the
        server, such as a folder made while collecting."""
        try:
            _own_group(0)
            os.close(self._requests)
            os.close(self._answers)
            self._run(spec)
        finally:
            os._exit(0)

    def _wait(self, pid: int, limit: float) -> bool:
        """Whether the child ended by itself, within ``limit`` seconds and before the prober went away."""
        poller, descriptor = _poller(pid, self._requests)
        until = time.monotonic() + limit
        try:
            while True:
                left = until - time.monotonic()
                if left <= 0:
                    return False
                for ready, event in poller.poll(min(left, 600.0 if descriptor >= 0 else 0.01) * 1000):
                    if ready == descriptor:
                        return True
                    if event & select.POLLHUP:
                        return False
                if descriptor < 0 and _has_exited(pid):
                    return True
        finally:
            if descriptor >= 0:
                os.close(descriptor)


def _poller(pid: int, requests: int) -> Tuple[Any, int]:
    poller = select.poll()
    poller.register(requests, 0)  # its end alone
    try:
        descriptor = os.pidfd_open(pid)
    except (AttributeError, OSError):  # before Linux 5.3
        return poller, -1
    poller.register(descriptor, select.POLLIN)
    return poller, descriptor


def _has_exited(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _own_group(pid: int) -> None:
    """Called on both sides: whichever comes first, the group is there when it is needed."""
    try:
        os.setpgid(pid, pid)
    except OSError:
        pass  # it has ended, or has done so itself


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except OSError:
        pass


def _exit_status(status: int) -> int:
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
