"""From a set that was found to a proven one: repeat it, repeat without it, undo what may carry it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple

from ..trial import Location, Trial
from ..verdict import TestSet
from .notebook import Notebook, Seen, Steps
from .search import Search

MOST_LOCATIONS = 3
EXTRA_CONFIRMATIONS = 2
"""Where no location is certain; and for a victim that is known to differ between equal trials."""

SHARED_CONFIRMATIONS = 2
"""For a set that is proven for another test as well."""


class SuspectedLocation(NamedTuple):
    """A location, and whether it is likely even where it cannot be undone: it fits the failure, and evidence says that
    one of the set left something there."""

    location: Location
    likely: bool


@dataclass(frozen=True, slots=True)
class Control:
    """The trial without any polluter or setter, and what it showed."""

    trial: Trial
    seen: Seen


def find_location(
    notebook: Notebook, search: Search, found: TestSet, control: Control, locations: Iterable[SuspectedLocation]
) -> Steps[tuple[Location | None, str]]:
    """What carries it, and the grade. Undoes one location after the other right before the victim: where that gives the
    control's outcome, the location is certain. One that cannot be undone is suspected where it is likely."""
    suspected = None
    for location, likely in islice(locations, MOST_LOCATIONS):
        seen = yield from notebook.run(_without(search, found, location), optional=True)
        if seen is control.seen and not notebook.skipped():
            return location, "A"
        if seen is Seen.NOTHING and likely and suspected is None:
            suspected = location
    return (suspected, "B") if suspected is not None else (None, "C")


def confirm(
    notebook: Notebook,
    search: Search,
    found: TestSet,
    control: Control,
    carrier: Location | None = None,
    extra: int = EXTRA_CONFIRMATIONS,
) -> Steps[None]:
    """Repeat by turns the set, which must give the outcome again, and what must not give it: of a joint set what is
    left without each of its items, and the set with its ``carrier`` undone, or else the control. Raise
    EqualTrialsDiffer as soon as one shows something else. A proof without a certain location is repeated more often,
    one of a set that is proven for other tests as well less often.
    """
    question = notebook.question
    turns = question.confirmations + (0 if carrier is not None else extra)
    if found in question.confirmed:
        turns = min(turns, SHARED_CONFIRMATIONS)
    if question.victim in question.noise:
        turns += EXTRA_CONFIRMATIONS
    smaller = [tuple(each for each in found if each != item) for item in found] if len(found) > 1 else []
    refuting = [search.trial(items) for items in smaller]
    if carrier is not None:
        refuting.append(_without(search, found, carrier))
    for _ in range(turns):
        for trial in refuting or [control.trial]:
            seen = yield from notebook.run(_again(trial))
            if seen is search.wanted or (not smaller and seen not in (control.seen, Seen.NOTHING)):
                raise notebook.differing(trial)
        seen = yield from notebook.run(_again(search.trial(found)))
        if seen not in (search.wanted, Seen.NOTHING):
            raise (yield from search.contradiction(found))


def _without(search: Search, found: TestSet, location: Location) -> Trial:
    """The set, and right before the victim the location is put back as it was."""
    trial = search.trial(found)
    return replace(trial, undo=location, why=f"{trial.why}, without {location.label}")


def _again(trial: Trial) -> Trial:
    return replace(trial, fresh=False, why=f"{trial.why} again")
