"""The findings in the summary: the worst causes with their evidence, the others with one line each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..diagnose import ALREADY_DEFINED, Finding
from ..diagnose.conclusions import Conclusions
from ..model import Run
from ..text.measure import keep_end, keep_start
from ..text.sanitize import clean
from ..text.wording import number, where
from .console import QUIET, heading, wrapped
from .output import print_line

if TYPE_CHECKING:
    from rich.console import Console

IN_FULL, IN_SHORT = 2, 8
"""How many groups of causes are shown with evidence, and how many more with one line; ``--json`` has all."""
HARMLESS = 2
EVIDENCE = 3
"""Facts shown of a cause: its first ones and its last, which says where it is."""


def draw_causes(console: Console, run: Run, found: Conclusions) -> None:
    """Draw the causes of failures, worst first; causes with the same remedy are grouped."""
    if not (found.failed or found.causes):
        return
    left = len(found.unexplained) if found.causes else 0
    heading(console, found.sentence() + (f", {left} not explained" if left else ""))
    groups = _groups(found.causes)
    digits = len(str(max((_victims(group) for group in groups), default=0)))
    for group in groups[:IN_FULL]:
        _draw_in_full(console, run, group, digits)
    for group in groups[IN_FULL : IN_FULL + IN_SHORT]:
        _draw_in_short(console, run, group[0], _victims(group), digits)
    rest = groups[IN_FULL + IN_SHORT :]
    if rest:
        print_line(console, f"  and {number(sum(map(len, rest)), 'more', 'more')}; --json FILE has all.")


def draw_harmless(console: Console, run: Run, found: Conclusions) -> None:
    """Draw the findings because of which no test failed."""
    if not found.harmless:
        return
    heading(console, f"Leaks that broke nothing (yet): {number(len(found.harmless), 'finding')}")
    digits = len(str(max(len(finding.tests) for finding in found.harmless)))
    for finding in found.harmless[:HARMLESS]:
        _draw_in_short(console, run, finding, len(finding.tests), digits)
    if len(found.harmless) > HARMLESS:
        print_line(console, f"  and {len(found.harmless) - HARMLESS} more; --json FILE has all.")


def _groups(causes: Sequence[Finding]) -> list[list[Finding]]:
    """Group causes of one kind with the same remedy, the group with most victims first."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for cause in causes:
        groups.setdefault((cause.kind, cause.remedy), []).append(cause)
    return sorted(groups.values(), key=lambda group: -_victims(group))


def _victims(group: list[Finding]) -> int:
    return sum(len(cause.tests) for cause in group)


def _by_table(group: list[Finding]) -> dict[str, list[Finding]]:
    """The findings by table, the one with most victims first."""
    tables: dict[str, list[Finding]] = {}
    for finding in group:
        tables.setdefault(", ".join(finding.tables), []).append(finding)
    return dict(sorted(tables.items(), key=lambda item: -_victims(item[1])))


def _title(group: list[Finding]) -> str:
    if group[0].kind == ALREADY_DEFINED:
        tables = _by_table(group)
        errors = number(_victims(group), "error")
        return f'"Table already defined": {errors} in {number(len(tables), "table")}'
    more = f" (and {number(len(group) - 1, 'similar cause')})" if len(group) > 1 else ""
    return clean(group[0].title) + more


def _draw_in_full(console: Console, run: Run, group: list[Finding], digits: int) -> None:
    worst = group[0]
    indent = " " * (digits + 4)
    head = f"  {_victims(group):>{digits}}  {clean(worst.code or worst.kind)}  {_title(group)}"
    for at, line in enumerate(wrapped(head, console.width - digits - 4)):
        print_line(console, line if at == 0 else indent + line.lstrip(), "bold")
    if worst.kind == ALREADY_DEFINED:
        tables = _by_table(group)
        counts = (f"{clean(name)}  {number(_victims(of), 'error')}" for name, of in tables.items())
        print_line(console, keep_start(indent + "; ".join(counts), console.width))
    for text, place in _evidence(run, worst):
        _draw_placed(console, indent + text, place)
    for line in wrapped(f"Remedy: {clean(worst.remedy)}", console.width - len(indent)):
        print_line(console, indent + line)
    if worst.command:
        print_line(console, f"{indent}Reproduce: {clean(worst.command)}", QUIET)


def _evidence(run: Run, finding: Finding) -> list[tuple[str, str]]:
    facts = list(finding.evidence)
    if len(facts) > EVIDENCE:
        facts = [*facts[: EVIDENCE - 1], facts[-1]]
    return [(clean(fact.text), where(fact.place, run)) for fact in facts]


def _draw_in_short(console: Console, run: Run, finding: Finding, victims: int, digits: int) -> None:
    place = where(finding.evidence[-1].place, run) if finding.evidence else ""
    head = f"  {victims:>{digits}}  {clean(finding.code or finding.kind)}  {clean(finding.title)}"
    _draw_placed(console, head, place)


def _draw_placed(console: Console, text: str, place: str) -> None:
    """Print one line. If it is too long, the text keeps its start and the place its end."""
    place = keep_end(place, max(console.width - len(text) - 2, console.width // 4, 24))
    room = console.width - len(place) - 2
    print_line(console, f"{keep_start(text, room)}  {place}".rstrip())
