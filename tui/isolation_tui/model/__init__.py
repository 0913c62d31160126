"""The model of a run: what the facts add up to. A pure fold, see :class:`Run`."""

from .counts import Counts
from .fixtures import SCOPES, FixtureDefinition, FixtureLife
from .holders import AwaitedDrop, Held, Holder, InVain, NoEffect, SharedSession, open_at_end
from .leaks import Leak, leaks
from .outcome import Outcome
from .process import Reach, StateResidue
from .rows import Found, Left, Read, Share, Tally, Written
from .run import Run, RunState, Stamped, Worker
from .tables import Database, Metadata, TableEvent, TableEventKind
from .tests import Phase, Test

__all__ = [
    "SCOPES",
    "AwaitedDrop",
    "Counts",
    "Database",
    "FixtureDefinition",
    "FixtureLife",
    "Found",
    "Held",
    "Holder",
    "InVain",
    "Leak",
    "Left",
    "Metadata",
    "NoEffect",
    "Outcome",
    "Phase",
    "Reach",
    "Read",
    "Run",
    "RunState",
    "Share",
    "SharedSession",
    "Stamped",
    "StateResidue",
    "TableEvent",
    "TableEventKind",
    "Tally",
    "Test",
    "Worker",
    "Written",
    "leaks",
    "open_at_end",
]
