"""Values inside facts: the place where something happened, and the unit that is charged with it."""

from typing import NamedTuple

PROTOCOL = 2
"""Version of the lines. A reader refuses any other version; in version 1 a line was an object."""


class Place(NamedTuple):
    """A line of source code: dotted module name, absolute file, line (from 1; 0 unknown), function."""

    module: str = ""
    file: str = ""
    line: int = 0
    function: str = ""


class Unit(NamedTuple):
    """What was running when a fact happened, and is charged with it: a fixture, or a phase of a test.

    ``life`` is the fixture life that is being set up or torn down; 0: the test's own phase is charged.
    ``phase`` is ``import`` (plugin start to collection), ``collect``, ``setup``, ``call``, ``teardown`` or ``finish``.
    ``step`` is ``setup`` or ``teardown`` of the fixture; '' if no fixture is charged.
    """

    nodeid: str = ""
    phase: str = ""
    life: int = 0
    step: str = ""
