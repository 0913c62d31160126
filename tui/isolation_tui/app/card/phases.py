"""The card's phases: setup, call and teardown, with what each fixture or test did in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from textual.content import Content

from pytest_isolation.events import Unit

from ...model import Outcome, Run, TableEventKind, Test
from ...model.queries import charged
from ...text.measure import keep_start
from ...text.sanitize import clean
from ...text.wording import number, seconds
from ..content import limited
from ..glyphs import ASCII, OUTCOME_STYLES, Glyphs
from ..theme import FAINT, MUTED

_WORDS = {
    TableEventKind.REGISTERED: "registered",
    TableEventKind.REFUSED: "redefinition refused:",
    TableEventKind.CLEARED: "cleared from the metadata",
    TableEventKind.REMOVED: "removed from the metadata",
    TableEventKind.DISPOSED: "unmapped",
    TableEventKind.CREATED: "created",
    TableEventKind.DROPPED: "dropped",
}
MOST_LINES = 6
"""Most lines of one phase."""


def phases_lines(run: Run, test: Test, glyphs: Glyphs, width: int) -> list[Content]:
    """One line per phase; below it, one per unit that changed tables, rows or process state."""
    changes: dict[str, dict[str, list[str]]] = {}
    for unit, change in _changes(test):
        by_author = changes.setdefault(unit.phase or "import", {})
        by_author.setdefault(charged(run, test.worker, unit), []).append(change)
    lines: list[Content] = []
    for each in test.phases:
        outcome = {"failed": Outcome.FAILED, "skipped": Outcome.SKIPPED}.get(each.outcome, Outcome.PASSED)
        mark = (glyphs.outcome(outcome), OUTCOME_STYLES[outcome])
        lines.append(Content.assemble(f"{each.when:<8} ", mark, (f" {seconds(each.duration)}", MUTED)))
        lines += _branches(changes.pop(each.when, {}), glyphs, width)
    for phase, rest in changes.items():  # phases that were not reported: pytest died, or they are not the test's
        lines.append(Content(clean(phase)))
        lines += _branches(rest, glyphs, width)
    return lines


def _changes(test: Test) -> Iterator[tuple[Unit, str]]:
    """(unit, what it did), summed up by unit and kind."""
    tables: dict[tuple[Unit, TableEventKind], list[str]] = {}
    for event in test.table_events:
        tables.setdefault((event.unit, event.kind), []).append(event.table)
    for (unit, kind), names in tables.items():
        named = ", ".join(dict.fromkeys(names)) if len(names) < 4 else f"{len(names)} tables"
        yield unit, f"{_WORDS[kind]} {clean(named)}"
    rows: dict[Unit, Counter[str]] = {}
    for written in test.rows_written:
        tally = rows.setdefault(written.unit, Counter())
        tally["inserted"] += written.inserted
        tally["updated"] += written.updated
        tally["deleted"] += written.deleted
    for unit, tally in rows.items():
        parts = [f"{verb} {number(count, 'row')}" for verb, count in tally.items() if count]
        if parts:
            yield unit, ", ".join(parts)
    for entry in test.state_changed:
        yield entry.unit, f"{'restored' if entry.change == 'restored' else 'changed'} {clean(entry.location)}"
    for held in test.held_open:
        yield held.unit, f"kept a {clean(held.what)}"


def _branches(changes: dict[str, list[str]], glyphs: Glyphs, width: int) -> list[Content]:
    branch, last = ("|-", "`-") if glyphs is ASCII else ("├─", "└─")
    shown = list(changes.items())
    lines = [
        Content.assemble(
            (f" {last if index == len(shown) - 1 else branch} ", FAINT),
            f"{clean(who)}: ",
            (keep_start(", ".join(done), max(width - len(who) - 6, 16), glyphs.ellipsis), MUTED),
        )
        for index, (who, done) in enumerate(shown)
    ]
    return limited(lines, MOST_LINES, f" {last} ")
