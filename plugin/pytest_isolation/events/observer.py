"""What the observer states itself."""

from typing import List, NamedTuple

from .origin import PROTOCOL
from .registry import fact


@fact
class RunStarted(NamedTuple):
    """The first line of a recording. ``fix`` tells whether the project's conftest fix stood applied;
    ``select`` are the node ids that the run was restricted to."""

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
    """What pytest printed, as it came; may hold colour sequences."""

    text: str


@fact
class Disconnected(NamedTuple):
    """The connection of ``who`` ended; ``clean`` if it had sent its SessionFinished."""

    who: str
    clean: bool


@fact
class ProcessEnded(NamedTuple):
    """``status`` as a shell shows it: pytest's own, or minus the signal's number; ``stopped`` if we asked for it."""

    status: int
    stopped: bool = False
