"""An object of one event loop is used in another: "attached to a different loop", "Event loop is closed"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..model import UNKNOWN, FixtureLife, Run, Test
from .blame import command, named, wide_lives
from .exceptions import failed_at, matching
from .finding import Evidence, Finding
from .victims_by_cause import VictimsByCause

KIND = "other-event-loop"

_OF_LOOPS = re.compile(r"attached to a different loop|is bound to a different event loop|^Event loop is closed$")
_OF_DRIVERS = re.compile(r"cannot perform operation: another operation is in progress")


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each wide fixture whose object outlived its loop, or for each message if none is known."""
    groups: VictimsByCause[object, tuple[Test, str, FixtureLife | None]] = VictimsByCause()
    for test in unexplained:
        match = matching(test, ("RuntimeError",), _OF_LOOPS) or matching(test, ("InterfaceError",), _OF_DRIVERS)
        if match is None:
            continue
        held = _holder(test)
        key = (held.worker, held.id) if held is not None else match.group(0)
        groups.add(key, (test, match.group(0), held))
    return [_finding(run, victims) for victims in groups.values()]


def _holder(test: Test) -> FixtureLife | None:
    """The only wide fixture that returned an asynchronous engine, connection or session to earlier tests, else None."""
    lives = [life for life in wide_lives(test) if _given(life)]
    return lives[0] if len(lives) == 1 else None


def _given(life: FixtureLife) -> str:
    return next((given.what for given in life.gave if given.name.startswith(("Async", "async_"))), "")


def _finding(run: Run, victims: list[tuple[Test, str, FixtureLife | None]]) -> Finding:
    test, message, held = victims[0]
    evidence = []
    author = ""
    if held is not None:
        author = held.users[0].nodeid
        text = (
            f"{held.definition.scope}-scoped fixture `{held.name}` gives one {_given(held)} to {len(held.users)} tests"
        )
        evidence.append(Evidence(text, held.definition.place, author))
    if test.failure is not None:
        evidence.append(Evidence(message, failed_at(run, test.failure), test.nodeid))
    # A driver may also be busy because one test does two things at once: only a loop's own word is proof.
    sure = held is not None and any(_OF_LOOPS.search(said) for _, said, _ in victims)
    whose = f"The object of {named(run, held.author)}" if held is not None and sure else "An object"
    title = f"{whose} belongs to another event loop: {message}"
    return Finding(
        kind=KIND,
        title=title if sure or _OF_LOOPS.search(message) else f"An object is used twice at once: {message}",
        tests=tuple(victim.nodeid for victim, _, _ in victims),
        evidence=tuple(evidence),
        remedy=_remedy(held if sure else None, message),
        author=held.author if held is not None and sure else UNKNOWN,
        command=command(run, author, test.nodeid),
        code="F14",
    )


def _remedy(held: FixtureLife | None, message: str) -> str:
    if held is not None:
        return (
            f"End fixture `{held.definition.name}` with its event loop: make it function-scoped, or give it the same "
            "loop_scope as the tests (pytest-asyncio), and dispose of the engine before the loop ends. "
            "poolclass=NullPool keeps no connection from one loop to the next."
        )
    busy = " Within one test, one session is used in two tasks at once." if "in progress" in message else ""
    return (
        "Create engines, sessions, locks and queues in a fixture, in the loop that uses them, not at import; give "
        f"fixtures and tests the same loop_scope; poolclass=NullPool keeps no connection between loops.{busy}"
    )
