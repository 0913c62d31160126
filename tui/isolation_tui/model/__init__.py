"""The model of a run: what the facts add up to. A pure fold, see :class:`Run`."""

from .connections import AwaitedDrop, Held, Holder, InVain, NoEffect, SharedSession, open_at_end
from .counts import Counts
from .fixtures import SCOPES, Detached, FixtureDefinition, FixtureLife, Given
from .leak import Leak
from .leaks import leaks, leaks_of_rows
from .mappings import MappedTwice, Mapping, mapped_twice
from .outcome import Outcome
from .process_state import Reach, StateResidue
from .rows import Before, Found, Left, Met, Read, Share, Tally, Verified, Written
from .run import Run, RunState, Stamped, Worker
from .schema import SchemaDifference, in_memory, schema_differences
from .statements import FailedStatement
from .symptoms import came_of
from .tables import Database, Metadata, RepeatedIndex, TableEvent, TableEventKind
from .test import Phase, Test

__all__ = [
    "SCOPES",
    "AwaitedDrop",
    "Before",
    "Counts",
    "Database",
    "Detached",
    "FailedStatement",
    "FixtureDefinition",
    "FixtureLife",
    "Found",
    "Given",
    "Held",
    "Holder",
    "InVain",
    "Leak",
    "Left",
    "MappedTwice",
    "Mapping",
    "Met",
    "Metadata",
    "NoEffect",
    "Outcome",
    "Phase",
    "Reach",
    "Read",
    "RepeatedIndex",
    "Run",
    "RunState",
    "SchemaDifference",
    "Share",
    "SharedSession",
    "Stamped",
    "StateResidue",
    "TableEvent",
    "TableEventKind",
    "Tally",
    "Test",
    "Verified",
    "Worker",
    "Written",
    "came_of",
    "in_memory",
    "leaks",
    "leaks_of_rows",
    "mapped_twice",
    "open_at_end",
    "schema_differences",
]
