"""What a run left in its databases, for the document and for the summary."""

from __future__ import annotations

from typing import Any

from pytest_isolation.events import Place

from ...model import ResidueTotal, RowsAtStart, RowsLeft, RowWrite, Run, Test
from ...model.queries import charged
from ...text.wording import relative

Json = dict[str, Any]


def rows_of(run: Run, test: Test) -> Json:
    """What a test found in tables, wrote there and left."""
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
            {"author": share.author, "rows": share.rows, "intended": share.intended, **_at(run, share.place)}
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
        **_at(run, written.place),
    }


def _left(run: Run, left: RowsLeft) -> Json:
    return {
        "database": left.database,
        "table": left.table,
        "rows": left.rows,
        "author": left.author,
        "inexact": left.inexact,
        "open": left.open,
        "escape": left.escape,
        **_at(run, left.place),
    }


def residue(run: Run) -> list[Json]:
    """By author and table, what met most tests first."""
    return [
        {
            "author": tally.author,
            "database": tally.database,
            "table": tally.table,
            "rows": tally.rows,
            "dirty_starts": tally.met,
            "inexact": tally.inexact,
            **_at(run, tally.place),
        }
        for tally in by_harm(run)
    ]


def by_harm(run: Run) -> list[ResidueTotal]:
    """Residue that most tests started with comes first."""
    return sorted(run.residue.values(), key=lambda tally: (-tally.met, -tally.rows, tally.author, tally.table))


def _at(run: Run, place: Place) -> Json:
    return {"file": relative(place.file, run.rootdir), "line": place.line}
