"""The card's "Cause": the findings of a test, and the key that shows them."""

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
    """Lines of the test's findings. A failed test without one is marked as unexplained once the run has ended."""
    lines: list[Content] = []
    for finding in found.of(test)[:MOST]:
        charged = test.nodeid not in finding.tests
        key = [("   ", ""), ("c", "bold $text-accent"), (" shows it", MUTED)] if not lines else []
        met = f"{number(len(finding.tests), 'test')}{', none failed' if finding.harmless else ''}"
        lines.append(
            Content.assemble(
                ("culprit of " if charged else "", "$text-warning"),
                (class_of(finding), "$text-warning" if finding.harmless else "bold $text-error"),
                (f"   {met}", MUTED),
                *key,
            )
        )
        lines.append(Content(clean(finding.title)))
    if len(found.of(test)) > MOST:
        lines.append(Content.styled(f"and {len(found.of(test)) - MOST} more", MUTED))
    if not lines and run.finished and any(test is other for other in found.unexplained):
        lines.append(Content.styled("No isolation problem seen; probably an ordinary failure", MUTED))
    return lines
