"""A finding: a named conclusion, with what it rests on."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_isolation.events import Place


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact that the conclusion rests on: in words, and the line of source it happened at."""

    text: str
    place: Place = field(default_factory=Place)
    nodeid: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause with all its victims.

    ``kind`` is the class's id, e.g. ``table-already-defined``. ``tests`` are the victims' node ids in run order.
    ``culprit`` names the test or fixture that is charged, '' where that is not known. ``command`` repeats it.
    ``grade`` is A to D, as in the README.
    """

    kind: str
    title: str
    tests: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    remedy: str
    culprit: str = ""
    command: str = ""
    grade: str = "D"
    tables: tuple[str, ...] = ()
