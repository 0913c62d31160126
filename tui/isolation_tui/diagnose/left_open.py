"""Connections and transactions left open: harmless until another connection waits for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from ..model import UNKNOWN, Author, HeldResource, Run, Test, full_label, open_at_end
from .blame import command, named, sentence
from .finding import Evidence, Finding
from .victims_by_cause import VictimsByCause

KIND = "left-open"

MOST_LINES = 5


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each fixture, and one for each database that tests leave connections to. A test that failed is
    left out: its traceback keeps alive what it had not closed yet."""
    groups: VictimsByCause[tuple[Author, str], tuple[Test, HeldResource]] = VictimsByCause()
    for test in run.order:
        for held in open_at_end(test):
            if held.life is not None:
                groups.add((held.author, ""), (test, held))
            elif test.failure is None:
                groups.add((UNKNOWN, held.database), (test, held))
    return [_finding(run, left) for left in groups.values()]


def _finding(run: Run, left: list[tuple[Test, HeldResource]]) -> Finding:
    first, held = left[0]
    authors = list(dict.fromkeys(each.author for _, each in left))
    author = authors[0] if len(authors) == 1 else UNKNOWN
    tests = tuple(dict.fromkeys(test.nodeid for test, _ in left))
    who = named(run, author) or f"{len(authors)} tests"
    verb = "leaves" if author.known else "leave"
    lines: dict[tuple[str, int], list[tuple[Test, HeldResource]]] = defaultdict(list)
    for test, each in left:
        lines[each.place.file, each.place.line].append((test, each))
    evidence = [_line(run, of_line) for of_line in list(lines.values())[:MOST_LINES]]
    if len(lines) > MOST_LINES:
        evidence.append(Evidence(f"and at {len(lines) - MOST_LINES} more lines"))
    where = "in its teardown" if held.life is not None else "with a with block, or in a fixture's teardown"
    return Finding(
        kind=KIND,
        title=f"{sentence(who)} {verb} open {_what(left)}",
        tests=tests,
        evidence=tuple(evidence),
        remedy=(
            f"Close or roll back what {who} open{'s' if author.known else ''}, {where}: it holds locks and fills pools."
        ),
        author=author,
        command=command(run, first.nodeid),
        locations=tuple(dict.fromkeys(each.database for _, each in left if each.database)),
        harmless=True,
    )


def _what(left: list[tuple[Test, HeldResource]]) -> str:
    kinds = {each.what for _, each in left}
    if len(kinds) > 1:
        return "connections and sessions"
    if "session" in kinds:
        return "a session in a transaction"
    in_transaction = all(each.in_transaction for _, each in left)
    return "a connection in a transaction" if in_transaction else "a connection"


def _line(run: Run, left: list[tuple[Test, HeldResource]]) -> Evidence:
    test, held = left[0]
    verb = "begun" if held.what == "session" else "taken"
    more = f", and by {len(left) - 1} more" if len(left) > 1 and held.life is None else ""
    times = f" for {len(left)} tests" if len(left) > 1 and held.life is not None else ""
    state = " in a transaction" if held.in_transaction else ""
    return Evidence(
        f"{held.what}{state}, {verb} by {full_label(run, held.author)}{times}{more}", held.place, test.nodeid
    )
