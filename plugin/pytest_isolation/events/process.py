"""What the process itself holds: environment, configuration, module globals."""

from typing import List, NamedTuple

from .origin import Place, Unit
from .registry import fact


@fact
class StateChanged(NamedTuple):
    """Something of the process is not what it was before ``unit`` stepped on the stage.

    ``what`` is ``env``, ``cwd``, ``path`` (``sys.path``), ``module``, ``warnings``, ``logging``, ``random``, ``config``
    (of a Flask application), ``extension``, ``global`` or ``cache`` (of a memoised function). ``name`` says which:
    ``INVENTORY_CURRENCY``, ``src.settings.LIMITS``. ``change`` is ``added``, ``changed``, ``removed``, or ``restored``
    where it is again what it was when it was first seen. ``detail`` says how in words, without any value: types and
    sizes alone. ``among`` are the tests during one of which it happened, where that is not known more closely: then the
    unit is merely the one on whose watch it was seen. A unit without a phase is a test of which nothing closer is
    known: itself, or a fixture that it has to itself. ``in_place`` says that it is the same object yet, with something
    else in it: what earlier units put there may be in it still.
    """

    what: str
    name: str
    change: str
    unit: Unit
    detail: str = ""
    among: List[str] = []
    in_place: bool = False


@fact
class StateInReach(NamedTuple):
    """Changed state that the code of a test may read, found in the code it can reach and never by running it. Of tests
    that passed only some are looked at. ``names`` are ``what:name``; ``places`` are the lines that mention them, in the
    same order."""

    nodeid: str
    names: List[str]
    places: List[Place] = []
