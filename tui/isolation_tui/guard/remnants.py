"""What one unit left behind at one location: the words and the identity that the guard gives it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from pytest_isolation.events import Place, Unit

from ..model import Database, FixtureDefinition, FixtureLife, Run
from ..model import authors as charged
from ..model.queries import own
from ..text.sanitize import clean
from ..text.wording import relative, without_folders

MEMORY = "memory"
"""What every in-memory database is called."""

_NUMBERED = re.compile(r" \(\d+\)$")
_WORKER = re.compile(r"(?<![a-z])gw\d+")
_XUNIT = re.compile(r"_?(?:xunit|unittest)_(\w+?)_fixture_(.+)")


class Key(NamedTuple):
    """What tells a leak from others, in every run of the suite on every machine. Baselines hold these."""

    kind: str
    location: str
    author: str


@dataclass(frozen=True, slots=True)
class Author:
    """Who is charged. ``key`` names it in a baseline, ``who`` in a sentence, ``known_as`` in the model."""

    key: str
    who: str
    home: Place
    known_as: charged.Author
    is_fixture: bool = False
    wide: bool = False
    """A fixture that serves several tests."""


@dataclass(slots=True)
class Remnant:
    """State that stands after its author's own end. ``what`` is it in words; ``remedy`` too. ``place`` is the line that
    made it. ``inexact``: it may not be so. ``met_as`` is the location by which the model counts who met it."""

    key: Key
    author: Author
    what: str
    remedy: str
    place: Place
    inexact: bool = False
    met_as: str = ""
    group: str = ""
    """What it is one of, in words: several are told in one line, which then names each ``thing``."""
    thing: str = ""


def author_of(run: Run, unit: Unit, life: FixtureLife | None, place: Place) -> Author:
    """The fixture whose life it is, else the test, else the import."""
    if life is not None:
        return _fixture(run, life.definition)
    test = run.tests.get(unit.nodeid)
    if test is not None:
        base = base_of(test.nodeid)
        home = Place("", test.file, test.line)
        return Author(base, clean(without_folders(test.nodeid)), home, charged.author_of_test(run, test.nodeid))
    where = relative(place.file, run.rootdir).replace("\\", "/") or "a module"
    return Author(
        f"import of {where}",
        f"the import of {clean(where)}",
        place,
        charged.author_of(run, "", unit._replace(life=0), place),
    )


def _fixture(run: Run, definition: FixtureDefinition) -> Author:
    home, known_as, wide = definition.place, definition.author, definition.scope != "function"
    xunit = _XUNIT.match(definition.name)
    if xunit is not None:  # pytest's own, which calls the suite's
        file = definition.baseid.partition("::")[0]
        who = f"{xunit[1]} of {clean(xunit[2])}"
        return Author(f"{who} in {file}", who, Place("", file), known_as, True, wide)
    where = relative(home.file, run.rootdir).replace("\\", "/") if own(run, home) else home.module
    name = f"fixture {clean(definition.name)}"
    who = f"{definition.scope}-scoped {name}" if wide else name
    return Author(f"{name} in {where}", who, home, known_as, True, wide)


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
