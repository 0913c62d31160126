"""A hunt in the plain terminal: the tests that depend on order, then what that rests on, and what was not covered."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from ..experiments.hunt.document import basis, dependent, gaps, of_kind
from ..experiments.hunt.plan import Difference, Hunt
from ..experiments.trial import TrialResult
from ..experiments.verdict import Kind
from ..experiments.verdict_text import explanation, headline, trial_line
from ..text.wording import number
from .console import heading
from .output import print_line

if TYPE_CHECKING:
    from rich.console import Console

SHOWN = 20
"""How many differences without a proof are shown."""


def draw_hunt(console: Console, hunt: Hunt, *, stopped: str) -> None:
    """The outcome of a hunt. ``stopped`` says why it ended early."""
    found = dependent(hunt)
    for verdict in found:
        heading(console, headline(verdict) + (f" (grade {verdict.grade})" if verdict.grade else ""))
        print_line(console, f"  {verdict.victim}")
        for sentence in explanation(verdict):
            print_line(console, f"  {sentence}")
        if verdict.command:
            print_line(console, f"  Repeat it:  {shlex.join(verdict.command)}")
    for kind in (Kind.FLAKY, Kind.FAILS_ALONE):
        others = of_kind(hunt, kind)
        if others:
            heading(console, f"{kind.value} ({len(others)})")
            for verdict in others:
                print_line(console, f"  {headline(verdict)}")
    if hunt.waiting:
        heading(console, f"Differs with the order, not proven ({len(hunt.waiting)})")
        for difference in list(hunt.waiting.values())[:SHOWN]:
            print_line(console, f"  {_difference(hunt, difference)}")
        if len(hunt.waiting) > SHOWN:
            print_line(console, f"  and {len(hunt.waiting) - SHOWN} more")
    heading(console, _conclusion(hunt, len(found)))
    for line in basis(hunt):
        print_line(console, f"  {line}")
    heading(console, "Not covered")
    for line in gaps(hunt, stopped):
        print_line(console, f"  {line}")


def progress_line(result: TrialResult) -> str:
    """A trial in one line; '' for a test that merely passes alone."""
    tests = len(result.trial.tests)
    failures = sum(not outcome.outcome.good for outcome in result.outcomes)
    if tests == 1 and not failures and not result.problem:
        return ""
    if tests > 2 and not result.problem:
        return f"{result.trial.why}: {number(tests, 'test')}, {failures} failed"
    return f"{result.trial.victim}: {trial_line(result, '')}"


def status_line(hunt: Hunt) -> str:
    """How far the hunt is, in one line."""
    coverage = hunt.coverage
    found = len(dependent(hunt))
    parts = [
        f"{len(coverage.alone)}/{len(hunt.order)} alone",
        number(len(coverage.orders), "order"),
        f"{hunt.pairs.tried - hunt.pairs_observed}/{hunt.pairs.total - hunt.pairs_observed} pairs",
        f"{found} found",
        f"{len(hunt.waiting)} to prove",
    ]
    return "  ".join(parts)


def _difference(hunt: Hunt, difference: Difference) -> str:
    if not difference.signature:
        return f"{difference.victim} passes in the suite and fails alone"
    passes = "passes alone and " if hunt.passes_alone(difference.victim) else ""
    after = number(len(difference.earlier), "test")
    return f"{difference.victim} {passes}failed after {after}: {difference.signature}"


def _conclusion(hunt: Hunt, found: int) -> str:
    tests = number(len(hunt.order), "test")
    if found:
        verb = "depends" if found == 1 else "depend"
        return f"{found} of {tests} {verb} on order"
    if hunt.waiting:
        return f"None of {tests} is proven to depend on order"
    return f"No dependence on order found among {tests}"
