"""A process that has collected the tests once, and runs each trial in a fork of itself."""

from __future__ import annotations

import json
import os
import select
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from .fresh_process import FreshProcess, kill_marked, last_of
from .trial_report import Ending

END_PATIENCE = 10.0
"""Seconds that the server's session may take to end: what it made while collecting is removed then."""

ANSWER_PATIENCE = 10.0
"""Seconds beyond a trial's limit after which a server that does not answer is given up."""


class ForkRefused(Exception):
    """Why trials of this project cannot be forks."""


class ForkServer:
    """The prober's side. Create it with :meth:`start`; then :meth:`run` one trial after another."""

    def __init__(self, process: FreshProcess, requests: int, answers: int, marker: str, output: Path) -> None:
        self._process, self._marker, self._output = process, marker, output
        self._requests, self._answers = requests, answers
        self._rest = b""
        self._stopped = False

    @property
    def pid(self) -> int:
        return self._process.pid

    @classmethod
    def pipes(cls) -> tuple[int, int, int, int]:
        """(the server's end for requests, ours, the server's end for answers, ours)."""
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        return theirs_in, ours_out, theirs_out, ours_in

    @classmethod
    def start(
        cls,
        command: Sequence[str],
        cwd: Path,
        env: dict[str, str],
        output: Path,
        *,
        marker: str,
        pipes: tuple[int, int, int, int],
    ) -> ForkServer:
        """Start the process; raises OSError. Call :meth:`await_ready` before the first trial."""
        theirs_in, ours_out, theirs_out, ours_in = pipes
        try:
            process = FreshProcess(command, cwd, env, output, marker=marker, keep=(theirs_in, theirs_out))
        except OSError:
            os.close(ours_out)
            os.close(ours_in)
            raise
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        return cls(process, ours_out, ours_in, marker, output)

    def await_ready(self, limit: float) -> None:
        """Wait until it has collected; raises ForkRefused where it may not fork, or did not come so far."""
        answer = self._answer(limit)
        if answer is None:
            raise ForkRefused("the process that collects ended early, or took too long")
        if not answer.get("ready"):
            raise ForkRefused(str(answer.get("refusal")))

    def run(self, spec: Path, limit: float) -> Ending | None:
        """Run the trial of this spec; None where the server itself has gone."""
        with suppress(OSError):
            os.write(self._requests, json.dumps({"spec": str(spec), "limit": limit}).encode() + b"\n")
        answer = self._answer(limit + ANSWER_PATIENCE)
        if answer is None or self._stopped:
            return Ending(0, stopped=True) if self._stopped else None
        kill_marked(self._marker, spare=(self.pid,))
        return Ending(int(answer.get("status", 0)), bool(answer.get("timed_out")), output=last_of(self._output))

    def stop(self) -> None:
        """Kill it and the trial that runs; from any thread."""
        self._stopped = True
        self._process.stop()
        kill_marked(self._marker)

    def close(self) -> None:
        """Let its session end, and nothing of it be left."""
        os.close(self._requests)
        if not self._stopped:
            self._process.wait(END_PATIENCE)
        self._process.end()
        os.close(self._answers)

    def _answer(self, limit: float) -> dict[str, Any] | None:
        until = time.monotonic() + limit
        poller = select.poll()
        poller.register(self._answers, select.POLLIN)
        while b"\n" not in self._rest:
            left = until - time.monotonic()
            if left <= 0 or not poller.poll(left * 1000):
                return None
            data = os.read(self._answers, 65536)
            if not data:
                return None
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        try:
            answer = json.loads(line)
        except ValueError:
            return None
        return answer if isinstance(answer, dict) else None
