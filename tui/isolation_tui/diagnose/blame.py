"""Name authors, holders and tables in sentences, and build the command that repeats a failure."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable

from pytest_isolation.events import Unit

from ..model import UNKNOWN, Author, FailedWait, FixtureLife, ResourceHolder, Run, Test, full_label
from ..model.authors import place_of_namesake
from .finding import Evidence

HOLDERS_NAMED = 5


def by(run: Run, worker: str, unit: Unit) -> str:
    """``in fixture `customer` (teardown)``, ``in the call of tests/test_a.py::test_it``, ``at import``."""
    life = run.life_of_unit(worker, unit)
    if life is not None:
        return f"in fixture `{life.name}`" + (" (teardown)" if unit.step == "teardown" else "")
    if unit.nodeid and not unit.phase:
        return f"in {unit.nodeid}"
    if unit.phase in ("import", "collect", ""):
        return "at import"
    return f"in the {unit.phase} of {unit.nodeid}"


def short(nodeid: str) -> str:
    """``test_it[a]``: a node id without its file and class. The parameters in brackets may hold any text."""
    path, bracket, parameters = nodeid.partition("[")
    return path.rpartition("::")[2] + bracket + parameters


def named(run: Run, author: Author) -> str:
    """An author in a sentence: ``fixture `customer` ``, ``test_it[a]``; '' for an import, and where it is not known.

    Where another fixture has the same name, with its place: ``fixture `user` in tests/b/conftest.py:3``."""
    if not author.is_fixture:
        return short(author.nodeid)
    return f"fixture `{author.label.removeprefix('fixture ')}`{place_of_namesake(run, author)}"


def sentence(text: str) -> str:
    """The text with a capital, unless it begins with a name out of the suite's code."""
    return text[0].upper() + text[1:] if text.startswith(("fixture ", "an ")) else text


def quoted(tables: Iterable[str]) -> str:
    """```a`, `b` and 2 more``."""
    known = list(dict.fromkeys(tables))
    more = f" and {len(known) - 3} more" if len(known) > 3 else ""
    return ", ".join(f"`{table}`" for table in known[:3]) + more


def names(tables: Iterable[str]) -> str:
    """``table `a```, ``tables `a`, `b` and 2 more``."""
    known = list(dict.fromkeys(tables))
    return f"table{'s' if len(known) > 1 else ''} {quoted(known)}"


def command(run: Run, *nodeids: str) -> str:
    """The command that runs these tests, the author first and each once; unknown node ids are left out."""
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


# -- who held what others waited for ------------------------------------------------------------------------------


def failed_waits(run: Run, why: str) -> dict[tuple[str, str], FailedWait]:
    """(worker, node id) -> the last wait of that kind that failed while the test ran."""
    return {(each.worker, each.unit.nodeid): each for each in run.waited_in_vain if each.why == why}


def holders_as_evidence(run: Run, holders: Iterable[ResourceHolder], what: str, verb: str = "taken") -> list[Evidence]:
    """``2 connections in a transaction, taken by fixture client``: each author and line once, the most first."""
    counted = Counter(holders).most_common()
    evidence = []
    for holder, count in counted[:HOLDERS_NAMED]:
        amount = f"{count} {what}s" if count > 1 else f"a {what}"
        who = f" by {full_label(run, holder.author)}" if holder.author.known else ""
        evidence.append(Evidence(f"{amount}, {verb}{who}", holder.place, holder.author.nodeid))
    left = len(counted) - HOLDERS_NAMED
    return [*evidence, Evidence(f"and {left} more")] if left > 0 else evidence


def only_author(holders: Iterable[ResourceHolder]) -> Author:
    """The one who took all of them; unknown where there are several, or none."""
    authors = {holder.author for holder in holders}
    return authors.pop() if len(authors) == 1 else UNKNOWN


def holder_named(run: Run, author: Author) -> str:
    """A holder in a sentence: ``fixture `client` ``, ``test_it``, or ``the holder``."""
    return named(run, author) or "the holder"
