"""The comparison of two runs, and the plan of a fix, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..diagnose import already_defined
from ..model import Run
from ..model.run_comparison import Pair, compare
from ..text.sanitize import clean
from ..text.wording import number, seconds
from .exit_status import exit_status
from .output import print_line

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from ..fix import Plan

LISTED = 10
"""How many node ids of a list are printed; ``--json`` has all."""


def draw_before_after(console: Console, before: Run, after: Run) -> None:
    """Draw how two runs differ: counts, "Table already defined" errors, duration, and the tests that changed."""
    compared = compare(before, after)
    table = _table("Before / after", ("", "before", "after", "difference"))
    for delta in compared.counts:
        if delta.before or delta.after or delta.name in ("passed", "failed", "errors"):
            table.add_row(delta.name, str(delta.before), str(delta.after), _signed(delta.difference))
    was, now = already_defined(before), already_defined(after)
    table.add_row('"Table already defined"', str(was), str(now), _signed(now - was), end_section=True)
    first, second = compared.seconds
    sign = "+" if second >= first else "-"
    table.add_row("duration", seconds(first), seconds(second), sign + seconds(abs(second - first)))
    table.add_row("exit status", str(exit_status(before)), str(exit_status(after)), "")
    console.print(table)
    console.print()
    print_line(console, f"BEFORE: {before.counts.line()}")
    print_line(console, f'        {was} of those errors are "Table already defined"')
    print_line(console, f"AFTER:  {after.counts.line()}")
    print_line(console, f'        "Table already defined" errors: {now}{" ✔" if not now else ""}')
    console.print()
    print_line(
        console,
        f"{number(len(compared.healed), 'test')} healed, {len(compared.still)} still failing, "
        f"{len(compared.broke)} broke, {len(compared.new)} new, {len(compared.gone)} gone.",
        "bold",
    )
    _draw_list(console, "Broke", compared.broke)


def draw_plan(console: Console, plan: Plan) -> None:
    """Draw what a fix changes: the files with what happens in each, and the summary of changes."""
    for kind, title in (("NEW", "New files to create"), ("MODIFY", "Files to modify")):
        changes = [change for change in plan.changes if change.kind == kind]
        if not changes:
            continue
        print_line(console, title, "bold")
        for change in changes:
            lines = f"{change.added} lines" if kind == "NEW" else f"+{change.added} -{change.removed}"
            print_line(console, f"  {clean(change.relative)} ({lines})")
            for number_, what in enumerate(change.what, 1):
                print_line(console, f"    {'└─' if number_ == len(change.what) else '├─'} {clean(what)}")
        console.print()
    table = _table("Summary of changes", ("change type", "file", "what", "lines", "impact"))
    names = _short_names([row.file for row in plan.summary])
    for row in plan.summary:
        table.add_row(row.change_type, *map(clean, (names[row.file], row.what, row.lines, row.impact)))
    console.print(table)
    print_line(console, f"{number(len(plan.changes), 'file')}, {plan.added} lines added, {plan.removed} removed.")


def _short_names(files: Sequence[str]) -> dict[str, str]:
    """The name to show for each file: without folders, unless another file of the plan has the same name."""
    distinct = set(files)
    names = {file: file.rpartition("/")[2] for file in distinct}
    taken = list(names.values())
    return {file: name if taken.count(name) == 1 else file for file, name in names.items()}


def _draw_list(console: Console, title: str, pairs: Sequence[Pair]) -> None:
    if not pairs:
        return
    print_line(console, f"{title}:")
    for pair in pairs[:LISTED]:
        print_line(console, f"  {clean(pair.nodeid)}")
    if len(pairs) > LISTED:
        print_line(console, f"  and {len(pairs) - LISTED} more; --json FILE has all.")


def _table(title: str, heads: Sequence[str]) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title, style="bold"), title_justify="left", box=box.ROUNDED, header_style="bold")
    for head in heads:
        right = head in ("before", "after", "difference", "lines")
        table.add_column(head, justify="right" if right else "left", overflow="fold", no_wrap=head == "file")
    return table


def _signed(difference: int) -> str:
    return f"{difference:+d}" if difference else "="
