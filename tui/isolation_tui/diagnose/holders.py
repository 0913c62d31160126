"""How findings name who held what others waited for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ..model import FailedWait, ResourceHolder, Run, Test
from .blame import short
from .finding import Evidence

MOST_NAMED = 5


def in_vain(run: Run, test: Test, why: str) -> FailedWait | None:
    """The last time that somebody was told so while the test was on the stage."""
    found = [each for each in run.waited_in_vain if each.unit.nodeid == test.nodeid and each.worker == test.worker]
    return next((each for each in reversed(found) if each.why == why), None)


def as_evidence(run: Run, holders: Iterable[ResourceHolder], what: str, verb: str = "taken") -> list[Evidence]:
    """``2 connections in a transaction, taken by fixture client``: each author and line once, the most first."""
    counted = Counter(holders).most_common()
    told = []
    for holder, count in counted[:MOST_NAMED]:
        amount = f"{count} {what}s" if count > 1 else f"a {what}"
        known = holder.author if holder.author in run.tests else ""
        who = f" by {holder.author}" if holder.author else ""
        told.append(Evidence(f"{amount}, {verb}{who}", holder.place, known))
    left = len(counted) - MOST_NAMED
    return [*told, Evidence(f"and {left} more")] if left > 0 else told


def only_author(holders: Iterable[ResourceHolder]) -> str:
    """The one who took all of them; '' where there are several, or none."""
    authors = {holder.author for holder in holders}
    return authors.pop() if len(authors) == 1 else ""


def named(author: str) -> str:
    """For a sentence: ``fixture client``, ``test_it``, or ``whoever holds it``."""
    return short(author) if author and author != "import" else "whoever holds it"
