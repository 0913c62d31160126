"""Filters for tests, as a user types them: words, and tokens that name what they look at.

    login is:failed fixture:test_app table:products file:api -slow

All must match. A leading ``-`` negates one, a comma means "or" (``is:failed,error``), quotes keep blanks together.
Case does not matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from .outcome import Outcome
from .test import Test

_PIECE = re.compile(r"""(-?)(?:([A-Za-z]+):)?("[^"]*"?|'[^']*'?|\S+)""")

_STATES: dict[str, tuple[Outcome, ...]] = {
    **{outcome.value.replace(" ", "-"): (outcome,) for outcome in Outcome},
    "errors": (Outcome.ERROR,),
    "bad": (Outcome.FAILED, Outcome.ERROR, Outcome.CRASHED),
    "broken": (Outcome.FAILED, Outcome.ERROR, Outcome.CRASHED),
    "done": tuple(outcome for outcome in Outcome if outcome.ended),
}

_Check = Callable[[Test], bool]


@dataclass(frozen=True, slots=True)
class TestFilter:
    """A parsed filter. ``problem`` describes the part that was not understood ('' if there is none), which then matches
    everything."""

    __test__ = False

    text: str = ""
    problem: str = ""
    checks: tuple[_Check, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.text.strip())

    def matches(self, test: Test) -> bool:
        return all(check(test) for check in self.checks)


def parse(text: str) -> TestFilter:
    """Parse a filter. Half-typed filters are the normal case, so this never raises.

    >>> parse("is:failed login").problem, parse("is:blue").problem[:20]
    ('', 'is:blue? One of: bad')
    """
    checks: list[_Check] = []
    problems: list[str] = []
    for negated, name, raw in _PIECE.findall(text):
        value = raw.strip("\"'").lower()
        check, problem = _check(name.lower(), value, f"{name}:{raw}" if name else raw)
        if problem:
            problems.append(problem)
        if check is not None:
            checks.append(_negate(check) if negated else check)
    return TestFilter(text, "; ".join(problems), tuple(checks))


def _check(name: str, value: str, shown: str) -> tuple[_Check | None, str]:
    if not value:
        return None, ""
    if name == "is":
        return _is(value, shown)
    if name in _LOOKS:
        look, choices = _LOOKS[name], [choice for choice in value.split(",") if choice]
        return (lambda test: any(choice in seen for seen in look(test) for choice in choices)), ""
    if value.endswith(":") and value[:-1] in ("is", *_LOOKS):
        return None, ""  # the value is not typed yet
    whole = shown.strip("\"'").lower()
    return (lambda test: whole in test.nodeid.lower() or whole in _message(test)), ""


def _is(value: str, shown: str) -> tuple[_Check | None, str]:
    wanted: set[Outcome] = set()
    for choice in filter(None, value.split(",")):
        states = _STATES.get(choice) or _begun(choice)
        if states is None:
            return None, f"{shown}? One of: {', '.join(sorted(_STATES))}"
        wanted.update(states)
    return (lambda test: test.outcome in wanted) if wanted else None, ""


def _begun(choice: str) -> tuple[Outcome, ...] | None:
    """A state that is only half typed."""
    return next((states for name, states in _STATES.items() if name.startswith(choice)), None)


def _negate(check: _Check) -> _Check:
    return lambda test: not check(test)


def _message(test: Test) -> str:
    failure = test.failure
    return failure.message.lower() if failure is not None else ""


def _fixtures(test: Test) -> list[str]:
    names = [life.definition.name.lower() for life in test.lives]
    failure = test.failure
    if failure is not None and failure.life:
        # A fixture whose set-up failed is no life of the test; the failure's place has its name.
        names.append(failure.place.function.lower())
    return names


_LOOKS: dict[str, Callable[[Test], list[str]]] = {
    "fixture": _fixtures,
    "table": lambda test: [event.table.lower() for event in test.table_events],
    "file": lambda test: [test.nodeid.partition("::")[0].lower()],
    "worker": lambda test: [test.worker.lower()],
}
