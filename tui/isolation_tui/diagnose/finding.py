"""A finding: a cause of failures, or a harmless fault, with its evidence."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_isolation.events import Place

from ..model import UNKNOWN, Author

SUSPECTED = "D"
"""The grade of what rests on observation alone."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact that supports the conclusion: in words, and with its line of source."""

    text: str
    place: Place = field(default_factory=Place)
    nodeid: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause with all its victims.

    ``kind`` is the class's id, e.g. ``table-already-defined``; ``code`` its number in the catalogue of classes, like
    ``F2``, '' where it has none. ``tests`` are the victims' node ids in run order; with ``harmless`` no test failed by
    it, and they are the tests that met it. ``author`` is the test or fixture that is charged. ``command`` repeats it.
    ``grade`` is A to D, as in the README. ``locations`` are what is left behind, as ``engine.table`` or ``env:NAME``.
    """

    kind: str
    title: str
    tests: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    remedy: str
    author: Author = UNKNOWN
    command: str = ""
    grade: str = SUSPECTED
    tables: tuple[str, ...] = ()
    code: str = ""
    locations: tuple[str, ...] = ()
    harmless: bool = False

    @property
    def proven(self) -> bool:
        """Whether trials have reproduced it: only then is it called a cause, else it is suspected."""
        return self.grade != SUSPECTED

    @property
    def culprit(self) -> str:
        """The label of its author, '' where no test or fixture is charged."""
        return self.author.culprit

    @property
    def files(self) -> tuple[str, ...]:
        """The files that this cause touches: those of its evidence, each once, in order of the evidence."""
        return tuple(dict.fromkeys(item.place.file for item in self.evidence if item.place.file))
