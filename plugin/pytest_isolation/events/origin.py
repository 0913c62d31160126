"""Where a fact happened, and who is charged with it."""

from typing import NamedTuple

PROTOCOL = 2
"""Version of the lines written here. A reader refuses another one: in the first, a line was an object."""


class Place(NamedTuple):
    """A line of source: dotted module name, absolute file, line (1-based; 0 unknown), function."""

    module: str = ""
    file: str = ""
    line: int = 0
    function: str = ""


class Unit(NamedTuple):
    """Who stood on the stage when a fact happened, and is charged with it.

    ``life`` is the fixture life being set up or torn down (0: none, the test's own phase is charged).
    ``phase`` is ``import`` (plugin start to collection), ``collect``, ``setup``, ``call``, ``teardown`` or ``finish``.
    ``step`` tells for a fixture whether it was in ``setup`` or in ``teardown``; '' where no fixture is charged.
    """

    nodeid: str = ""
    phase: str = ""
    life: int = 0
    step: str = ""
