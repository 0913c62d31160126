"""What a test read, what of the process it found changed, what it left open, and all leaks: for the document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_isolation.events import Place

from ...model import HeldResource, Leak, Run, StateResidue, Test
from ...model.queries import charged
from ...text.wording import relative

Json = dict[str, Any]


def reads_of(run: Run, test: Test) -> list[Json]:
    """Tables that a test read, each once."""
    return [
        {
            "database": read.database,
            "table": read.table,
            "how": read.how,
            "who": charged(run, test.worker, read.unit),
            "inexact": read.inexact,
            **_at(run, read.place),
        }
        for read in test.tables_read.values()
    ]


def state_of(run: Run, test: Test) -> Json:
    """The process as it found it, and what it changed."""
    reach = {each.location: each.place for each in test.state_in_reach}
    return {
        "found": [_found(run, entry, reach.get(entry.location)) for entry in test.state_found.values()],
        "changed": [
            {
                "location": entry.location,
                "change": entry.change,
                "detail": entry.detail,
                "who": charged(run, test.worker, entry.unit),
                "among": list(entry.among),
            }
            for entry in test.state_changed
        ],
    }


def _found(run: Run, entry: StateResidue, reach: Place | None) -> Json:
    return {
        "location": entry.location,
        "change": entry.change,
        "detail": entry.detail,
        "by": entry.test.nodeid if entry.test is not None else None,
        "among": list(entry.among),
        "in_reach": _at(run, reach) if reach is not None else None,
    }


def held_open(run: Run, test: Test) -> list[Json]:
    """Connections and sessions that were still out when it had ended."""
    return [_held(run, test, held) for held in test.held_open]


def _held(run: Run, test: Test, held: HeldResource) -> Json:
    return {
        "what": held.what,
        "database": held.database,
        "in_transaction": held.in_transaction,
        "who": charged(run, test.worker, held.unit),
        "closed": held.closed_by is not None,
        "intended": held.intended,
        **_at(run, held.place),
    }


def leaks_of(run: Run, leaks: Sequence[Leak]) -> list[Json]:
    """All of them, in the order of their harm."""
    return [
        {
            "author": leak.author,
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
            **_at(run, leak.place),
        }
        for leak in leaks
    ]


def _at(run: Run, place: Place) -> Json:
    return {"file": relative(place.file, run.rootdir), "line": place.line}
