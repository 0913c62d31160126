"""Connections and transactions left open by who took them: harmless until somebody waits for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from ..model import Held, Run, Test, open_at_end
from .finding import Evidence, Finding
from .naming import command, short

KIND = "left-open"


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each fixture, and for each line at which tests do so. Of a test that failed, the traceback keeps
    what it had not closed yet: that is none of its habits."""
    groups: dict[object, list[tuple[Test, Held]]] = defaultdict(list)
    for test in run.order:
        for held in open_at_end(test):
            if held.life is None and test.failure is not None:
                continue
            groups[held.author if held.author.startswith("fixture ") else held.place].append((test, held))
    return [_finding(run, left) for left in groups.values()]


def _finding(run: Run, left: list[tuple[Test, Held]]) -> Finding:
    first, held = left[0]
    authors = {each.author for _, each in left}
    author = held.author if len(authors) == 1 else ""
    tests = tuple(dict.fromkeys(test.nodeid for test, _ in left))
    who = short(author) if author else f"{held.place.function}()"
    kinds = {each.what for _, each in left}
    what = "a session in a transaction" if kinds == {"session"} else "a connection"
    if kinds == {"connection"} and all(each.in_transaction for _, each in left):
        what += " in a transaction"
    lines: dict[tuple[str, int], Evidence] = {}
    for test, each in left:
        verb = "begun" if each.what == "session" else "taken"
        text = f"{each.what}{' in a transaction' if each.in_transaction else ''}, {verb} by {each.author}"
        lines.setdefault((each.place.file, each.place.line), Evidence(text, each.place, test.nodeid))
    where = "in its teardown" if author.startswith("fixture ") else "with a with block"
    return Finding(
        kind=KIND,
        title=f"{who[0].upper()}{who[1:]} leaves open {what}",
        tests=tests,
        evidence=tuple(lines.values())[:5],
        remedy=f"Let {who} close what it opens, {where}: what stays open holds locks, and fills the pool.",
        culprit=author,
        command=command(run, first.nodeid),
        locations=tuple(dict.fromkeys(each.database for _, each in left if each.database)),
        harmless=True,
    )
