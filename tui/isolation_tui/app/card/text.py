"""The text of a test's card, from its outcome to the command that runs it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from pytest_isolation.events import Place

from ...diagnose.conclusions import NOTHING, Conclusions
from ...model import Run, TableEvent, TableEventKind, Test
from ...model.queries import (
    ModelsMet,
    charged,
    failed_life,
    fixtures_used,
    models_met,
    refusals,
    repeat_command,
    tables_touched,
)
from ...text.measure import keep_end, pad
from ...text.sanitize import clean, clean_lines
from ...text.wording import number, seconds, where
from ..content import sign, spread
from ..glyphs import OUTCOME_STYLES, TABLE_STYLES, Glyphs
from ..theme import FAINT, MUTED
from .findings import findings_lines
from .phases import phases_lines
from .process_state import held_lines, state_lines
from .rows import rows_lines
from .schema import mapped_lines, schema_lines

MOST_LINES = 400
"""Most lines of a traceback; pytest's output has the rest."""


def card(
    run: Run,
    test: Test,
    glyphs: Glyphs,
    width: int,
    found: Conclusions = NOTHING,
    trials: Sequence[Content] = (),
) -> Content:
    """The whole card, ``width`` cells wide; ``found`` are the conclusions of the run, ``trials`` lines about trials."""
    blocks = [
        _top(run, test, glyphs),
        _titled("Findings" if test.failure is None else "Cause", findings_lines(run, test, found)),
        _titled("Trials", list(trials)),
        _message(run, test, glyphs, width),
        _refused(run, test, glyphs, width),
        _fixtures(run, test, glyphs, width),
        _models(test, glyphs),
        _tables(test, glyphs),
        _titled("Schema at the end", schema_lines(test, glyphs, width)),
        _titled("Classes mapped twice", mapped_lines(run, test, glyphs, width)),
        _titled("Rows", rows_lines(run, test, glyphs, width, found.reads_known)),
        _titled("Process state", state_lines(run, test, glyphs, width)),
        _titled("Left open", held_lines(run, test, glyphs, width)),
        _titled("Setup, call and teardown", phases_lines(run, test, glyphs, width)),
        _warnings(run, test, width),
        _traceback(test),
        _block("Run this test", [Content(clean(repeat_command(test)))]),
    ]
    return Content("\n\n").join([block for block in blocks if block is not None])


def title(test: Test) -> Content:
    """The test's name without its file."""
    return Content(clean(test.name))


def _block(name: str, lines: list[Content]) -> Content:
    head = Content.styled(name, f"bold {MUTED}")
    return Content("\n").join([head, *lines])


def _titled(name: str, lines: list[Content]) -> Content | None:
    return _block(name, lines) if lines else None


def _top(run: Run, test: Test, glyphs: Glyphs) -> Content:
    outcome, failure = test.outcome, test.failure
    words = [outcome.value]
    if failure is not None:
        words = [f"{outcome.value} in {failure.when}" if failure.when != "call" else outcome.value]
    parts: list[Content | str | tuple[str, str]] = [
        (f"{glyphs.outcome(outcome)}  {' '.join(words)}", OUTCOME_STYLES[outcome])
    ]
    facts = []
    if test.phases:
        facts.append(seconds(test.duration))
    life = failed_life(run, test)
    if life is not None:
        facts.append(f"fixture {clean(life.name)}")
    if test.worker and run.worker_count > 1:
        facts.append(clean(test.worker))
    if test.attempt > 1:
        facts.append(f"attempt {test.attempt}")
    if test.dirty_start:
        facts.append("started dirty (!)")
    for fact in facts:
        parts += [(f" {glyphs.separator} ", FAINT), (fact, MUTED)]
    place = Place("", test.file, test.line)
    return Content.assemble(*parts, "\n", (where(place, run), MUTED))


def _message(run: Run, test: Test, glyphs: Glyphs, width: int) -> Content | None:
    failure = test.failure
    if failure is None:
        skipped = next((phase for phase in test.phases if phase.outcome == "skipped" or phase.xfail is not None), None)
        reason = (skipped.xfail or skipped.message) if skipped is not None else ""
        return Content.styled(clean(reason), MUTED) if reason else None
    lines = clean_lines(failure.message.strip())[:12]
    name, first = clean(failure.exception), lines[0]
    begun, colon, rest = first.partition(": ")
    if colon and begun.rpartition(".")[2] == name.rpartition(".")[2]:
        first = rest  # the message repeats the exception's name
    top = Content.assemble((f"{name}: " if name else "", "bold $text-error"), first)
    function = clean(failure.place.function)
    inside = f"  in {function}" if function else ""
    place = keep_end(where(failure.place, run), max(width - 3 - len(inside), 12), glyphs.ellipsis)
    at = Content.assemble(("at ", MUTED), place, (inside, MUTED))
    return Content("\n").join([top, *map(Content, lines[1:]), *([at] if place else [])])


