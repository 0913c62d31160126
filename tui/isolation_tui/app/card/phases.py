"""The card's phases: set-up, the test itself, teardown, and what was done in each, by whom."""

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
    TableEventKind.CLEARED: "cleared from the metadata",
    TableEventKind.REMOVED: "removed from the metadata",
    TableEventKind.DISPOSED: "unmapped",
    TableEventKind.CREATED: "created",
    TableEventKind.DROPPED: "dropped",
}
MOST_LINES = 6
"""Of one phase."""


def phases_lines(run: Run, test: Test, glyphs: Glyphs, width: int) -> list[Content]:
    """One line a phase, and below it one for each that did something to tables, rows or state."""
    deeds: dict[str, dict[str, list[str]]] = {}
    for unit, deed in _deeds(test):
        doers = deeds.setdefault(unit.phase or "import", {})
        doers.setdefault(charged(run, test.worker, unit), []).append(deed)
    lines: list[Content] = []
    for each in test.phases:
        outcome = {"failed": Outcome.FAILED, "skipped": Outcome.SKIPPED}.get(each.outcome, Outcome.PASSED)
        mark = (glyphs.outcome(outcome), OUTCOME_STYLES[outcome])
        lines.append(Content.assemble(f"{each.when:<8} ", mark, (f" {seconds(each.duration)}", MUTED)))
        lines += _branches(deeds.pop(each.when, {}), glyphs, width)
    for phase, rest in deeds.items():  # of a phase that was not reported: pytest died in it, or it is none of the test
        lines.append(Content(clean(phase)))
        lines += _branches(rest, glyphs, width)
    return lines


def _deeds(test: Test) -> Iterator[tuple[Unit, str]]:
    """Who did what, summed up by unit and kind."""
    tables: dict[tuple[Unit, TableEventKind], list[str]] = {}
    for event in test.table_events:
        tables.setdefault((event.unit, event.kind), []).append(event.table)
    for (unit, kind), names in tables.items():
        named = ", ".join(dict.fromkeys(names)) if len(names) < 4 else f"{len(names)} tables"
        yield (
            unit,
            f"had {clean(named)} refused" if kind is TableEventKind.REFUSED else f"{_WORDS[kind]} {clean(named)}",
        )
    rows: dict[Unit, Counter[str]] = {}
    for written in test.rows_written:
        tally = rows.setdefault(written.unit, Counter())
        tally["inserted"] += written.inserted
        tally["updated"] += written.updated
        tally["deleted"] += written.deleted
    for unit, tally in rows.items():
        said = [f"{verb} {number(count, 'row')}" for verb, count in tally.items() if count]
        if said:
            yield unit, ", ".join(said)
    for entry in test.state_changed:
        yield entry.unit, f"{'restored' if entry.change == 'restored' else 'changed'} {clean(entry.location)}"
    for held in test.held_open:
        yield held.unit, f"kept a {clean(held.what)}"


def _branches(deeds: dict[str, list[str]], glyphs: Glyphs, width: int) -> list[Content]:
    branch, last = ("|-", "`-") if glyphs is ASCII else ("├─", "└─")
    shown = list(deeds.items())
    lines = [
        Content.assemble(
            (f" {last if index == len(shown) - 1 else branch} ", FAINT),
            f"{clean(who)}: ",
            (keep_start(", ".join(done), max(width - len(who) - 6, 16), glyphs.ellipsis), MUTED),
        )
        for index, (who, done) in enumerate(shown)
    ]
    return limited(lines, MOST_LINES, f" {last} ")
