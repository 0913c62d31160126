"""The states of a test, and of a run."""

from __future__ import annotations

from enum import Enum


class Outcome(Enum):
    """The state of a test. The value is the word in JSON, on screen and in filters."""

    WAITING = "waiting"
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"
    XFAILED = "xfailed"
    XPASSED = "xpassed"
    CRASHED = "crashed"
    """It was running when its process died."""
    NOT_RUN = "not run"
    """Collected, but the session ended before it."""
    UNKNOWN = "unknown"
    """It ran, or may have run, but its facts were lost with its process or its connection."""

    @property
    def bad(self) -> bool:
        """Whether the test failed, in whichever phase or way."""
        return self in (Outcome.FAILED, Outcome.ERROR, Outcome.CRASHED)

    @property
    def ended(self) -> bool:
        return self not in (Outcome.WAITING, Outcome.RUNNING)


class RunState(Enum):
    """What a run does now."""

    STARTING = "starting"
    COLLECTING = "collecting"
    RUNNING = "running"
    FINISHED = "finished"
