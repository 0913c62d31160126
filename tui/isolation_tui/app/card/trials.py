"""The card's "Trials": what was tried to find out why the test fails, and what that proves."""

from __future__ import annotations

from textual.content import Content

from ...experiments.verdict_text import explanation, headline
from ...model import Run, Test
from ...text.sanitize import clean
from ..theme import MUTED
from ..trials_worker import TrialsWorker

SHOWN = 4
"""Trials of a verdict that are listed; the first ones decide it, the others repeat them."""


def trials_lines(trials: TrialsWorker, run: Run | None, test: Test | None) -> list[Content]:
    """The verdict, or the trials so far of a test that is tried now."""
    if run is None or test is None:
        return []
    lines = [Content.styled(clean(line), MUTED) for line in trials.lines(test.nodeid)]
    verdict = trials.verdict(run, test.nodeid)
    if verdict is not None:
        grade = f"   grade {verdict.grade}" if verdict.grade else ""
        more = [Content.styled(f"and {len(lines) - SHOWN} more trials", MUTED)] if len(lines) > SHOWN else []
        said = [Content(clean(sentence)) for sentence in explanation(verdict)]
        head = Content.assemble((clean(headline(verdict)), "bold"), (grade, MUTED))
        return [head, *said, *lines[:SHOWN], *more]
    if test.nodeid == trials.current:
        return [*lines, Content.styled("trying...", MUTED)]
    return [Content.styled("waiting for its trials", MUTED)] if test.nodeid in trials.waiting else lines
