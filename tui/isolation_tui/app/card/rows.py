"""The card's rows: those that a test found, wrote and left."""

from __future__ import annotations

from textual.content import Content

from ...model import ResidueRead, RowsAtStart, RowsLeft, Run, Test, author_of, full_label
from ...model.queries import charged
from ...text.measure import keep_end
from ...text.sanitize import clean
from ...text.wording import test_name, where
from ..content import limited
from ..glyphs import Glyphs
from ..theme import MUTED

MOST_LINES = 8
"""Most lines of the rows found, written and left, each; the JSON report has all."""


def rows_lines(run: Run, test: Test, glyphs: Glyphs, width: int, reads_known: bool = False) -> list[Content]:
    """Lines of the rows that the test found, wrote and left. ``reads_known``: reads were observed, so show them too."""
    databases = {found.database for found in test.rows_found} | {written.database for written in test.rows_written}
    several = len(databases) > 1
    found = sorted(test.rows_found, key=lambda each: (not each.dirty, _met(run, test, each) is None, each.table))
    lines: list[Content] = []
    for each in found:
        lines += _found(run, test, each, glyphs, width, several, len(found) < 3, reads_known)
    lines = limited(lines, MOST_LINES, "  ")
    lines += limited(_wrote(run, test, several), MOST_LINES, "  ")
    left = [
        _signed(
            Content.assemble(
                (f"{glyphs.dirty} left   ", "$text-warning"),
                _count(each.rows, each.inexact, _table(each.database, each.table, several)),
                (_keys(run, test, each), MUTED),
                (" open" if each.open else " escaped the rollback" if each.escape else "", "$text-warning"),
            ),
            full_label(run, each.author),
            width,
            glyphs,
        )
        for each in test.rows_left
    ]
    return lines + limited(left, MOST_LINES, "  ")


def _met(run: Run, test: Test, found: RowsAtStart) -> ResidueRead | None:
    """How the test read these leftover rows; None if it was not seen to read them."""
    for share in found.shares:
        tally = run.residue.get((share.author, found.database, found.table))
        if tally is not None and test in tally.readers:
            return tally.readers[test]
    return None


def _read(run: Run, met: ResidueRead | None, width: int, glyphs: Glyphs) -> list[Content]:
    """The line that read the leftover rows."""
    if met is None or not met.read.place.file:
        return []
    place = keep_end(where(met.read.place, run), max(width - 24, 12), glyphs.ellipsis)
    return [Content.assemble(("         read at ", MUTED), place)]


def _found(
    run: Run,
    test: Test,
    found: RowsAtStart,
    glyphs: Glyphs,
    width: int,
    several: bool,
    in_full: bool,
    reads_known: bool,
) -> list[Content]:
    """A line for the rows found, with ``in_full`` one for each further author, and where the test read them."""
    met = _met(run, test, found)
    word = ""
    if found.dirty and reads_known:
        word = " not read" if met is None else " read by rows alike" if met.read.how == "match" else " read"
    mark = (f"{glyphs.dirty} found  ", "bold $text-warning") if found.dirty else ("  found  ", MUTED)
    shares = [share for share in found.shares if share.intended is not found.dirty] or list(found.shares)
    others = len(found.shares) - len(shares) + found.others if in_full else len(found.shares) - 1 + found.others
    head = Content.assemble(
        mark,
        _count(found.rows, found.inexact, _table(found.database, found.table, several)),
        (" (!)", "bold $text-warning") if found.dirty else (" expected", MUTED),
        (word, MUTED if met is None else "$text-warning"),
    )
    lines = []
    for share in shares if in_full else shares[:1]:
        last = share is shares[-1] or not in_full
        lines.append(
            _signed(head, full_label(run, share.author), width, glyphs, f" +{others}" if others and last else "")
        )
        head = Content(" " * head.cell_length)
    return lines + _read(run, met, width, glyphs)


def _wrote(run: Run, test: Test, several: bool) -> list[Content]:
    lines = []
    for each in test.rows_written:
        parts = ((each.inserted, "+"), (each.deleted, "-"), (each.updated, "~"))
        counts = " ".join(f"{sign}{count}" for count, sign in parts if count) or "?"
        lines.append(
            Content.assemble(
                ("  wrote  ", MUTED),
                f"{_table(each.database, each.table, several)} {counts}{'?' if each.inexact and counts != '?' else ''}",
                (f" {each.state}", "$text-warning" if each.state == "open" else MUTED),
                (f"  {clean(charged(run, test.worker, each.unit))}", MUTED),
            )
        )
    return lines


def _keys(run: Run, test: Test, left: RowsLeft) -> str:
    """``[id=3 id=4]``: the keys of the rows, as far as they are known."""
    keys = [
        key
        for written in test.rows_written
        if (written.database, written.table) == (left.database, left.table)
        and left.author == author_of(run, test.worker, written.unit)
        for key in written.keys
    ]
    shown = [*map(clean, keys[:4]), *(["..."] if len(keys) > 4 else [])]
    return f" [{' '.join(shown)}]" if shown and left.rows >= len(keys) else ""


def _table(database: str, table: str, several: bool) -> str:
    return clean(f"{table} in {database}" if several else table)


def _count(rows: int, inexact: bool, table: str) -> str:
    return f"{table} {rows}{'?' if inexact else ''}"


def _signed(line: Content, author: str, width: int, glyphs: Glyphs, more: str = "") -> Content:
    """The line with its author; a long name keeps its end."""
    room = max(width - line.cell_length - 5 - len(more), 16)
    return Content.assemble(line, (f"  by {keep_end(test_name(author), room, glyphs.ellipsis)}{more}", MUTED))
