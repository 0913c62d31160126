"""The summary of a run in plain text, printed after a headless run and after the dashboard.

All text from the suite is made safe with :func:`isolation_tui.text.sanitize.clean`.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from ..diagnose.conclusions import Conclusions, conclude
from ..model import FixtureDefinition, FixtureLife, Run, Test
from ..text.measure import keep_start
from ..text.sanitize import clean, first_line
from ..text.wording import number, seconds, where
from .console import QUIET, draw_table, heading, wrapped
from .exit_status import exit_status, how_it_ended, needs_output, output_tail
from .findings import draw_causes, draw_harmless
from .leaks import draw_leaks
from .output import print_line

if TYPE_CHECKING:
    from rich.console import Console

    from ..session import Source

WIDEST_FIXTURES = 3
SLOWEST_FIXTURES = 2
FAILURE_KINDS, UNEXPLAINED_KINDS = 15, 3
"""How many lines each of these lists has at most; ``--json`` has all."""


def draw_summary(
    console: Console, source: Source, *, title: str = "", brief: bool = False, found: Conclusions | None = None
) -> None:
    """Draw the summary of a finished run.

    ``brief`` leaves out fixtures and failures, which the dashboard has just shown. ``found`` are its conclusions, if
    trials have corrected them.
    """
    run = source.run
    _draw_result(console, run, title or source.title, source.damage)
    if source.live and source.recording is not None:
        _draw_recording(console, source.recording, source.recording_failure)
    found = conclude(run) if found is None else found
    draw_causes(console, run, found)
    draw_harmless(console, run, found)
    draw_leaks(console, run, found)
    if not brief:
        _draw_failures(console, run, found)
        _draw_widest(console, run)
        _draw_slowest(console, run)
    _draw_limits(console, run)


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
    print_line(console, f"{title}: {result_line(run)}", style)
    print_line(console, f"{environment_line(run) or 'pytest reported nothing'}; exit status {exit_status(run)}", QUIET)
    for line in how_it_ended(run, damage):
        print_line(console, line, "bold yellow")
    for error in run.collection_errors:
        print_line(console, f"Could not be collected: {clean(error.nodeid)}: {first_line(error.message)}", "red")
    if needs_output(run):
        tail = output_tail(run)
        if tail:
            heading(console, "The end of pytest's output")
            for line in tail:
                print_line(console, f"  {line}")


def _draw_recording(console: Console, recording: Path, failure: str) -> None:
    if failure:
        print_line(
            console, f"The recording {recording} is incomplete: {failure}. The run itself is complete.", "bold yellow"
        )
    else:
        print_line(
            console, f"Recorded in {recording}; show it with: isolation-tui replay {shlex.quote(str(recording))}"
        )


# -- fixtures -----------------------------------------------------------------------------------------------------


def _draw_widest(console: Console, run: Run) -> None:
    lives = [life for life in run.lives if life.shared and not life.definition.internal]
    widest: dict[int, FixtureLife] = {}
    for life in sorted(lives, key=lambda life: (life.definition.width, -len(life.users))):
        widest.setdefault(id(life.definition), life)
    rows = sorted(widest.values(), key=lambda life: -len(life.users))[:WIDEST_FIXTURES]
    if rows:
        heading(console, "Fixtures shared by most tests")
    draw_table(
        console,
        ("fixture", "scope", "shared by", "set up", "where"),
        (
            (
                clean(life.definition.name),
                life.definition.scope,
                number(len(life.users), "test"),
                f"{len(life.definition.lives)}x",
                where(life.definition.place, run),
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
        heading(console, "Slowest fixtures")
    draw_table(
        console,
        ("fixture", "total", "setup", "teardown", "set up", "where"),
        (
            (
                clean(definition.name),
                seconds(setup + teardown),
                seconds(setup),
                seconds(teardown),
                f"{len(definition.lives)}x",
                where(definition.place, run),
            )
            for (setup, teardown), definition in rows
        ),
        right=(1, 2, 3, 4),
    )


def _cost(definition: FixtureDefinition) -> tuple[float, float]:
    """Seconds of all its setups, and of all its teardowns."""
    lives = definition.lives
    return sum(life.setup_duration for life in lives), sum(life.teardown_duration or 0.0 for life in lives)


# -- failures -----------------------------------------------------------------------------------------------------


def _draw_failures(console: Console, run: Run, found: Conclusions) -> None:
    """Draw the failures that no finding explains, one line for each message."""
    kinds: dict[tuple[str, str], list[Test]] = {}
    for test in found.unexplained:
        kinds.setdefault((test.outcome.value, _reason(test)), []).append(test)
    ordered = sorted(kinds.items(), key=lambda item: -len(item[1]))
    most = UNEXPLAINED_KINDS if found.causes else FAILURE_KINDS
    if ordered:
        title = "Failures without a known cause" if found.causes else "Failures"
        heading(console, f"{title}: {number(len(found.unexplained), 'test')}, {number(len(kinds), 'message')}")
    digits = len(str(len(ordered[0][1]))) if ordered else 0
    for (outcome, reason), tests in ordered[:most]:
        glyph = "E" if outcome == "error" else "✘"
        print_line(console, keep_start(f"  {len(tests):>{digits}} {glyph} {reason}", console.width), "red")
        more = f" and {number(len(tests) - 1, 'more', 'more')}" if len(tests) > 1 else ""
        print_line(console, f"  {'':{digits}}   {clean(tests[0].nodeid)}{more}", QUIET)
    if len(ordered) > most:
        print_line(console, f"  and {number(len(ordered) - most, 'other message')}; --json FILE has every test.")


def _reason(test: Test) -> str:
    failure = test.failure
    if failure is None:
        return "failed"
    name = clean(failure.exception)
    message = first_line(failure.message)
    before, colon, after = message.partition(": ")
    if colon and before.rpartition(".")[2] == name and " " not in before:  # "sqlalchemy.exc.IntegrityError: ..."
        message = after
    return message if not name or message.startswith(name) else f"{name}: {message}" if message else name


# -- what may be missing -------------------------------------------------------------------------------------------


def _draw_limits(console: Console, run: Run) -> None:
    lines = [clean(limit) for limit in run.limits]
    lines += [f"Probe {clean(gone.probe)} was disabled: {clean(gone.why)}" for gone in run.disabled_probes]
    if run.dropped:
        lines.append(
            f"{number(run.dropped, 'fact')} were lost, so fixtures, tables and findings are incomplete. "
            "Outcomes and the exit status are complete."
        )
    if lines:
        heading(console, "This report may be incomplete")
    for line in lines:
        for part in wrapped(line, console.width - 2):
            print_line(console, f"  {part}")
