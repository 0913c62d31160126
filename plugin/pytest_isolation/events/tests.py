"""Tests and fixtures: when each began and ended, and how."""

from typing import List, NamedTuple, Optional

from .origin import Place
from .registry import fact


@fact
class TestStarted(NamedTuple):
    """``attempt`` counts from 1 (plugins may rerun a test). ``line`` is 1-based, 0 unknown; ``file`` as pytest says it,
    relative to the rootdir."""

    nodeid: str
    attempt: int = 1
    file: str = ""
    line: int = 0


@fact
class PhaseFinished(NamedTuple):
    """One report: ``when`` is setup, call or teardown; ``outcome`` is passed, failed, skipped or rerun.

    ``duration`` in nanoseconds. ``exception`` is the type's name, '' where nothing was raised. ``xfail`` is the reason
    where the test was expected to fail (may be ''), None elsewhere. ``uses`` are the fixture lives that the test had
    at the end of this phase and not before it. ``life`` is the fixture life that raised, 0 where it was the test or is
    not known. ``subtest`` describes the subtest that this report is of, None for the test itself.
    """

    nodeid: str
    attempt: int
    when: str
    outcome: str
    duration: int = 0
    uses: List[int] = []
    exception: str = ""
    message: str = ""
    place: Place = Place()
    traceback: str = ""
    xfail: Optional[str] = None
    life: int = 0
    subtest: Optional[str] = None


@fact
class WarningCaught(NamedTuple):
    """pytest recorded a warning. ``when`` is config, collect or runtest."""

    nodeid: str
    when: str
    category: str
    message: str
    file: str = ""
    line: int = 0


@fact
class FixtureDefined(NamedTuple):
    """Sent before the first life of a definition. ``definition`` is unique within the process.

    ``baseid`` is where pytest sees it from ('' rootdir conftest or plugin, a folder, ``file`` or ``file::Class``).
    ``internal`` marks pytest's own (xunit set-up, event loops).
    """

    definition: int
    name: str
    scope: str
    baseid: str
    place: Place
    arguments: List[str] = []
    internal: bool = False


@fact
class FixtureSetUp(NamedTuple):
    """A life began (or failed to). Sent when its set-up ended; ``began`` is when it started, in microseconds
    since the epoch; the fact comes when it ended.

    ``nodeid`` asked first. ``parent`` is the life whose set-up asked for it by ``getfixturevalue`` (0: none);
    ``depends`` are the lives of its arguments. ``duration`` is its own time in nanoseconds, without lives it
    caused.
    """

    life: int
    definition: int
    nodeid: str
    began: int = 0
    duration: int = 0
    depends: List[int] = []
    parameter: Optional[str] = None
    parent: int = 0
    exception: str = ""
    message: str = ""


@fact
class FixtureTornDown(NamedTuple):
    """A life ended. ``nodeid`` is the test during which it ended, '' after the last. ``duration`` of its teardown in
    nanoseconds; None where the life never came to be or the time is not known."""

    life: int
    nodeid: str
    duration: Optional[int] = None


@fact
class FixtureGave(NamedTuple):
    """What the value of a life is, where that tells of a database. ``what`` is ``engine``, ``connection``, ``session``
    or ``instance``; ``name`` is SQLAlchemy's class, like ``AsyncEngine``, and for an instance (the value itself, or
    one in a list, tuple or dict) its mapped class, as ``module.QualifiedName``; ``lost`` whether that had lost its
    session already."""

    life: int
    what: str
    name: str = ""
    lost: bool = False
