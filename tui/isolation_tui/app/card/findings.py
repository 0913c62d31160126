"""The card's "Cause": the findings that a test stands in, and the key that leads there."""

from __future__ import annotations

from textual.content import Content

from ...diagnose.conclusions import Conclusions
from ...model import Run, Test
from ...text.sanitize import clean
from ...text.wording import number
from ..theme import MUTED
from ..widgets.finding_lines import class_of

MOST = 4


def findings_lines(run: Run, test: Test, found: Conclusions) -> list[Content]:
    """Empty where it stands in none. A test that failed without one is said to have no known cause, once the run has
    ended."""
    lines: list[Content] = []
    for finding in found.of(test)[:MOST]:
        charged = test.nodeid not in finding.tests
        key = [("   ", ""), ("c", "bold $text-accent"), (" shows it", MUTED)] if not lines else []
        met = f"{number(len(finding.tests), 'test')}{', nobody failed' if finding.harmless else ''}"
        lines.append(
            Content.assemble(
                ("charged with " if charged else "", "$text-warning"),
                (class_of(finding), "$text-warning" if finding.harmless else "bold $text-error"),
                (f"   {met}", MUTED),
                *key,
            )
        )
        lines.append(Content(clean(finding.title)))
    if len(found.of(test)) > MOST:
        lines.append(Content.styled(f"and {len(found.of(test)) - MOST} more", MUTED))
    if not lines and run.finished and any(test is other for other in found.unexplained):
        lines.append(Content.styled("none known: what was seen fits no class", MUTED))
    return lines
