"""The leaks in the summary: who left what, where, and which tests found it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..diagnose.conclusions import Conclusions
from ..model import Author, Leak, Run, full_label
from ..text.measure import keep_start
from ..text.sanitize import clean
from ..text.wording import number, test_name, where
from .console import draw_table, heading
from .output import print_line

if TYPE_CHECKING:
    from rich.console import Console

AUTHORS = 3


def draw_leaks(console: Console, run: Run, found: Conclusions) -> None:
    """Draw one line for each culprit, whatever number of tables it leaks into; leaks that no test read come last."""
    if run.threads_left:
        print_line(console, _threads_line(run))
    authors: dict[Author, list[Leak]] = {}
    for leak in found.leaks:
        authors.setdefault(leak.author, []).append(leak)
    if not authors:
        return
    starts = number(len(run.dirty_starts), "dirty start")
    readers = len({reader.nodeid for leak in found.leaks for reader in leak.readers})
    read = f", read by {number(readers, 'test')}" if found.reads_known else ""
    heading(console, f"Leaks: {number(len(authors), 'culprit')}, {starts}{read}")
    draw_table(
        console,
        ("culprit", "leaks", "rows", "found by", "read by", "failed", "where"),
        (_row(run, author, leaks, found.reads_known) for author, leaks in list(authors.items())[:AUTHORS]),
        right=(2, 3, 4, 5),
    )
    if len(authors) > AUTHORS:
        print_line(console, f"  and {number(len(authors) - AUTHORS, 'other culprit')}; --json FILE has all.")


def _threads_line(run: Run) -> str:
    """``2 threads left running, the first by test_send: pump (src/jobs.py:12)``."""
    first = run.threads_left[0]
    life = run.life_of_unit(first.worker, first.unit)
    who = f"fixture {clean(life.name)}" if life is not None else test_name(first.unit.nodeid)
    place = where(first.place, run)
    count = number(len(run.threads_left), "thread")
    return f"{count} left running, the first by {who}: {clean(first.name)}{f' ({place})' if place else ''}"


def _row(run: Run, author: Author, leaks: list[Leak], reads_known: bool) -> tuple[str, ...]:
    rows = sum(leak.amount for leak in leaks if leak.what == "rows")
    readers = {reader.nodeid for leak in leaks for reader in leak.readers}
    victims = {victim.nodeid for leak in leaks for victim in leak.victims}
    maybe = any(leak.maybe for leak in leaks if leak.readers)
    return (
        test_name(full_label(run, author)),
        keep_start(", ".join(dict.fromkeys(clean(leak.thing) for leak in leaks)), 30),
        f"{rows}{'?' if any(leak.inexact for leak in leaks) else ''}" if rows else "",
        str(max(leak.met for leak in leaks)),
        f"{len(readers)}{'?' if maybe else ''}" if reads_known or readers else "?",
        str(len(victims)),
        where(leaks[0].place, run),
    )
