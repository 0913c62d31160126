"""Verdicts in the plain terminal: the answer first, then the trials it rests on, then the command that repeats it."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..experiments.verdict import Kind, Verdict
from ..experiments.verdict_text import explanation, headline, trial_lines
from ..text.wording import number, seconds
from .console import heading
from .output import print_line

if TYPE_CHECKING:
    from rich.console import Console

ANSWERED = frozenset((Kind.ORDER_DEPENDENT, Kind.NEEDS_EARLIER_TEST, Kind.FAILS_ALONE, Kind.NON_IDEMPOTENT))
"""Kinds that answer the question; the others say why there is no answer."""


def draw_verdict(console: Console, verdict: Verdict) -> None:
    """One verdict in full."""
    grade = f" (grade {verdict.grade})" if verdict.grade else ""
    heading(console, headline(verdict) + grade)
    for sentence in explanation(verdict):
        print_line(console, f"  {sentence}")
    if verdict.trials:
        console.print()
        spent = sum(result.seconds for result in verdict.trials)
        print_line(console, f"  {number(len(verdict.trials), 'trial')} in {seconds(spent)}:", "dim")
        for line in trial_lines(verdict):
            print_line(console, f"    {line}")
    if verdict.command:
        console.print()
        print_line(console, f"  Repeat it:  {shlex.join(verdict.command)}")


def draw_verdicts(console: Console, verdicts: Sequence[Verdict]) -> None:
    """Many verdicts: one line each, grouped by what they name; then the counts."""
    groups: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        groups.setdefault(_group(verdict), []).append(verdict)
    for title, members in groups.items():
        heading(console, f"{title} ({len(members)})")
        for verdict in members:
            grade = f"  grade {verdict.grade}" if verdict.grade else ""
            print_line(console, f"  {verdict.victim}{grade}")
    kinds = Counter(verdict.kind.value for verdict in verdicts)
    heading(console, ", ".join(f"{count} {kind}" for kind, count in kinds.items()) or "Nothing to prove")


def _group(verdict: Verdict) -> str:
    named = verdict.polluters or verdict.setters or verdict.polluting_files
    if not named:
        return verdict.kind.value
    carrier = f", {verdict.location.label}" if verdict.location is not None and verdict.grade in ("A", "B") else ""
    return f"{verdict.kind.value}: {' or '.join(' + '.join(each) for each in named)}{carrier}"
