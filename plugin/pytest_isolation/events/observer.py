"""Facts of the observer itself: the command, the output, the end of the process."""

from typing import List, NamedTuple

from .origin import PROTOCOL
from .registry import fact


@fact
class RunStarted(NamedTuple):
    """The start of a run, and the first line of its recording.

    ``fix`` is whether the conftest fix was applied to the project; ``select`` are the node ids that the run was
    restricted to.
    """

    command: List[str]
    cwd: str
    python: str
    project: str = ""
    fix: bool = False
    tool: str = ""
    protocol: int = PROTOCOL
    select: List[str] = []


@fact
class Output(NamedTuple):
    """Text that pytest printed, unchanged; it may contain colour sequences."""

    text: str


@fact
class Disconnected(NamedTuple):
    """The connection of worker ``who`` ended; ``clean`` if it had sent its SessionFinished."""

    who: str
    clean: bool


@fact
class ProcessEnded(NamedTuple):
    """The process of pytest ended. ``status`` is pytest's own, or minus the number of the signal; ``stopped`` if the
    observer asked for it."""

    status: int
    stopped: bool = False
