"""The document's leaks, and its leftover rows by author and table."""

from __future__ import annotations

from collections.abc import Sequence

from ...model import Leak, Run
from .values import Json, file_and_line


def leak_entries(run: Run, leaks: Sequence[Leak]) -> list[Json]:
    """All leaks, most harm first."""
    return [
        {
            "author": leak.author.label,
            "what": leak.what,
            "location": leak.location,
            "amount": leak.amount,
            "keys": list(leak.keys),
            "way": leak.way,
            "met": leak.met,
            "readers": [test.nodeid for test in leak.readers],
            "victims": [test.nodeid for test in leak.victims],
            "maybe": leak.maybe,
            "benign": leak.benign,
            "inexact": leak.inexact,
            **file_and_line(run, leak.place),
        }
        for leak in leaks
    ]


def residue_entries(run: Run) -> list[Json]:
    """Leftover rows by author and table; those that most tests started with come first."""
    totals = sorted(run.residue.values(), key=lambda total: (-total.met, -total.rows, total.author.label, total.table))
    return [
        {
            "author": total.author.label,
            "database": total.database,
            "table": total.table,
            "rows": total.rows,
            "dirty_starts": total.met,
            "inexact": total.inexact,
            **file_and_line(run, total.place),
        }
        for total in totals
    ]
