"""The summary of a run in plain text: what a headless run prints, and what the dashboard leaves in the terminal.

Every word that comes from the suite passes through :func:`isolation_tui.plain.clean`.
"""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size

from pytest_isolation.events import Place

from ..diagnose import Finding, diagnose
from ..model import FixtureDefinition, FixtureLife, Outcome, Run, Tally, Test
from ..plain import clean, keep_end, keep_start, number, relative, seconds
from .already_defined import KIND, by_table
from .ending import deserves_output, exit_status, how_it_ended, output_tail
from .output import say
from .rows import by_harm

if TYPE_CHECKING:
    from rich.console import Console

    from ..session import Source

WIDEST_FIXTURES = 8
SLOWEST_FIXTURES = 5
RESIDUE_AUTHORS = 6
FAILURE_KINDS = 15
"""How many lines each of these lists has at most; ``--json`` has them all."""

_HEADING = "bold"
_QUIET = "dim"


def draw_summary(console: Console, source: Source, *, title: str = "", brief: bool = False) -> None:
    """All there is to say about a run that has finished. ``brief`` leaves out fixtures and failures: for the terminal
    after the dashboard, where they were on screen a moment ago."""
    run = source.run
    _draw_result(console, run, title or source.title, damage_of(source))
    if source.live and source.recording is not None:
        _draw_recording(console, source.recording, getattr(source, "recording_failure", ""))
    findings = diagnose(run)
    _draw_already_defined(console, run, [finding for finding in findings if finding.kind == KIND])
    _draw_findings(console, run, [finding for finding in findings if finding.kind != KIND])
    _draw_residue(console, run)
    if not brief:
        _draw_widest(console, run)
        _draw_slowest(console, run)
        _draw_failures(console, run)
    _draw_reservations(console, run)


# -- the result ---------------------------------------------------------------------------------------------------


def result_line(run: Run) -> str:
    """``34 failed, 170 passed, 83 errors in 8.4 s``."""
    return f"{run.counts.line()} in {seconds(run.elapsed)}"


def environment_line(run: Run) -> str:
    """``Python 3.11.9, pytest 8.3.4, SQLAlchemy 2.0.36``, as far as it is known."""
    hello = next((worker.hello for worker in run.workers.values() if worker.hello is not None), None)
    libraries = {name: version for worker in run.workers.values() for name, version in worker.libraries.items()}
    parts = [("Python", hello.python), ("pytest", hello.pytest)] if hello is not None else []
    parts.append(("SQLAlchemy", libraries.get("sqlalchemy", "")))
    words = [f"{name} {clean(version)}" for name, version in parts if version]
    if run.worker_count:
        words.append(number(run.worker_count, "worker"))
    if run.fix:
        words.append("conftest fix applied")
    return ", ".join(words)


def _draw_result(console: Console, run: Run, title: str, damage: str) -> None:
    style = "bold red" if run.counts.bad or exit_status(run) else "bold green"
    say(console, f"{title}: {result_line(run)}", style)
    say(console, f"{environment_line(run) or 'Nothing was heard from pytest'}; exit status {exit_status(run)}", _QUIET)
    for line in how_it_ended(run, damage):
        say(console, line, "bold yellow")
    for error in run.collection_errors:
        say(console, f"Could not be collected: {clean(error.nodeid)}: {_first_line(error.message)}", "red")
    if deserves_output(run):
        tail = output_tail(run)
        if tail:
            _heading(console, "What pytest printed last")
            for line in tail:
                say(console, f"  {line}")


def _draw_recording(console: Console, recording: Path, failure: str) -> None:
    if failure:
        say(console, f"The recording {recording} is incomplete: {failure}. The run itself is not.", "bold yellow")
    else:
        say(console, f"Recorded in {recording}; show it with: isolation-tui replay {shlex.quote(str(recording))}")


def damage_of(source: Source) -> str:
    """What is wrong with the recording that the run was read from; '' nothing, or a live run."""
    damage: str = getattr(source, "damage", "")
    return damage


# -- findings -----------------------------------------------------------------------------------------------------


def _draw_already_defined(console: Console, run: Run, findings: list[Finding]) -> None:
    total = sum(len(finding.tests) for finding in findings)
    if not total:
        return
    tables = by_table(findings)
    _heading(console, f'"Table already defined": {number(total, "error")} in {number(len(tables), "table")}')
    for table, causes in tables.items():
        say(console, f"  {clean(table)}  {number(sum(len(cause.tests) for cause in causes), 'error')}", "bold")
        for cause in causes:
            _draw_finding(console, run, cause)
    _draw_remedies(console, findings)


