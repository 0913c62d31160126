"""How findings name who is charged, and the command that repeats what happened."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from pytest_isolation.events import Unit

from ..model import FixtureLife, Run, Test


def culprit(run: Run, worker: str, unit: Unit) -> str:
    """As :attr:`Finding.culprit` has it: ``fixture customer``, a node id, '' for an import."""
    life = run.life_of_unit(worker, unit)
    return life.author if life is not None else unit.nodeid


def by(run: Run, worker: str, unit: Unit) -> str:
    """``in fixture customer (teardown)``, ``in the call of tests/test_a.py::test_it``, ``at import``."""
    life = run.life_of_unit(worker, unit)
    if life is not None:
        return f"in fixture {life.name}" + (" (teardown)" if unit.step == "teardown" else "")
    if unit.nodeid and not unit.phase:
        return f"in {unit.nodeid}"
    if unit.phase in ("import", "collect", ""):
        return "at import"
    return f"in the {unit.phase} of {unit.nodeid}"


def short(name: str) -> str:
    """A culprit for a title: ``fixture customer``, ``test_it[a]``. What stands in brackets may hold anything."""
    path, bracket, parameters = name.partition("[")
    return path.rpartition("::")[2] + bracket + parameters


def names(tables: Iterable[str]) -> str:
    """``table 'a'``, ``tables 'a', 'b' and 2 more``."""
    known = list(dict.fromkeys(tables))
    quoted = ", ".join(f"'{table}'" for table in known[:3])
    more = f" and {len(known) - 3} more" if len(known) > 3 else ""
    return f"table{'s' if len(known) > 1 else ''} {quoted}{more}"


def command(run: Run, *nodeids: str) -> str:
    """The command that runs these, the author first and each once; those that pytest knows by that name."""
    known = dict.fromkeys(nodeid for nodeid in nodeids if nodeid in run.tests)
    return " ".join(("python -m pytest", *map(shlex.quote, known))) if known else ""


def wide_lives(test: Test) -> list[FixtureLife]:
    """Fixture lives that it shared with a test before it, the widest first; none of pytest's own."""
    lives = [
        life
        for life in test.lives
        if not life.definition.internal
        and life.definition.scope != "function"
        and life.users
        and life.users[0] is not test
    ]
    return sorted(lives, key=lambda life: life.definition.width)
