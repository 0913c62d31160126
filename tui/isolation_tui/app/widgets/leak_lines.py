"""Lines of the leaks view: author, leak, place, and how many tests met it, read it and failed."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import partial

from textual.content import Content

from pytest_isolation.events import Place

from ...model import Author, Leak, Run, Test, full_label
from ...text.measure import keep_end, keep_start, pad
from ...text.sanitize import clean
from ...text.wording import number, test_name, where
from ..content import cut
from ..glyphs import OUTCOME_STYLES, Glyphs
from ..theme import MUTED
from .line_list import Line

WAYS = {
    "savepoint": "by the release of a savepoint, which SQLite treated as a commit",
    "ddl": "by a DDL statement, which commits implicitly",
    "beside": "on another connection than the one that is rolled back",
    "thread": "on another thread's connection",
}
"""How rows escape the rollback that should remove them."""

COUNT = 8
"""Cells of each of the three number columns."""


def leak_key(leak: Leak) -> Hashable:
    return (leak.author, leak.what, leak.location, leak.place)


def leak_lines(leaks: Sequence[Leak], run: Run, width: int, glyphs: Glyphs, reads_known: bool) -> list[Line]:
    """A heading and one line per leak; leaks that no test read come last, under a heading of their own."""
    if not leaks:
        return []
    harmful = _by_author([leak for leak in leaks if not leak.benign])
    benign = _by_author([leak for leak in leaks if leak.benign])
    author = min(max(len(_author(run, leak)) for leak in leaks), max(width // 3, 16))
    numbers = "".join(f"{name:>{COUNT}}" for name in ("failed", "read", "met"))
    heads = Line(Content.styled(f"{numbers}  {pad('author', author)}  left", MUTED))

    def lines_of(some: Sequence[Leak]) -> list[Line]:
        return [
            Line(
                partial(_leak, leak, run, width, author, glyphs, at > 0 and some[at - 1].author == leak.author),
                leak_key(leak),
            )
            for at, leak in enumerate(some)
        ]

    lines = [heads, *lines_of(harmful)] if harmful else []
    if benign:
        text = "No test read these" if reads_known else "Readers are not known: reads were not observed"
        lines += [Line(Content(""))] if harmful else []
        lines.append(Line(Content.styled(keep_start(text, width, glyphs.ellipsis), f"bold {MUTED}")))
        lines += [*([] if harmful else [heads]), *lines_of(benign)]
    return lines


def _by_author(leaks: Sequence[Leak]) -> list[Leak]:
    """Group the leaks by author, in the order of each author's worst."""
    authors: dict[Author, list[Leak]] = {}
    for leak in leaks:
        authors.setdefault(leak.author, []).append(leak)
    return [leak for several in authors.values() for leak in several]


def _author(run: Run, leak: Leak) -> str:
    return test_name(full_label(run, leak.author))


def what_is_left(run: Run, leak: Leak) -> str:
    """The leak in words: ``users, 3 rows``, ``table users``, ``env:CURRENCY``, ``open connection, 2 times``."""
    if leak.what != "rows":
        return clean(leak.what if leak.amount else leak.thing) + (f", {_amount(leak)}" if leak.amount > 1 else "")
    labels = (database.label for worker in run.workers.values() for database in worker.databases.values())
    database = max((label for label in labels if leak.location.startswith(f"{label}.")), key=len, default="")
    return clean(f"{leak.location[len(database) :].lstrip('.')}, {_amount(leak)}")


def _amount(leak: Leak) -> str:
    if leak.what != "rows":
        return f"{leak.amount} times" if leak.amount > 1 else ""
    return f"{number(leak.amount, 'row')}{'?' if leak.inexact else ''}" if leak.amount else "rows"


def reading(test: Test, leak: Leak) -> Place | None:
    """The line of the test that reads it, or may read it; None if it is not known."""
    for read in test.tables_read.values():
        if leak.what in ("rows", "table") and f"{read.database}.{read.table}" == leak.location and read.place.file:
            return read.place
    if leak.what == "metadata":
        return next((event.place for event in test.table_events if event.table == leak.table), None)
    return next((each.place for each in test.state_in_reach if each.location == leak.location), None)


