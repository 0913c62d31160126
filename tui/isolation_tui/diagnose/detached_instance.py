"""DetachedInstanceError: an object outlived its session. F9 if an application context ended it, else F10."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..model import UNKNOWN, Author, Detached, FixtureLife, Run, Test, author_of
from .blame import by, command, named
from .exceptions import failed_at, matching
from .finding import Evidence, Finding
from .victims_by_cause import VictimsByCause

KIND = "detached-instance"

_MESSAGE = re.compile(r"[Ii]nstance <(\w+) at 0x\w+> is not bound to a Session")


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each fixture whose object lost its session, and for each way in which it did."""
    groups: VictimsByCause[object, tuple[Test, str, FixtureLife | None, Detached | None]] = VictimsByCause()
    for test in unexplained:
        match = matching(test, ("DetachedInstanceError",), _MESSAGE)
        if match is None:
            continue
        model = match.group(1)
        life = _giver(test, model)
        lost = _lost(test, life, model) if life is not None else None
        key: object = (life.definition.key, lost and (lost.place, lost.unit.step)) if life is not None else model
        if life is not None and life.definition.scope != "function":
            key = (life.worker, life.id, lost)
        groups.add(key, (test, model, life, lost))
    return [_finding(run, victims) for victims in groups.values()]


def _giver(test: Test, model: str) -> FixtureLife | None:
    """The fixture of the test that gave such an object, if just one did."""
    givers = [life for life in test.lives if any(given.of_model(model) for given in life.gave)]
    return givers[0] if len(givers) == 1 else None


def _lost(test: Test, life: FixtureLife, model: str) -> Detached | None:
    failure = test.failure
    ended = failure.ended if failure is not None else test.ended
    lost = [each for each in life.detached if each.model.rpartition(".")[2] == model and each.at <= ended]
    return lost[-1] if lost else None


def _finding(run: Run, victims: list[tuple[Test, str, FixtureLife | None, Detached | None]]) -> Finding:
    test, model, life, lost = victims[0]
    evidence = []
    if life is not None:
        wide = life.definition.scope != "function"
        text = f"a {model} made by {life.definition.scope}-scoped fixture `{life.name}`"
        text += f", for {len(life.users)} tests" if wide and life.shared else ""
        evidence.append(Evidence(text, life.definition.place, life.asked_by.nodeid if life.asked_by else ""))
        if lost is None and any(given.lost and given.of_model(model) for given in life.gave):
            evidence.append(
                Evidence(f"its session had ended when fixture `{life.name}` returned it", life.definition.place)
            )
    if lost is not None:
        how = "its session closed" if lost.way == "session" else "its session ended with the application context"
        evidence.append(Evidence(f"{how} {by(run, test.worker, lost.unit)}", lost.place, lost.unit.nodeid))
    if test.failure is not None:
        evidence.append(Evidence(f"an attribute of the {model} is loaded", failed_at(run, test.failure), test.nodeid))
    charged = _charged(run, test, model, life, lost)
    return Finding(
        kind=KIND,
        title=_title(run, model, life, lost, charged),
        tests=tuple(victim.nodeid for victim, _, _, _ in victims),
        evidence=tuple(evidence),
        remedy=_remedy(model, life, lost),
        author=charged,
        command=command(run, lost.unit.nodeid if lost is not None else "", test.nodeid),
        code="F9" if lost is not None and lost.way == "context" else "F10",
    )


def _charged(run: Run, test: Test, model: str, life: FixtureLife | None, lost: Detached | None) -> Author:
    """The test, if it closed the session itself; else the fixture that returned the object: the teardown of another
    fixture, and the end of an application context, are right to end sessions."""
    if life is None:
        return UNKNOWN
    if lost is not None and lost.way == "session" and not lost.unit.life:
        return author_of(run, test.worker, lost.unit)
    if lost is not None or any(given.lost and given.of_model(model) for given in life.gave):
        return life.author
    return UNKNOWN


def _title(run: Run, model: str, life: FixtureLife | None, lost: Detached | None, charged: Author) -> str:
    whose = f"The {model} of {named(run, life.author)}" if life is not None else f"A {model}"
    if lost is not None and charged.nodeid == lost.unit.nodeid:
        return f"{whose} lost its session: {named(run, charged)} closed it"
    return f"{whose} outlived its session"


def _remedy(model: str, life: FixtureLife | None, lost: Detached | None) -> str:
    if life is None:
        return (
            f"Use a {model} only while its session is open: load it again in each test, or pass its id; "
            "expire_on_commit=False keeps loaded attributes readable."
        )
    name = life.definition.name
    if lost is not None and lost.way == "context":
        return (
            f"Flask-SQLAlchemy has a session for each application context, and removes it when the context ends. Keep "
            f"fixture `{name}` within one context, or return the {model}'s id and load it in each test."
        )
    if life.definition.scope == "function":
        return (
            f"Yield inside the with block of the session (or application context) in fixture `{name}`, so that the "
            f"{model} is used before it ends; or return its id."
        )
    return (
        f"Make fixture `{name}` function-scoped, or return the {model}'s id and load it in each test, with the test's "
        "own session."
    )
