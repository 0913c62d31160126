"""The document's tests, with all that is known of each, and its fixtures."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_isolation.events import Place

from ...model import FixtureDefinition, HeldResource, Run, StateResidue, Test
from ...model.queries import charged
from .rows import rows_of
from .schema import schema_of
from .values import Json, file_and_line, place_or_null, rounded


def test_entry(run: Run, test: Test, findings: Sequence[int]) -> Json:
    """One test. ``findings`` are the ids of those that it is a victim or the culprit of."""
    failure = test.failure
    shown = failure or next((phase for phase in test.phases if phase.message), None)
    return {
        "nodeid": test.nodeid,
        "outcome": test.outcome.value,
        "duration": rounded(test.duration),
        "file": test.file,
        "line": test.line,
        "worker": test.worker,
        "attempt": test.attempt,
        "message": shown.message if shown else "",
        "exception": shown.exception if shown else "",
        "failed_in": failure.when if failure else None,
        "place": place_or_null(run, failure.place) if failure else None,
        "fixtures": [life.name for life in test.lives if not life.definition.internal],
        "rows": rows_of(run, test),
        "reads": _reads(run, test),
        "state": _state(run, test),
        "held_open": [_held(run, test, held) for held in test.held_open],
        "schema": schema_of(test),
        "findings": list(findings),
    }


def fixture_entry(run: Run, definition: FixtureDefinition) -> Json:
    """One definition of a fixture, with what all its lives took together."""
    lives = definition.lives
    return {
        "name": definition.name,
        "scope": definition.scope,
        "baseid": definition.baseid,
        **file_and_line(run, definition.place),
        "internal": definition.internal,
        "lives": len(lives),
        "tests": len({test.nodeid for life in lives for test in life.users}),
        "shared": max((len(life.users) for life in lives), default=0),
        "setup_seconds": rounded(sum(life.setup_duration for life in lives)),
        "teardown_seconds": rounded(sum(life.teardown_duration or 0.0 for life in lives)),
        "failed_setups": sum(life.failed for life in lives),
    }


def _reads(run: Run, test: Test) -> list[Json]:
    """The tables that a test read, each once."""
    return [
        {
            "database": read.database,
            "table": read.table,
            "how": read.how,
            "who": charged(run, test.worker, read.unit),
            "inexact": read.inexact,
            **file_and_line(run, read.place),
        }
        for read in test.tables_read.values()
    ]


def _state(run: Run, test: Test) -> Json:
    """The state of the process that a test found changed, and the state that it changed."""
    reach = {each.location: each.place for each in test.state_in_reach}
    return {
        "found": [_state_found(run, entry, reach.get(entry.location)) for entry in test.state_found.values()],
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


def _state_found(run: Run, entry: StateResidue, reach: Place | None) -> Json:
    return {
        "location": entry.location,
        "change": entry.change,
        "detail": entry.detail,
        "by": entry.test.nodeid if entry.test is not None else None,
        "among": list(entry.among),
        "in_reach": file_and_line(run, reach) if reach is not None else None,
    }


def _held(run: Run, test: Test, held: HeldResource) -> Json:
    return {
        "what": held.what,
        "database": held.database,
        "in_transaction": held.in_transaction,
        "who": charged(run, test.worker, held.unit),
        "closed": held.closed_by is not None,
        "intended": held.intended,
        **file_and_line(run, held.place),
    }
