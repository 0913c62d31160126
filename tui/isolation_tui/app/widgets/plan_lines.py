"""Lines of the fix view: the files to change, the summary of changes, the effect and the diff."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from textual.content import Content

from ...diagnose import already_defined
from ...fix import Plan
from ...model import Run
from ...model.run_comparison import Delta, compare
from ...text.measure import keep_end, pad
from ...text.sanitize import clean, clean_lines
from ...text.wording import number
from ..content import wrapped
from ..glyphs import ASCII, Glyphs
from ..theme import MUTED
from .line_list import Line

_KIND_STYLES = {"NEW": "bold $text-success", "ADD": "bold $text-primary", "MODIFY": "bold $text-warning"}
_BRANCHES = {
    (False, False): ("├─ ", "│  "),
    (False, True): ("└─ ", "   "),
    (True, False): ("|- ", "|  "),
    (True, True): ("`- ", "   "),
}
"""(ASCII, last branch) -> the branch at its first line and at the lines below."""
Cell = tuple[str, str]
"""Text and its style."""


def heading(text: str) -> list[Line]:
    """A blank line and a title."""
    return [Line(Content("")), Line(Content.styled(text, "bold"))]


def file_tree(plan: Plan, width: int, glyphs: Glyphs) -> list[Line]:
    """Each file to change with its changes."""
    lines = []
    for change in plan.changes:
        count = f"+{change.added}" + (f" -{change.removed}" if change.removed else "")
        room = width - 10 - len(count)
        lines.append(
            Line(
                Content.assemble(
                    (pad(change.kind, 8), _KIND_STYLES[change.kind]),
                    (pad(keep_end(clean(change.relative), room, glyphs.ellipsis), room), "bold"),
                    (f"  {count}", MUTED),
                )
            )
        )
        for index, what in enumerate(change.what):
            last = index == len(change.what) - 1
            first, later = _BRANCHES[glyphs is ASCII, last]
            for at, part in enumerate(wrapped(clean(what), width - 12)):
                mark = first if at == 0 else later
                lines.append(Line(Content.assemble("        ", (mark, "$border"), part)))
    return lines


def summary_table(plan: Plan, width: int, glyphs: Glyphs) -> list[Line]:
    """The summary of changes, with counts of lines."""
    lines_width = max([5, *(len(row.lines) for row in plan.summary)])
    rest = width - 8 - lines_width - 8
    if rest >= 50:
        file = min(max((len(clean(row.file)) for row in plan.summary), default=4), max(rest // 4, 16))
        what = (rest - file) * 55 // 100
        widths = [8, file, what, lines_width, rest - file - what]
        table = row_lines(
            [(title, MUTED) for title in ("Change", "File", "What", "Lines", "Expected effect")], widths, glyphs
        )
        for row in plan.summary:
            cells = [
                (row.change_type, _KIND_STYLES[row.change_type]),
                (row.file, ""),
                (row.what, ""),
                (row.lines.rjust(lines_width), ""),
                (row.impact, MUTED),
            ]
            table += row_lines(cells, widths, glyphs)
    else:
        table = []
        for row in plan.summary:
            head = Content.assemble(
                (pad(row.change_type, 8), _KIND_STYLES[row.change_type]),
                (
                    pad(keep_end(clean(row.file), width - lines_width - 10, glyphs.ellipsis), width - lines_width - 10),
                    "",
                ),
                f"  {row.lines.rjust(lines_width)}",
            )
            table.append(Line(head))
            table += [Line(Content(f"        {part}")) for part in wrapped(clean(row.what), width - 8)]
            table += [
                Line(Content.styled(f"        {glyphs.arrow} {part}" if at == 0 else f"          {part}", MUTED))
                for at, part in enumerate(wrapped(clean(row.impact), width - 10))
            ]
    total = f"{number(len(plan.changes), 'file')}, +{plan.added} -{plan.removed} lines"
    return [*table, Line(Content.assemble((pad("Total", 8), "bold"), total))]


def row_lines(cells: Sequence[Cell], widths: Sequence[int], glyphs: Glyphs) -> list[Line]:
    """One row of a table. Long cells wrap; file names are cut and keep their end."""
    columns = []
    for index, ((text, _), width) in enumerate(zip(cells, widths, strict=True)):
        text = text if index == 3 else clean(text)
        columns.append([keep_end(text, width, glyphs.ellipsis)] if index in (0, 1, 3) else wrapped(text, width))
    lines = []
    for at in range(max(len(column) for column in columns)):
        parts: list[Content | str | Cell] = []
        for column, width, (_, style) in zip(columns, widths, cells, strict=True):
            parts += [(pad(column[at] if at < len(column) else "", width), style), "  "]
        lines.append(Line(Content.assemble(*parts[:-1])))
    return lines


def result_line(run: Run) -> str:
    """``34 failed, 170 passed, 83 errors; 22 of those "Table already defined"``."""
    line = run.counts.line()
    return f'{line}; {already_defined(run)} of those "Table already defined"' if run.counts.bad else line


def figures(before: Run | None, after: Run | None) -> list[Delta] | None:
    """The counts of both runs and of "already defined" errors; None if one run is missing."""
    if before is None or after is None:
        return None
    counts = [delta for delta in compare(before, after).counts if delta.before or delta.after]
    return [*counts, Delta('"already defined"', already_defined(before), already_defined(after))]


def effect_table(before: Run | None, after: Run | None, glyphs: Glyphs) -> list[Line]:
    """The measured effect of the fix, or what is still to be measured."""
    measured = figures(before, after)
    lines = [Line(Content.styled(f"{'':<20}{'before':>9}{'after':>9}{'difference':>13}", MUTED))]
    if measured is None:
        known, unknown = before or after, glyphs.skipped if glyphs is not ASCII else "-"
        if known is None:
            return [Line(Content.styled("Needs one full run without and one with the fix.", MUTED))]
        for name, count in [*known.counts.as_dict().items(), ('"already defined"', already_defined(known))]:
            if count or name.startswith('"'):
                cells = f"{count:>9}{unknown:>9}" if known is before else f"{unknown:>9}{count:>9}"
                lines.append(Line(Content(f"{name:<20}{cells}")))
        return [*lines, Line(Content.styled("The rerun fills the other column.", MUTED))]
    return lines + [Line(partial(delta_line, delta)) for delta in measured]


def delta_line(delta: Delta) -> Content:
    """One count with its difference, marked better or worse in words as well as in colour."""
    good = delta.difference > 0 if delta.name == "passed" else delta.difference < 0
    neutral = not delta.difference or delta.name in ("skipped", "xfailed", "xpassed")
    style = MUTED if neutral else "bold $text-success" if good else "bold $text-error"
    word = "" if neutral else "  better" if good else "  worse"
    return Content.assemble(
        f"{delta.name:<20}{delta.before:>9}{delta.after:>9}",
        (f"{delta.difference:>+13}{word}" if delta.difference else f"{'same':>13}", style),
    )


def diff_lines(diff: str) -> list[Line]:
    """A unified diff in colours."""
    return [Line(partial(_diff_line, line)) for line in clean_lines(diff.removesuffix("\n"))]


def _diff_line(line: str) -> Content:
    if line.startswith(("+++", "---")):
        return Content.styled(line, "bold")
    style = {"+": "$text-success", "-": "$text-error", "@": "$text-primary"}.get(line[:1], MUTED)
    return Content.styled(line, style)