def _draw_findings(console: Console, run: Run, findings: list[Finding]) -> None:
    if findings:
        _heading(console, f"Other findings: {len(findings)}")
    for finding in findings:
        say(console, f"  {clean(finding.title)}  {number(len(finding.tests), 'test')}", "bold")
        _draw_finding(console, run, finding)
    _draw_remedies(console, findings)


def _draw_finding(console: Console, run: Run, finding: Finding) -> None:
    rows = [(clean(evidence.text), where(run, evidence.place)) for evidence in finding.evidence]
    width = max((len(text) for text, _ in rows), default=0)
    for text, place in rows:
        say(console, f"    {text:<{width}}  {place}".rstrip())
    if finding.command:
        say(console, f"    repeat: {clean(finding.command)}", _QUIET)


def _draw_remedies(console: Console, findings: list[Finding]) -> None:
    """Each remedy once: causes of one kind share it more often than not."""
    for remedy in dict.fromkeys(finding.remedy for finding in findings if finding.remedy):
        for line in _wrapped(f"Remedy: {clean(remedy)}", console.width - 2):
            say(console, f"  {line}")


# -- rows ---------------------------------------------------------------------------------------------------------


def _draw_residue(console: Console, run: Run) -> None:
    """One line an author and database: a unit that fills ten tables is one thing to know."""
    authors: dict[tuple[str, str], list[Tally]] = {}
    for tally in by_harm(run):
        authors.setdefault((tally.author, tally.database), []).append(tally)
    if not authors:
        return
    starts = number(len(run.dirty_starts), "dirty start")
    _heading(console, f"Rows left behind: {number(len(authors), 'author')}, {starts}")
    _draw_table(
        console,
        ("author", "tables", "rows", "dirty starts", "where"),
        (
            (
                clean(author.rpartition("/")[2]),
                keep_start(" ".join(clean(tally.table) for tally in tallies), 30),
                f"{sum(tally.rows for tally in tallies)}{'?' if any(tally.inexact for tally in tallies) else ''}",
                str(max(tally.met for tally in tallies)),
                where(run, tallies[0].place),
            )
            for (author, _), tallies in list(authors.items())[:RESIDUE_AUTHORS]
        ),
        right=(2, 3),
    )
    if len(authors) > RESIDUE_AUTHORS:
        say(console, f"  and {number(len(authors) - RESIDUE_AUTHORS, 'other author')}; --json FILE has all of them.")


# -- fixtures -----------------------------------------------------------------------------------------------------


def _draw_widest(console: Console, run: Run) -> None:
    lives = [life for life in run.lives if life.shared and not life.definition.internal]
    widest: dict[int, FixtureLife] = {}
    for life in sorted(lives, key=lambda life: (life.definition.width, -len(life.users))):
        widest.setdefault(id(life.definition), life)
    rows = sorted(widest.values(), key=lambda life: -len(life.users))[:WIDEST_FIXTURES]
    if rows:
        _heading(console, "Fixtures shared widest")
    _draw_table(
        console,
        ("fixture", "scope", "held for", "lives", "where"),
        (
            (
                clean(life.definition.name),
                life.definition.scope,
                number(len(life.users), "test"),
                str(len(life.definition.lives)),
                where(run, life.definition.place),
            )
            for life in rows
        ),
        right=(2, 3),
    )


def _draw_slowest(console: Console, run: Run) -> None:
    costs = [
        (_cost(definition), definition)
        for definition in run.definitions.values()
        if definition.lives and not definition.internal
    ]
    rows = [pair for pair in sorted(costs, key=lambda pair: -sum(pair[0])) if sum(pair[0]) >= 0.001][:SLOWEST_FIXTURES]
    if rows:
        _heading(console, "Slowest fixtures")
    _draw_table(
        console,
        ("fixture", "total", "setup", "teardown", "lives", "where"),
        (
            (
                clean(definition.name),
                seconds(setup + teardown),
                seconds(setup),
                seconds(teardown),
                str(len(definition.lives)),
                where(run, definition.place),
            )
            for (setup, teardown), definition in rows
        ),
        right=(1, 2, 3, 4),
    )


