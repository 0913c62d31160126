"""The card's "Data": rows that a test found, wrote and left."""

from __future__ import annotations

from textual.content import Content

from ...model import Found, Run, Test
from ...model.queries import charged
from ...plain import clean, keep_end, relative
from ..glyphs import Glyphs

MUTED = "$text-muted"
MOST_LINES = 8
"""Of each of found, wrote and left; the JSON document has all of them."""


def rows_lines(run: Run, test: Test, glyphs: Glyphs, width: int, reads_known: bool = False) -> list[Content]:
    """Empty where it had nothing to do with rows that are known of. Whether it looked at what it found is said only
    where reading was watched (``reads_known``)."""
    databases = {found.database for found in test.rows_found} | {written.database for written in test.rows_written}
    several = len(databases) > 1
    found = _worst_first(test)
    lines = _limited(
        [
            line
            for each in found
            for line in (
                *_found(each, glyphs, width, several, len(found) < 3, _read(test, each) if reads_known else ""),
                *_read_at(run, test, each, width),
            )
        ]
    )
    lines += _limited(_wrote(run, test, several))
    left = [
        _signed(
            Content.assemble(
                (f"{glyphs.dirty} left   ", "$text-warning"),
                _count(each.rows, each.inexact, _table(each.database, each.table, several)),
                (" open" if each.open else " escaped the rollback" if each.escape else "", "$text-warning"),
            ),
            each.author,
            width,
        )
        for each in test.rows_left
    ]
    return lines + _limited(left)


def _worst_first(test: Test) -> list[Found]:
    return sorted(test.rows_found, key=lambda found: (not found.dirty, found.table))


def _read(test: Test, found: Found) -> str:
    return " read" if (found.database, found.table) in test.tables_read else " not read"


def _read_at(run: Run, test: Test, found: Found, width: int) -> list[Content]:
    """The line that read what others left there."""
    read = test.tables_read.get((found.database, found.table))
    if read is None or not found.dirty or not read.place.file:
        return []
    where = keep_end(f"{clean(relative(read.place.file, run.rootdir))}:{read.place.line}", max(width - 20, 12))
    return [Content.assemble(("         it reads it at ", MUTED), where)]


def _found(found: Found, glyphs: Glyphs, width: int, several: bool, in_full: bool, read: str) -> list[Content]:
    """One line; ``in_full`` one more for each further author."""
    mark = (f"{glyphs.dirty} found  ", "bold $text-warning") if found.dirty else ("  found  ", MUTED)
    shares = [share for share in found.shares if share.intended is not found.dirty] or list(found.shares)
    others = len(found.shares) - len(shares) + found.others if in_full else len(found.shares) - 1 + found.others
    head = Content.assemble(
        mark,
        _count(found.rows, found.inexact, _table(found.database, found.table, several)),
        (" (!)", "bold $text-warning") if found.dirty else (" intended", MUTED),
        (read if found.dirty else "", MUTED if read == " not read" else "$text-warning"),
    )
    lines = []
    for share in shares if in_full else shares[:1]:
        last = share is shares[-1] or not in_full
        lines.append(_signed(head, share.author, width, f" +{others}" if others and last else ""))
        head = Content(" " * head.cell_length)
    return lines


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


def _table(database: str, table: str, several: bool) -> str:
    return clean(f"{table} in {database}" if several else table)


def _count(rows: int, inexact: bool, table: str) -> str:
    return f"{table} {rows}{'?' if inexact else ''}"


def _signed(line: Content, author: str, width: int, more: str = "") -> Content:
    """The author in what room there is; of a node id the end says most."""
    room = max(width - line.cell_length - 5 - len(more), 16)
    return Content.assemble(line, (f"  by {keep_end(clean(author.rpartition('/')[2]), room)}{more}", MUTED))


def _limited(lines: list[Content]) -> list[Content]:
    if len(lines) <= MOST_LINES:
        return lines
    return [*lines[: MOST_LINES - 1], Content.styled(f"  and {len(lines) - MOST_LINES + 1} more", MUTED)]
