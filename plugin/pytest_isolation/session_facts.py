"""Facts of a session: the process, pytest's configuration, and the tests collected."""

import os
import sys
from typing import Any, Iterator, List, Union

import pytest

from .events import PROTOCOL, Collected, CollectionFinished, Deselected, Hello, SessionStarted
from .probes.process.patches import NOT_SEEN_IN_SAFE_MODE

COLLECTED_CHUNK = 500
"""Node ids in one fact: keeps a line well under 100 kB."""


def hello(is_worker: bool) -> Hello:
    """The first fact of a process."""
    return Hello(
        protocol=PROTOCOL,
        role="worker" if is_worker else "main",
        pid=os.getpid(),
        python="%d.%d.%d" % sys.version_info[:3],
        pytest=pytest.__version__,
        platform=sys.platform,
        cwd=_cwd(),
        args=sys.argv[1:],
    )


def session_started(config: Any, is_controller: bool, safe: bool) -> SessionStarted:
    """The fact of a session that begins; only pytest-xdist's controller has ``tx``, one entry for each worker."""
    workers = len(getattr(config.option, "tx", None) or ()) if is_controller else 0
    inipath = getattr(config, "inipath", None) or getattr(config, "inifile", None) or ""
    return SessionStarted(root_of(config), str(inipath), workers, _limits(safe))


def root_of(config: Any) -> str:
    """The root directory of the session (``rootdir`` before pytest 6.1)."""
    return str(getattr(config, "rootpath", None) or config.rootdir)


def collected(nodeids: List[str]) -> "Iterator[Union[Collected, CollectionFinished]]":
    """The facts of all collected tests."""
    for first in range(0, len(nodeids), COLLECTED_CHUNK):
        yield Collected(first, list(nodeids[first : first + COLLECTED_CHUNK]))
    yield CollectionFinished(len(nodeids))


def deselected(nodeids: List[str]) -> Iterator[Deselected]:
    """The facts of deselected tests."""
    for first in range(0, len(nodeids), COLLECTED_CHUNK):
        yield Deselected(nodeids[first : first + COLLECTED_CHUNK])


def _limits(safe: bool) -> List[str]:
    """Sentences about what is not known with this pytest."""
    limits = ["safe mode does not see: %s" % what for what in NOT_SEEN_IN_SAFE_MODE] if safe else []
    major, minor = (int(part) for part in pytest.__version__.split(".")[:2])
    if (major, minor) < (7, 4):
        limits.append(
            "pytest %s is older than 7.4: outcomes and fixtures are shown, but are not tested with it"
            % pytest.__version__
        )
    return limits


def _cwd() -> str:
    try:
        return os.getcwd()
    except OSError:
        return ""
