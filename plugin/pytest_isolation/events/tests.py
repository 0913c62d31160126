"""Facts about tests and fixtures: when each started and ended, and how."""

from typing import List, NamedTuple, Optional

from .origin import Place
from .registry import fact


@fact
class TestStarted(NamedTuple):
    """A test started. ``attempt`` counts from 1 (plugins may rerun a test). ``line`` counts from 1, 0 unknown; ``file``
    is relative to the rootdir, as pytest has it."""

    nodeid: str
    attempt: int = 1
    file: str = ""
    line: int = 0


@fact
class PhaseFinished(NamedTuple):
    """One of pytest's reports. ``when`` is setup, call or teardown; ``outcome`` is passed, failed, skipped or rerun.

    ``duration`` is in nanoseconds. ``exception`` is the type's name, '' if nothing was raised. ``xfail`` is the reason
    (may be '') if the test was expected to fail, else None. ``uses`` are the fixture lives that the test has at the end
    of this phase and did not have before. ``life`` is the fixture life that raised; 0 if the test raised, or if that is
    not known. ``subtest`` describes the subtest of this report, None for the test itself.
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
    """A fixture function, emitted before its first life. ``definition`` is its number in this process.

    ``baseid`` is where it is visible: '' (from the rootdir's conftest, or a plugin), a folder, ``file`` or
    ``file::Class``. ``internal``: pytest or a plugin made it (xunit set-up, event loops).
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
    """The set-up of a fixture life ended, or failed. ``began`` is when it started, in microseconds since the epoch.

    ``nodeid`` is the test that requested it first. ``parent`` is the life whose set-up requested it by
    ``getfixturevalue`` (0: none); ``depends`` are the lives of its arguments. ``duration`` is its own time in
    nanoseconds, without the set-ups that it requested itself.
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
    """A fixture life ended. ``nodeid`` is the test during which it ended, '' after the last one. ``duration`` of its
    teardown is in nanoseconds; None if its set-up never completed, or if the time is not known."""

    life: int
    nodeid: str
    duration: Optional[int] = None


@fact
class FixtureGave(NamedTuple):
    """The value of a fixture life, if it is SQLAlchemy's or an instance of a mapped class.

    ``what`` is ``engine``, ``connection``, ``session`` or ``instance``. ``name`` is SQLAlchemy's class, like
    ``AsyncEngine``; for an instance (the value itself, or one in a list, tuple or dict) it is the mapped class, as
    ``module.QualifiedName``. ``lost``: the instance has no session any more.
    """

    life: int
    what: str
    name: str = ""
    lost: bool = False