def _refused(run: Run, test: Test, glyphs: Glyphs, width: int) -> Content | None:
    found = refusals(run, test)
    if not found:
        return None
    lines: list[Content] = []
    for refusal in found[:4]:
        again = refusal.again
        if refusal.first is not None:
            head = Content.styled(f"{glyphs.passed} {'registered':<11}", "$text-success")
            lines.append(_registration(run, head, refusal.first, glyphs, width))
        head = Content.styled(f"{glyphs.refused} {'again':<11}", "bold $text-error")
        lines.append(_registration(run, head, again, glyphs, width))
        for caller in again.via[:3]:
            head = Content.styled(f"  {'via':<11}", MUTED)
            lines.append(sign(head, where(caller, run), clean(caller.function), width, glyphs))
    if len(found) > 4:
        lines.append(Content.styled(f"and {len(found) - 4} more", MUTED))
    names = ", ".join(dict.fromkeys(f"'{clean(refusal.again.table)}'" for refusal in found))
    return _block(f"Who registered {names}", lines)


def _registration(run: Run, head: Content, event: TableEvent, glyphs: Glyphs, width: int) -> Content:
    who = clean(charged(run, event.worker, event.unit))
    return sign(head, where(event.place, run), who, width, glyphs)


def _fixtures(run: Run, test: Test, glyphs: Glyphs, width: int) -> Content | None:
    uses = [use for use in fixtures_used(test) if not use.life.definition.internal]
    failed = failed_life(run, test)
    lines: list[Content] = []
    names = [clean(use.life.name) for use in uses] + ([clean(failed.name)] if failed is not None else [])
    column = min(max((len(name) for name in names), default=0), max(width - 32, 10))
    for use in uses:
        life = use.life
        if life is failed:
            continue
        if use.others:
            kept = (f"shared with {number(use.others, 'test')}", "$text-primary")
        else:
            kept = ("new", "$text-success")
        lines.append(
            _fixture_line(
                clean(life.name), life.definition.scope, kept, life.definition.place, run, column, width, glyphs
            )
        )
    if failed is not None:
        fact = (f"{glyphs.tick_failed} setup failed", "bold $text-error")
        if not failed.failed:
            fact = (f"{glyphs.tick_failed} teardown failed", "bold $text-error")
        definition = failed.definition
        lines.append(
            _fixture_line(clean(failed.name), definition.scope, fact, definition.place, run, column, width, glyphs)
        )
    return _block("Fixtures", lines) if lines else None


def _fixture_line(
    name: str, scope: str, fact: tuple[str, str], place: Place, run: Run, column: int, width: int, glyphs: Glyphs
) -> Content:
    left = Content.assemble(pad(keep_end(name, column, glyphs.ellipsis), column), (f"  {scope:<8}", MUTED), "  ", fact)
    room = width - left.cell_length - 4
    shown = keep_end(where(place, run), room, glyphs.ellipsis) if room >= 14 else ""
    return spread(left, Content.styled(shown, FAINT), width) if shown else left


def _models(test: Test, glyphs: Glyphs) -> Content | None:
    met: ModelsMet = models_met(test)
    rows = (
        (met.refused, TableEventKind.REFUSED, "refused"),
        (met.new, TableEventKind.REGISTERED, "new"),
        (met.cleared, TableEventKind.CLEARED, "cleared"),
    )
    lines = [
        _tables_line(glyphs.table(kind), word, tables, TABLE_STYLES[kind]) for tables, kind, word in rows if tables
    ]
    if met.kept:
        lines.append(_tables_line(glyphs.passed, "kept", met.kept, "$text-success"))
    return _block("Models in the metadata", lines) if lines else None


def _tables(test: Test, glyphs: Glyphs) -> Content | None:
    lines = [
        _tables_line(glyphs.table(kind), kind.value, tables, TABLE_STYLES[kind])
        for kind, tables in tables_touched(test).items()
    ]
    standing = frozenset().union(*test.database_at_start.values()) if test.database_at_start else frozenset()
    if standing:
        lines.insert(0, _tables_line(glyphs.kept, "at start", tuple(sorted(standing)), MUTED))
    return _block("Tables in the database", lines) if lines else None


def _tables_line(glyph: str, word: str, tables: tuple[str, ...], style: str) -> Content:
    return Content.assemble(
        (f"{glyph} {len(tables):>3} {word:<9}", style), (" ".join(clean(table) for table in tables), MUTED)
    )


def _warnings(run: Run, test: Test, width: int) -> Content | None:
    if not test.warnings:
        return None
    lines = [
        Content.assemble((f"{clean(warning.category)}: ", "$text-warning"), clean(warning.message))
        for warning in test.warnings[:5]
    ]
    if len(test.warnings) > 5:
        lines.append(Content.styled(f"and {len(test.warnings) - 5} more", MUTED))
    return _block("Warnings", lines)


def _traceback(test: Test) -> Content | None:
    failures = [phase for phase in test.phases if phase.outcome == "failed" and phase.traceback]
    if not failures:
        return None
    blocks = []
    for phase in failures:
        lines = clean_lines(phase.traceback.strip("\n"))
        shown = [_traceback_line(line) for line in lines[-MOST_LINES:]]
        if len(lines) > MOST_LINES:
            shown.insert(0, Content.styled(f"({len(lines) - MOST_LINES} lines above are in the output)", MUTED))
        name = "Traceback" if len(failures) == 1 else f"Traceback of {phase.when}"
        blocks.append(_block(name, shown))
    return Content("\n\n").join(blocks)


def _traceback_line(line: str) -> Content:
    if line.startswith("E "):
        return Content.styled(line, "$text-error")
    if line.startswith(">"):
        return Content.styled(line, "bold")
    return Content.styled(line, MUTED)
