"""Facts about the session (how pytest starts, collects and ends), and about the stream itself."""

from typing import List, NamedTuple, Optional

from .origin import Place
from .registry import fact


@fact
class Hello(NamedTuple):
    """The first fact of every process. ``role``: ``main`` (the launched process) or ``worker`` (pytest-xdist's)."""

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
    """pytest is configured. ``config_file`` is '' without one; ``worker_count`` is 0 without pytest-xdist. ``limits``
    are sentences about what is not known with this old a pytest."""

    rootdir: str
    config_file: str = ""
    worker_count: int = 0
    limits: List[str] = []


@fact
class LibraryArmed(NamedTuple):
    """The suite imported a library that a probe observes (``sqlalchemy``, ``sqlalchemy.orm``)."""

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
    """A chunk of node ids that were collected and do not run."""

    nodeids: List[str]


@fact
class CollectionFailed(NamedTuple):
    """A module or directory that could not be collected: an error in pytest's count. ``ends_pytest``: it is a conftest
    that pytest loads before it starts, and its failure ends pytest without any count."""

    nodeid: str
    exception: str = ""
    message: str = ""
    place: Place = Place()
    traceback: str = ""
    ends_pytest: bool = False


@fact
class CollectionFinished(NamedTuple):
    """All node ids are collected; ``total`` is their number."""

    total: int


@fact
class SessionFinished(NamedTuple):
    """pytest ended by itself. A process that was killed or left by ``os._exit`` does not emit it. ``exit_status`` is
    None if pytest ended before it had a session (a usage error, a broken conftest)."""

    exit_status: Optional[int] = None


@fact
class Interrupted(NamedTuple):
    """Ctrl-C, or ``pytest.exit()``."""

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
    """A probe failed, and emits nothing from then on. Each probe reports this once."""

    probe: str
    why: str


@fact
class FactsDropped(NamedTuple):
    """The number of facts that this process has dropped so far because the reader was too slow."""

    total: int
