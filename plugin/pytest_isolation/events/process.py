"""Facts about the process's own state: environment, configuration, module globals."""

from typing import List, NamedTuple

from .origin import Place, Unit
from .registry import fact


@fact
class StateChanged(NamedTuple):
    """A piece of the process's state differs from what it was before ``unit`` ran.

    ``what`` is ``env``, ``cwd``, ``path`` (``sys.path``), ``module``, ``warnings``, ``logging``, ``random``, ``config``
    (of a Flask application), ``extension``, ``global`` or ``cache`` (of a memoised function). ``name`` is its name:
    ``INVENTORY_CURRENCY``, ``src.settings.LIMITS``. ``change`` is ``added``, ``changed``, ``removed``, or ``restored``
    if it is again what it was when it was first seen. ``detail`` describes the change by types and sizes, never by
    values.

    ``among`` are the tests of which one made the change, if it is not known which; then ``unit`` only saw it. A unit
    without a phase is a test, where it is not known whether the test itself or one of its own fixtures made the change.
    ``in_place``: it is the same object with other contents, which may include what earlier units put there.
    """

    what: str
    name: str
    change: str
    unit: Unit
    detail: str = ""
    among: List[str] = []
    in_place: bool = False


@fact
class ThreadLeftRunning(NamedTuple):
    """A thread started during ``unit``, and still runs after the teardown of that test or fixture. ``place`` is where
    the function that it runs is defined."""

    name: str
    daemon: bool
    place: Place
    unit: Unit


@fact
class StateInReach(NamedTuple):
    """Changed state that the code of a test may read, found in the code that it can reach, without running it.

    It is emitted for tests that failed, and for some that passed. ``names`` are ``what:name``; ``places`` are the lines
    that mention them, in the same order.
    """

    nodeid: str
    names: List[str]
    places: List[Place] = []
