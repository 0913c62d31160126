"""The session: how a process of pytest begins, collects and ends; and the stream itself."""

from typing import List, NamedTuple, Optional

from .origin import Place
from .registry import fact


@fact
class Hello(NamedTuple):
    """First fact of every process. ``role``: ``main`` (the launched process) or ``worker`` (pytest-xdist's)."""

    protocol: int
    role: str
    pid: int
    python: str
    pytest: str
    platform: str = ""
    cwd: str = ""
    args: List[str] = []


@fact
class SessionStarted(NamedTuple):
    """pytest is configured. ``config_file`` is '' without one. ``worker_count`` is 0 without pytest-xdist. ``limits``:
    what this old a pytest cannot tell, in words, one line each."""

    rootdir: str
    config_file: str = ""
    worker_count: int = 0
    limits: List[str] = []


@fact
class LibraryArmed(NamedTuple):
    """The suite imported a library that a probe listens to (``sqlalchemy``, ``sqlalchemy.orm``)."""

    name: str
    version: str
    limits: List[str] = []


@fact
class Collected(NamedTuple):
    """A chunk of the collected node ids, in order; ``first`` is the index of the first of them."""

    first: int
    nodeids: List[str]


@fact
class Deselected(NamedTuple):
    nodeids: List[str]


@fact
class CollectionFailed(NamedTuple):
    """A module or directory that could not be collected: an error in pytest's count. ``ends_pytest``: a conftest that
    pytest loads before it begins, and by whose failure it ends without counting anything."""

    nodeid: str
    exception: str = ""
    message: str = ""
    place: Place = Place()
    traceback: str = ""
    ends_pytest: bool = False


@fact
class CollectionFinished(NamedTuple):
    total: int


@fact
class SessionFinished(NamedTuple):
    """pytest's own end. Absent where the process was killed or left by ``os._exit``; None where pytest ended before it
    had a session (a usage error, a broken conftest)."""

    exit_status: Optional[int] = None


@fact
class Interrupted(NamedTuple):
    reason: str


@fact
class InternalError(NamedTuple):
    """pytest's INTERNALERROR: a plugin or pytest itself failed."""

    message: str
    traceback: str = ""


@fact
class WorkerCrashed(NamedTuple):
    """pytest-xdist lost a worker while it ran ``nodeid`` ('' unknown)."""

    lost: str
    nodeid: str = ""
    message: str = ""


@fact
class ProbeDisabled(NamedTuple):
    """A listener of ours failed; it says so once and is silent from then on."""

    probe: str
    why: str


@fact
class FactsDropped(NamedTuple):
    """How many facts this process could not send so far because the reader was too slow."""

    total: int
