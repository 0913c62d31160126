"""The rows that a test found, wrote and left, for its entry in the document."""

from __future__ import annotations

from ...model import RowsAtStart, RowsLeft, RowWrite, Run, Test
from ...model.queries import charged
from .values import Json, file_and_line


def rows_of(run: Run, test: Test) -> Json:
    """The rows that a test found in tables, wrote there and left."""
    return {
        "found": [_found(run, found) for found in test.rows_found],
        "wrote": [_written(run, test, written) for written in test.rows_written],
        "left": [_left(run, left) for left in test.rows_left],
    }


def _found(run: Run, found: RowsAtStart) -> Json:
    return {
        "database": found.database,
        "table": found.table,
        "rows": found.rows,
        "intended": found.intended,
        "inexact": found.inexact,
        "authors": [
            {
                "author": share.author.label,
                "rows": share.rows,
                "intended": share.intended,
                **file_and_line(run, share.place),
            }
            for share in found.shares
        ],
        "other_authors": found.others,
    }


def _written(run: Run, test: Test, written: RowWrite) -> Json:
    return {
        "database": written.database,
        "table": written.table,
        "inserted": written.inserted,
        "updated": written.updated,
        "deleted": written.deleted,
        "state": written.state,
        "who": charged(run, test.worker, written.unit),
        "inexact": written.inexact,
        "escape": written.escape,
        "way": written.way,
        "keys": list(written.keys),
        **file_and_line(run, written.place),
    }


def _left(run: Run, left: RowsLeft) -> Json:
    return {
        "database": left.database,
        "table": left.table,
        "rows": left.rows,
        "author": left.author.label,
        "inexact": left.inexact,
        "open": left.open,
        "escape": left.escape,
        **file_and_line(run, left.place),
    }