def _cost(definition: FixtureDefinition) -> tuple[float, float]:
    """Seconds of all its set-ups, and of all its teardowns."""
    lives = definition.lives
    return sum(life.setup_duration for life in lives), sum(life.teardown_duration or 0.0 for life in lives)


# -- failures -----------------------------------------------------------------------------------------------------


def _draw_failures(console: Console, run: Run) -> None:
    """Failures with one message are one line: a hundred victims of one cause are one thing to know."""
    kinds: dict[tuple[str, str], list[Test]] = {}
    for test in run.tests.values():
        if test.outcome in (Outcome.FAILED, Outcome.ERROR):
            kinds.setdefault((test.outcome.value, _reason(test)), []).append(test)
    ordered = sorted(kinds.items(), key=lambda item: -len(item[1]))
    if ordered:
        bad = sum(len(tests) for tests in kinds.values())
        _heading(console, f"Failures: {number(bad, 'test')}, {number(len(kinds), 'message')}")
    digits = len(str(len(ordered[0][1]))) if ordered else 0
    for (outcome, reason), tests in ordered[:FAILURE_KINDS]:
        glyph = "E" if outcome == "error" else "✘"
        say(console, keep_start(f"  {len(tests):>{digits}} {glyph} {reason}", console.width), "red")
        more = f" and {number(len(tests) - 1, 'more', 'more')}" if len(tests) > 1 else ""
        say(console, f"  {'':{digits}}   {clean(tests[0].nodeid)}{more}", _QUIET)
    if len(ordered) > FAILURE_KINDS:
        say(console, f"  and {len(ordered) - FAILURE_KINDS} other messages; --json FILE has every test.")


def _reason(test: Test) -> str:
    failure = test.failure
    if failure is None:
        return "failed"
    name = clean(failure.exception)
    message = _first_line(failure.message)
    before, colon, after = message.partition(": ")
    if colon and before.rpartition(".")[2] == name and " " not in before:  # "sqlalchemy.exc.IntegrityError: ..."
        message = after
    return message if not name or message.startswith(name) else f"{name}: {message}" if message else name


def _first_line(text: str) -> str:
    return clean(next((line for line in text.strip().splitlines() if line.strip()), "")).strip()


# -- what is not certain -------------------------------------------------------------------------------------------


def _draw_reservations(console: Console, run: Run) -> None:
    lines = [clean(limit) for limit in run.limits]
    lines += [f"The probe {clean(gone.probe)} gave up: {clean(gone.why)}" for gone in run.disabled_probes]
    if run.dropped:
        lines.append(
            f"{number(run.dropped, 'fact')} could not be sent in time: fixtures and tables above are incomplete; "
            "outcomes and the exit status are pytest's own."
        )
    if lines:
        _heading(console, "To be read with care")
    for line in lines:
        for part in _wrapped(line, console.width - 2):
            say(console, f"  {part}")


# -- drawing ------------------------------------------------------------------------------------------------------


def where(run: Run, place: Place) -> str:
    """``src/database.py:41``, relative to pytest's root, else to where it was started."""
    if not place.file:
        return clean(place.module)
    file = clean(place.file)
    shown = relative(file, clean(run.rootdir))
    if shown == file:
        shown = relative(file, clean(run.cwd))
    return f"{shown}:{place.line}" if place.line else shown


def _heading(console: Console, text: str) -> None:
    console.print()
    say(console, text, _HEADING)


def _draw_table(
    console: Console, heads: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()
) -> None:
    """Columns by hand: a path keeps its end, numbers stand to the right, and nothing is drawn round them."""
    drawn = [tuple(row) for row in rows]
    if not drawn:
        return
    widths = [max(cell_len(row[column]) for row in (heads, *drawn)) for column in range(len(heads))]
    widths[0] = min(widths[0], 40)
    widths[-1] = max(min(widths[-1], console.width - 2 - sum(widths[:-1]) - 2 * (len(heads) - 1)), 24)
    for number_, row in enumerate((tuple(heads), *drawn)):
        cells = []
        for column, text in enumerate(row):
            width = widths[column]
            text = keep_end(text, width) if column == len(row) - 1 else keep_start(text, width)
            cells.append(" " * (width - cell_len(text)) + text if column in right else set_cell_size(text, width))
        say(console, "  " + "  ".join(cells).rstrip(), _QUIET if number_ == 0 else "")


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]
