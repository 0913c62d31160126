"""Lines of the findings view: one per cause, and the details of the selected one."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import partial

from textual.content import Content

from pytest_isolation.events import Place

from ...diagnose import Finding
from ...model import Run, Test
from ...text.measure import keep_end, pad
from ...text.sanitize import clean, first_line
from ...text.wording import number, test_name, where
from ..content import cut, wrapped
from ..glyphs import OUTCOME_STYLES, Glyphs
from ..theme import MUTED
from .line_list import Line

GRADES = {
    "A": "proven: the victim passes without it",
    "B": "reproduced, with its place",
    "C": "reproduced",
    "D": "suspected from the evidence",
}
UNEXPLAINED = "unexplained"
"""The key of the line of failing tests without a finding."""

RECIPES = {"F2": "fix", **dict.fromkeys(("F4", "F6", "F7", "F15", "F19"), "may help")}
"""Code of a finding -> what the conftest recipe does for it. ``may help``: if the database is the one of the
application that the recipe finds."""

_EFFECTS = {
    "fix": "plans the fix, shows it and applies it",
    "may help": "plans fresh tables for each test, which helps if the rows are in the application's own database",
}

RecipeEffect = Callable[[Finding], str]
"""What x does for a finding: ``fix``, ``may help`` or ''."""


def finding_key(finding: Finding) -> Hashable:
    """Identifies a finding while the number of its victims grows."""
    return (finding.kind, finding.title, finding.culprit, finding.command)


def cause_lines(
    causes: Sequence[Finding],
    harmless: Sequence[Finding],
    unexplained: int,
    run: Run,
    width: int,
    glyphs: Glyphs,
    recipe: RecipeEffect,
) -> list[Line]:
    """One line per cause, then the unexplained tests, then the leaks that broke nothing."""
    every = (*causes, *harmless)
    digits = len(str(max([unexplained, *(len(finding.tests) for finding in every)], default=1)))
    kinds = max((4 + len(finding.kind) for finding in every), default=1) if width >= 110 else 3
    fix = max((len(recipe(finding)) for finding in every), default=0)
    lines = [
        Line(partial(_cause, each, run, width, digits, kinds, glyphs, recipe(each), fix), finding_key(each))
        for each in causes
    ]
    if unexplained:
        line = Content.assemble(
            (f"{unexplained:>{digits}}", "bold $text-error"),
            (_tests(unexplained), MUTED),
            (pad("?", kinds) + "  ", MUTED),
            "not explained",
            ("   see their messages below" if width >= 80 else "", MUTED),
        )
        lines.append(Line(line, UNEXPLAINED))
    if harmless:
        if lines:
            lines.append(Line(Content("")))
        lines.append(Line(Content.styled("Leaks that broke nothing (yet)", f"bold {MUTED}")))
        lines += [
            Line(partial(_cause, each, run, width, digits, kinds, glyphs, recipe(each), fix), finding_key(each))
            for each in harmless
        ]
    return lines


def class_of(finding: Finding) -> str:
    """``F2 table-already-defined``."""
    return clean(f"{finding.code} {finding.kind}".strip())


def _tests(count: int) -> str:
    return " test   " if count == 1 else " tests  "


def _cause(
    finding: Finding, run: Run, width: int, digits: int, kinds: int, glyphs: Glyphs, effect: str, room: int
) -> Content:
    place = finding.evidence[-1].place if finding.evidence else None
    source = keep_end(where(place, run) if place is not None else "", max(width // 4, 18), glyphs.ellipsis)
    kind = f"{clean(finding.code):<3} {clean(finding.kind) if kinds > 3 else ''}"
    left = Content.assemble(
        (f"{len(finding.tests):>{digits}}", "$text-warning" if finding.harmless else "bold $text-error"),
        (_tests(len(finding.tests)), MUTED),
        (pad(kind, kinds) + "  ", MUTED),
        clean(finding.title),
    )
    named = test_name(finding.culprit).removeprefix("fixture ") in finding.title
    who = f"{_short(finding.culprit, 26, glyphs)}  " if finding.culprit and not named and width >= 130 else ""
    mark = (pad(f"  x {effect}" if effect else "", room + 4), "bold $text-accent") if room else ""
    right = Content.assemble((who, MUTED), (source, "$text-accent"), mark)
    return Content.assemble(cut(left, max(width - right.cell_length - 2, 10), glyphs), "  ", right)


def _short(culprit: str, width: int, glyphs: Glyphs) -> str:
    return keep_end(test_name(culprit), width, glyphs.ellipsis)


def opened_lines(finding: Finding, run: Run, width: int, glyphs: Glyphs, effect: str) -> list[Line]:
    """The evidence in order of time, the remedy, the command that reproduces it, its files and its victims."""
    lines = [*_facts(finding, run), Line(Content("")), Line(Content.styled("What happened, in order", "bold"))]
    for count, fact in enumerate(finding.evidence, 1):
        key = ("evidence", count, fact.nodeid)
        place = keep_end(where(fact.place, run), max(width - 8, 10), glyphs.ellipsis)
        parts = wrapped(clean(fact.text), width - 5)
        head = (f"  {count}  ", MUTED)
        if len(parts) == 1 and 5 + len(parts[0]) + len(place) + 2 <= width:
            lines.append(Line(Content.assemble(head, parts[0], "  ", (place, "$text-accent")), key))
            continue
        lines.append(Line(Content.assemble(head, parts[0]), key))
        lines += [Line(Content(f"     {part}")) for part in parts[1:]]
        if place:
            lines.append(Line(Content.assemble("     ", (place, "$text-accent"))))
    lines += [Line(Content("")), Line(Content.styled("What to do", "bold"))]
    lines += [Line(Content(f"  {line}")) for line in wrapped(clean(finding.remedy), width - 4)]
    if effect:
        lines += [
            Line(Content.assemble(("  x" if at == 0 else "   ", "bold $text-accent"), f" {part}"))
            for at, part in enumerate(wrapped(_EFFECTS[effect], width - 6))
        ]
    if finding.command:
        lines += [
            Line(Content("")),
            Line(Content.assemble(("Reproduce", "bold"), ("  y copies", MUTED))),
            *[Line(Content(f"  {part}")) for part in wrapped(clean(finding.command), width - 4)],
        ]
    if finding.files:
        lines += [
            Line(Content("")),
            Line(Content.assemble(("Files of this cause", "bold"), ("  e opens one", MUTED))),
            *[Line(Content(f"  {_file(file, run, width, glyphs)}"), ("file", file, "")) for file in finding.files],
        ]
    met = "Met by" if finding.harmless else "Victims:"
    lines += [Line(Content("")), Line(Content.styled(f"{met} {number(len(finding.tests), 'test')}", "bold"))]
    return lines + [Line(partial(_victim, run, nodeid, glyphs), ("test", 0, nodeid)) for nodeid in finding.tests]


def _facts(finding: Finding, run: Run) -> list[Line]:
    culprit = Content(clean(finding.culprit) or "not known")
    key = ("test", 1, finding.culprit) if finding.culprit in run.tests else None
    lines = [
        Line(
            Content.assemble(
                ("class    ", MUTED),
                class_of(finding),
                ("   grade ", MUTED),
                clean(finding.grade),
                (f"  {GRADES.get(finding.grade, '')}", MUTED),
            )
        ),
        Line(Content.assemble(("culprit  ", MUTED), culprit), key),
    ]
    if finding.locations:
        shown = "  ".join(clean(location) for location in finding.locations[:6])
        more = f"  and {len(finding.locations) - 6} more" if len(finding.locations) > 6 else ""
        lines.append(Line(Content.assemble(("left at  ", MUTED), shown, (more, MUTED))))
    if finding.harmless:
        lines.append(Line(Content.assemble(("harm     ", MUTED), "none yet: no test failed because of it")))
    return lines


def _file(file: str, run: Run, width: int, glyphs: Glyphs) -> str:
    return keep_end(where(Place("", file), run), width - 4, glyphs.ellipsis)


def _victim(run: Run, nodeid: str, glyphs: Glyphs) -> Content:
    test = run.tests.get(nodeid)
    if test is None:  # its worker died before reporting it
        return Content(f"    {clean(nodeid)}")
    sign = (f"  {glyphs.outcome(test.outcome)} ", OUTCOME_STYLES[test.outcome])
    return Content.assemble(sign, test_name(nodeid), (f"  {clean(test.file)}", MUTED))


def unexplained_lines(tests: Sequence[Test], run: Run, glyphs: Glyphs) -> list[Line]:
    """The failing tests without a finding, each with its message."""
    lines = [
        Line(Content("No isolation problem seen; probably ordinary failures.")),
        Line(Content("")),
        Line(Content.styled(number(len(tests), "test"), "bold")),
    ]
    return lines + [Line(partial(_failing, test, run, glyphs), ("test", 0, test.nodeid)) for test in tests]


def _failing(test: Test, run: Run, glyphs: Glyphs) -> Content:
    failure = test.failure
    message = first_line(failure.message) if failure else ""
    return Content.assemble(_victim(run, test.nodeid, glyphs), (f"   {message}", MUTED))
