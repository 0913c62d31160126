"""What one unit left behind at one location: the words and the identity that the guard gives it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from pytest_isolation.events import Place, Unit

from ..model import Database, FixtureLife, Run
from ..model.queries import own
from ..plain import clean, relative

MEMORY = "memory"
"""What every in-memory database is called."""

_NUMBERED = re.compile(r" \(\d+\)$")
_WORKER = re.compile(r"(?<![a-z])gw\d+")
_UNITTEST = re.compile(r"_?(?:xunit|unittest)_(\w+?)_fixture_(.+)")


class Key(NamedTuple):
    """What tells a leak from others, in every run of the suite on every machine. Baselines hold these."""

    kind: str
    location: str
    author: str


@dataclass(slots=True)
class Remnant:
    """State that stands after its author's own end. ``who`` and ``what`` are words; ``remedy`` too. ``place`` is the
    line that made it, ``home`` where the author is defined. ``inexact``: it may not be so. ``met_as`` is the author
    and the location by which the model counts who met it."""

    key: Key
    who: str
    what: str
    remedy: str
    place: Place
    home: Place = field(default_factory=Place)
    inexact: bool = False
    met_as: tuple[str, str] = ("", "")
    group: str = ""
    """What it is one of, in words: several are told in one line, which then names each ``thing``."""
    thing: str = ""


@dataclass(frozen=True, slots=True)
class Author:
    """Who is charged. ``key`` names it in a baseline, ``who`` in a sentence, ``known_as`` in the model."""

    key: str
    who: str
    home: Place
    known_as: str
    is_fixture: bool = False


def author_of(run: Run, unit: Unit, life: FixtureLife | None, place: Place) -> Author:
    """The fixture whose life it is, else the test, else the import."""
    if life is not None:
        definition = life.definition
        name = _UNITTEST.sub(r"\1 of \2", definition.name)
        file = definition.place.file
        where = (
            relative(file, run.rootdir).replace("\\", "/") if own(run, definition.place) else definition.place.module
        )
        scope = "" if definition.scope == "function" else f"{definition.scope}-scoped "
        known_as = f"fixture {definition.name}"
        return Author(
            f"fixture {clean(name)} in {where}", f"{scope}fixture {clean(name)}", definition.place, known_as, True
        )
    test = run.tests.get(unit.nodeid)
    if test is not None:
        base = base_of(test.nodeid)
        home = Place("", test.file, test.line)
        return Author(base, clean(test.nodeid.rpartition("/")[2]), home, test.nodeid)
    where = relative(place.file, run.rootdir).replace("\\", "/") or "a module"
    return Author(f"import of {where}", f"the import of {clean(where)}", place, unit.phase or "import")


def base_of(nodeid: str) -> str:
    """A node id without its parameters: they may come in any number, and from anywhere.

    >>> base_of("tests/test_a.py::TestUsers::test_it[a-::-1]")
    'tests/test_a.py::TestUsers::test_it'
    """
    file, separator, rest = nodeid.partition("::")
    return file + separator + rest.partition("[")[0].partition("@")[0]


def name_of(database: Database) -> str:
    """A database's name that is the same on every machine and for every worker: ``memory``, ``shop.db``, ``shop``."""
    label = _NUMBERED.sub("", database.label)
    path = label.partition("?")[0].partition("://")[2].replace("\\", "/")
    if database.dialect == "sqlite" and (path in ("", "/:memory:") or "mode=memory" in label or ":memory:" in path):
        return MEMORY
    return _WORKER.sub("gw*", path.rpartition("/")[2]) or database.dialect or "database"
