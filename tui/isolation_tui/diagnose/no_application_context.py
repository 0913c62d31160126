"""Code needs a Flask context that is not active: "Working outside of application context"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pytest_isolation.events import Place

from ..model import UNKNOWN, FixtureLife, Run, Test
from .blame import command, named, sentence
from .exceptions import failed_at, matching
from .finding import Evidence, Finding
from .victims_by_cause import VictimsByCause

KIND = "no-application-context"

_MESSAGE = re.compile(
    r"^Working outside of (?P<which>application|request) context"
    r"|^No application found\. Either work inside a view function"
    r"|^(?P<other>The current Flask app is not registered with this 'SQLAlchemy' instance)"
)


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each line of the project that runs without the context that it needs."""
    groups: VictimsByCause[object, tuple[Test, re.Match[str], Place, FixtureLife | None]] = VictimsByCause()
    for test in unexplained:
        match, failure = matching(test, ("RuntimeError",), _MESSAGE), test.failure
        if match is None or failure is None:
            continue
        place, life = failed_at(run, failure), run.life(test.worker, failure.life)
        key = (match.group(0), place.file, place.line, life and life.definition.key)
        groups.add(key, (test, match, place, life))
    return [_finding(run, victims) for victims in groups.values()]


def _finding(run: Run, victims: list[tuple[Test, re.Match[str], Place, FixtureLife | None]]) -> Finding:
    test, match, place, life = victims[0]
    who = (
        sentence(named(run, life.author)) if life is not None else f"{place.function}()" if place.function else "A test"
    )
    if match["other"]:
        title = f"{who} uses an application that its SQLAlchemy does not know"
        remedy = (
            "Create one SQLAlchemy() for the whole project, import it under one name, and call its init_app() with "
            "each application that a test creates, before entering the context."
        )
    else:
        which = match["which"] or "application"
        enter = "app.app_context()" if which == "application" else "app.test_request_context()"
        title = f"{who} works outside of the {which} context"
        remedy = (
            f"Enter 'with {enter}:' around that line alone, in {named(run, life.author) if life else 'the test'} or in "
            "a fixture that it requests. If it passes after other tests, one of them left a context open."
        )
    evidence = []
    if life is not None:
        evidence.append(Evidence(f"{life.definition.scope}-scoped fixture `{life.name}`", life.definition.place))
    evidence.append(Evidence(f"no {match['which'] or 'matching'} context is active here", place, test.nodeid))
    return Finding(
        kind=KIND,
        title=title,
        tests=tuple(victim.nodeid for victim, *_ in victims),
        evidence=tuple(evidence),
        remedy=remedy,
        author=life.author if life is not None else UNKNOWN,
        command=command(run, test.nodeid),
        code="F8",
    )