def _leak(leak: Leak, run: Run, width: int, author: int, glyphs: Glyphs, again: bool) -> Content:
    """``again``: the line above has the same author."""
    name = "" if again else keep_end(_author(run, leak), author, glyphs.ellipsis)
    failed, read = len(leak.victims), len(leak.readers)
    left = Content.assemble(
        (f"{failed or '':>{COUNT}}", "bold $text-error"),
        (f"{read or ''}{'?' if leak.maybe and read else '':<1}".rjust(COUNT), "$text-warning"),
        (f"{leak.met or '':>{COUNT}}", MUTED),
        "  ",
        pad(name, author),
        "  ",
        (what_is_left(run, leak), "" if read else MUTED),
    )
    place = keep_end(where(leak.place, run), max(width // 4, 14), glyphs.ellipsis) if width >= 100 else ""
    if not place:
        return left
    room = width - len(place) - 2
    return Content.assemble(cut(left, max(room, 10), glyphs), "  ", (place, "$text-accent"))


def opened_lines(leak: Leak, run: Run, author: Test | None, command: str, width: int, glyphs: Glyphs) -> list[Line]:
    """The details of a leak, and its readers in the order they ran."""
    place = keep_end(where(leak.place, run), max(width - 12, 12), glyphs.ellipsis)
    during = f"  in {test_name(author.nodeid)}" if author is not None and author.nodeid != leak.author.label else ""
    lines = [
        Line(
            Content.assemble(
                ("left by  ", MUTED),
                clean(full_label(run, leak.author)),
                (during, MUTED),
            ),
            ("author", author.nodeid if author is not None else ""),
        ),
        Line(Content.assemble(("at       ", MUTED), (place or "not known", "$text-accent" if place else ""))),
        Line(Content.assemble(("left     ", MUTED), clean(leak.location), "  ", _amount(leak))),
    ]
    if leak.way:
        lines.append(Line(Content.assemble(("escaped  ", MUTED), WAYS.get(leak.way, clean(leak.way)))))
    if leak.keys:
        shown = ", ".join(clean(key) for key in leak.keys[:8]) + (", ..." if len(leak.keys) > 8 else "")
        lines.append(Line(Content.assemble(("keys     ", MUTED), shown)))
    met = f"{number(leak.met, 'test')} started with it" if leak.met else "no later test started with it"
    lines.append(Line(Content.assemble(("met      ", MUTED), met, (_doubt(leak), "$text-warning"))))
    lines.append(Line(Content("")))
    if leak.readers:
        text = "Its code may read it" if leak.maybe else "Read it later"
        lines.append(Line(Content.assemble((f"{text}: {number(len(leak.readers), 'test')}", "bold"), _failed(leak))))
        lines += [Line(partial(_reader, test, leak, run, glyphs), ("reader", test.nodeid)) for test in leak.readers]
    else:
        lines.append(Line(Content.styled("No test read it.", MUTED)))
    if command:
        lines += [
            Line(Content("")),
            Line(Content.assemble(("Run author and victim", "bold"), ("  y copies", MUTED))),
            Line(Content(f"  {clean(command)}")),
        ]
    return lines


def _doubt(leak: Leak) -> str:
    return "   the number of rows is not certain" if leak.inexact else ""


def _failed(leak: Leak) -> tuple[str, str]:
    return (
        (f", {len(leak.victims)} of them failed", "$text-error") if leak.victims else (", none of them failed", MUTED)
    )


def _reader(test: Test, leak: Leak, run: Run, glyphs: Glyphs) -> Content:
    sign = (f"  {glyphs.outcome(test.outcome)} ", OUTCOME_STYLES[test.outcome])
    place = reading(test, leak)
    at = f"  {where(place, run)}" if place is not None else f"  {clean(test.file)}"
    return Content.assemble(sign, test_name(test.nodeid), (at, MUTED))
