"""Authors: who is charged with what happened, as a value; and the tests during which they left something."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from pytest_isolation.events import Place, Unit

from ..text.wording import relative

if TYPE_CHECKING:
    from .run import Run
    from .test import Test

_AT_IMPORT = ("import", "collect", "")
"""Phases of units that no test is charged with: modules are imported."""


class AuthorKind(Enum):
    FIXTURE = "fixture"
    TEST = "test"
    IMPORT = "import"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Author:
    """Who is charged: a fixture definition, a test, an import, or unknown.

    Two authors are equal if they are the same definition, test or importing file; ``label`` (``fixture customer``, a
    node id, ``import``, ``unknown``) is for people and documents, and several authors may share one.
    """

    kind: AuthorKind
    label: str
    identity: tuple[str, str, int] = ("", "", 0)
    """(base id, file, line) of a fixture's definition; the file of an import."""
    place: Place = field(default=Place(), compare=False)
    """Where the fixture or test is defined, or the line that ran at import."""
    wide: bool = field(default=False, compare=False)
    """Whether it is a fixture that serves several tests."""
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.kind.value, self.label, self.identity)))

    def __hash__(self) -> int:
        return self._hash  # authors are keys wherever rows are added up, and an enum's hash takes a microsecond

    @property
    def known(self) -> bool:
        return self.kind is not AuthorKind.UNKNOWN

    @property
    def is_fixture(self) -> bool:
        return self.kind is AuthorKind.FIXTURE

    @property
    def nodeid(self) -> str:
        """The node id where the author is a test, else ''."""
        return self.label if self.kind is AuthorKind.TEST else ""

    @property
    def culprit(self) -> str:
        """The label as findings name it: '' for an import, and where the author is not known."""
        return self.label if self.kind in (AuthorKind.FIXTURE, AuthorKind.TEST) else ""


UNKNOWN = Author(AuthorKind.UNKNOWN, "unknown")


def author_of(run: Run, worker: str, unit: Unit, place: Place = Place()) -> Author:  # noqa: B008 - it cannot be changed
    """The author of what a unit of a worker did; ``place`` is the line that it ran, which identifies an import."""
    life = run.life_of_unit(worker, unit)
    if life is not None:
        return life.author
    if unit.life:  # its set-up has not been reported yet
        return Author(AuthorKind.FIXTURE, f"fixture #{unit.life}", ("", worker, unit.life))
    if unit.nodeid:
        return author_of_test(run, unit.nodeid)
    if unit.phase in _AT_IMPORT:
        return Author(AuthorKind.IMPORT, unit.phase or "import", ("", place.file or place.module, 0), place)
    return Author(AuthorKind.UNKNOWN, unit.phase)


def author_of_test(run: Run, nodeid: str) -> Author:
    """The test of that node id, as an author."""
    test = run.tests.get(nodeid)
    place = Place("", test.file, test.line) if test is not None else Place()
    return Author(AuthorKind.TEST, nodeid, place=place)


def full_label(run: Run, author: Author) -> str:
    """The label, with the place where another fixture has the same name: ``fixture user in tests/b/conftest.py:3``."""
    return author.label + place_of_namesake(run, author)


def place_of_namesake(run: Run, author: Author) -> str:
    """`` in tests/b/conftest.py:3`` where another fixture has the same name, else ''."""
    place = author.place
    if not author.is_fixture or not place.file:
        return ""
    others = (known.author for known in run.definitions.values() if not known.internal)
    if all(other == author or other.label != author.label for other in others):
        return ""
    return f" in {relative(place.file, run.rootdir)}:{place.line}"


def author_test(run: Run, author: Author, location: str, before: Test | None = None) -> Test | None:
    """The test during which ``author`` left what is at ``location`` (``engine.table``, ``env:NAME``).

    That is the last one that started before the test ``before``, or else the first of all; None where it was at import,
    or is not known."""
    if author.nodeid:
        return run.tests.get(author.nodeid)
    tests = _tests_by_author(run).get((author, location), [])
    if before is None:
        return next(iter(tests), None)
    number = bisect_right(tests, before.started, key=lambda test: test.started)
    return next((test for test in reversed(tests[max(number - 2, 0) : number]) if test is not before), None)


def authors_met(run: Run, test: Test) -> list[Test]:
    """The tests during which what it found was left, each once, in run order; without intended rows."""
    met: dict[str, Test] = {}
    for found in test.rows_found:
        for share in found.shares:
            if not share.intended:
                author = author_test(run, share.author, f"{found.database}.{found.table}", test)
                if author is not None:
                    met[author.nodeid] = author
    for entry in test.state_found.values():
        if entry.test is not None:
            met[entry.test.nodeid] = entry.test
    return [other for other in run.order if other.nodeid in met and other is not test]


_KNOWN: WeakKeyDictionary[Run, tuple[int, dict[tuple[Author, str], list[Test]]]] = WeakKeyDictionary()
"""Of each run, as of a revision: every finding asks for the tests of its author."""


def _tests_by_author(run: Run) -> dict[tuple[Author, str], list[Test]]:
    """(fixture, location) -> the tests during which it left something there, in the order they started."""
    known = _KNOWN.get(run)
    if known is None or known[0] != run.revision:
        known = _KNOWN[run] = (run.revision, _index(run))
    return known[1]


def _index(run: Run) -> dict[tuple[Author, str], list[Test]]:
    found: dict[tuple[Author, str], dict[str, Test]] = defaultdict(dict)
    for test in run.order:
        for written in test.rows_written:
            life = run.life_of_unit(test.worker, written.unit) if written.inserted else None
            if life is not None:
                found[life.author, f"{written.database}.{written.table}"][test.nodeid] = test
        for entry in test.state_changed:
            life = run.life_of_unit(test.worker, entry.unit) if entry.change != "restored" else None
            if life is not None:
                found[life.author, entry.location][test.nodeid] = test
    return {key: list(tests.values()) for key, tests in found.items()}
