"""What the classes of changed process state have in common: victims, authors, evidence."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from pytest_isolation.events import Place

from ..model import Run, StateResidue, Test
from . import blame
from .finding import Evidence, Finding

_EXCEPTIONS = {
    "path": ("ImportError", "ModuleNotFoundError"),
    "cwd": ("FileNotFoundError", "NotADirectoryError", "PermissionError", "AssertionError"),
}

AUTHORS_NAMED = 3
"""How many further authors a finding names."""


@dataclass(frozen=True, slots=True)
class Victim:
    """A failing test that started with the change, and the line of code in its reach that mentions it."""

    test: Test
    entry: StateResidue
    place: Place


Words = Callable[[StateResidue, str], str]
"""From a change, and its author's short name, to words."""


def findings(
    run: Run, unexplained: Sequence[Test], kind: str, what: Collection[str], title: Words, remedy: Words
) -> list[Finding]:
    """One finding for each location and author. Nobody is a victim whose code does not mention what was changed."""
    groups: dict[tuple[str, str], list[Victim]] = {}
    for test in unexplained:
        victim = _victim(test)
        if victim is not None and victim.entry.what in what:
            groups.setdefault((victim.entry.location, victim.entry.first.author), []).append(victim)
    return [_finding(run, kind, title, remedy, victims) for victims in groups.values()]


def _victim(test: Test) -> Victim | None:
    """Of several changes in its reach the latest is charged: with the older ones others before it did well."""
    failure = test.failure
    exception = failure.exception if failure is not None else ""
    met = [
        Victim(test, test.state_found[reach.location], reach.place)
        for reach in test.state_in_reach
        if reach.location in test.state_found
    ]
    return max(
        (victim for victim in met if _by_another(test, victim.entry) and _plausible(victim.entry, exception)),
        key=lambda victim: victim.entry.at,
        default=None,
    )


def _by_another(test: Test, entry: StateResidue) -> bool:
    """A test that is run again meets what it left itself."""
    return any(author != test.nodeid for author in entry.authors)


def _plausible(entry: StateResidue, exception: str) -> bool:
    """Whether a failure by it can be such an exception: imports and open() are in the reach of most tests."""
    return exception in _EXCEPTIONS.get(entry.what, (exception,))


def _finding(run: Run, kind: str, title: Words, remedy: Words, victims: Sequence[Victim]) -> Finding:
    first = victims[0]
    entry = first.entry.first
    who = blame.short(entry.author) or "an unknown test"
    evidence = [_made(run, entry)]
    others: dict[str, StateResidue] = {}
    for victim in victims:
        for each in (*victim.entry.earlier, victim.entry):
            if each.author != entry.author:
                others.setdefault(each.author, each)
    evidence += [_made(run, each) for each in list(others.values())[:AUTHORS_NAMED]]
    if len(others) > AUTHORS_NAMED:
        evidence.append(Evidence(f"and so did {len(others) - AUTHORS_NAMED} more"))
    evidence += _mentions(victims)
    failure = first.test.failure
    if failure is not None and failure.message:
        evidence.append(Evidence(failure.message.partition("\n")[0], failure.place, first.test.nodeid))
    evidence += _undecided(first.test, entry.location)
    author_test = entry.test.nodeid if entry.test is not None and not entry.among else ""
    return Finding(
        kind=kind,
        title=_capital(title(entry, who)),
        tests=tuple(victim.test.nodeid for victim in victims),
        evidence=tuple(evidence),
        remedy=remedy(entry, who),
        culprit=entry.author,
        command=blame.command(run, author_test, first.test.nodeid),
        locations=(entry.location,),
    )


def _capital(title: str) -> str:
    """A title begins with a capital, unless with a name out of the suite's code."""
    return title[0].upper() + title[1:] if title.startswith(("fixture ", "an ")) else title


def _made(run: Run, entry: StateResidue) -> Evidence:
    how = f"{entry.change}{f' ({entry.detail})' if entry.detail else ''}"
    if entry.among:
        return Evidence(f"{entry.name} was {how} during one of: {', '.join(map(blame.short, entry.among))}")
    life, test = entry.life, entry.test
    if life is not None:
        step = " (teardown)" if entry.unit.step == "teardown" else ""
        who, place = f"fixture {life.name}{step}", life.definition.place
    else:
        who, place = entry.author, Place("", f"{run.rootdir}/{test.file}", test.line) if test is not None else Place()
    return Evidence(f"{entry.name} was {how} by {who}", place, test.nodeid if test is not None else "")


def _mentions(victims: Sequence[Victim]) -> list[Evidence]:
    """Each line once, with the first victim that reaches it."""
    found: dict[tuple[str, int], Evidence] = {}
    for victim in victims:
        place = victim.place
        if place.file:
            text = f"{blame.short(victim.test.nodeid)} reaches {place.function or place.module}, which mentions it"
            found.setdefault((place.file, place.line), Evidence(text, place, victim.test.nodeid))
    return list(found.values())[:AUTHORS_NAMED]


def _undecided(test: Test, location: str) -> list[Evidence]:
    """Other changes that the same test may have met: nothing tells which of them it failed by."""
    others = [reach for reach in test.state_in_reach if reach.location != location]
    return [
        Evidence(f"{each.location} had been changed as well, and is in its reach", each.place, test.nodeid)
        for each in others
        if each.location in test.state_found
    ][:AUTHORS_NAMED]
