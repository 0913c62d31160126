"""An object was given to a second session: "is already attached to session '3' (this is '4')"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..model import UNKNOWN, FixtureLife, Run, Test
from .blame import command, named
from .exceptions import failed_at, matching
from .finding import Evidence, Finding
from .victims_by_cause import VictimsByCause

KIND = "attached-to-another-session"

_MESSAGE = re.compile(r"Object '<(\w+) at 0x\w+>' is already attached to session '\d+' \(this is '\d+'\)")


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each fixture that returned such an object, or each model if the fixture is not known."""
    groups: VictimsByCause[object, tuple[Test, str, FixtureLife | None]] = VictimsByCause()
    for test in unexplained:
        match = matching(test, ("InvalidRequestError",), _MESSAGE)
        if match is not None:
            life = _giver(test, match.group(1))
            groups.add((match.group(1), life and life.definition.key), (test, match.group(1), life))
    return [_finding(run, victims) for victims in groups.values()]


def _giver(test: Test, model: str) -> FixtureLife | None:
    """The only fixture of the test that returned an object of that model, else None."""
    givers = [life for life in test.lives if any(given.of_model(model) for given in life.gave)]
    return givers[0] if len(givers) == 1 else None


def _finding(run: Run, victims: list[tuple[Test, str, FixtureLife | None]]) -> Finding:
    test, model, life = victims[0]
    evidence = []
    wide = life is not None and life.definition.scope != "function"
    if life is not None:
        shared = f", for {len(life.users)} tests" if life.shared else ""
        text = f"a {model} made by {life.definition.scope}-scoped fixture `{life.name}`{shared}"
        evidence.append(Evidence(text, life.definition.place, life.asked_by.nodeid if life.asked_by else ""))
    for other in test.lives:
        if any(given.what == "session" for given in other.gave):
            text = f"a session from {other.definition.scope}-scoped fixture `{other.name}`"
            evidence.append(Evidence(text, other.definition.place))
    if test.failure is not None:
        evidence.append(
            Evidence(f"the {model} is added to a second session", failed_at(run, test.failure), test.nodeid)
        )
    whose = f"The {model} of {named(run, life.author)}" if life is not None else f"A {model}"
    made = named(run, life.author) if life is not None else f"what makes the {model}"
    return Finding(
        kind=KIND,
        title=f"{whose} belongs to another session than the test's",
        tests=tuple(victim.nodeid for victim, _, _ in victims),
        evidence=tuple(evidence),
        remedy=(
            f"Let {made} use the same session as the test: request it from the same fixture, with the same scope. A "
            "factory that captured a session at import needs a scoped_session, or a function that returns the current "
            "one."
        ),
        author=life.author if life is not None and wide else UNKNOWN,
        command=command(run, test.nodeid),
        code="F22",
    )
