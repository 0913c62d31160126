"""The model of a run: what the facts add up to. A pure fold, see :class:`Run`."""

from .counts import Counts
from .fixtures import SCOPES, FixtureDefinition, FixtureLife
from .outcome import Outcome
from .rows import Found, Left, Share, Tally, Written
from .run import Run, RunState, Stamped, Worker
from .tables import Database, Metadata, TableEvent, TableEventKind
from .tests import Phase, Test

__all__ = [
    "SCOPES",
    "Counts",
    "Database",
    "FixtureDefinition",
    "FixtureLife",
    "Found",
    "Left",
    "Metadata",
    "Outcome",
    "Phase",
    "Run",
    "RunState",
    "Share",
    "Stamped",
    "TableEvent",
    "TableEventKind",
    "Tally",
    "Test",
    "Worker",
    "Written",
]
