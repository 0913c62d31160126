"""The model of a run: what the facts add up to. A pure fold, see :class:`Run`."""

from .all_leaks import leaks, leaks_of_rows
from .authors import UNKNOWN, Author, AuthorKind, author_of, full_label
from .connections import (
    BlockedDrop,
    FailedStatement,
    FailedWait,
    HeldResource,
    NoOpDdl,
    ResourceHolder,
    SharedSession,
    open_at_end,
)
from .counts import Counts
from .fixtures import SCOPES, Detached, FixtureDefinition, FixtureLife, FixtureValue
from .leaks import Leak
from .mappings import MappedTwice, Mapping, mapped_twice
from .outcome import Outcome, RunState
from .process_state import Reach, StateResidue
from .rows import (
    AuthorShare,
    ResidueRead,
    ResidueTotal,
    RowsAtStart,
    RowsLeft,
    RowWrite,
    TableBeforeFirstWrite,
    TableRead,
    Verified,
)
from .run import Run, Stamped, Worker
from .schema import SchemaDifference, schema_differences
from .symptoms import came_of
from .tables import Database, Metadata, RepeatedIndex, TableEvent, TableEventKind, in_memory
from .test import Phase, Test

__all__ = [
    "SCOPES",
    "UNKNOWN",
    "Author",
    "AuthorKind",
    "AuthorShare",
    "BlockedDrop",
    "Counts",
    "Database",
    "Detached",
    "FailedStatement",
    "FailedWait",
    "FixtureDefinition",
    "FixtureLife",
    "FixtureValue",
    "HeldResource",
    "Leak",
    "MappedTwice",
    "Mapping",
    "Metadata",
    "NoOpDdl",
    "Outcome",
    "Phase",
    "Reach",
    "RepeatedIndex",
    "ResidueRead",
    "ResidueTotal",
    "ResourceHolder",
    "RowWrite",
    "RowsAtStart",
    "RowsLeft",
    "Run",
    "RunState",
    "SchemaDifference",
    "SharedSession",
    "Stamped",
    "StateResidue",
    "TableBeforeFirstWrite",
    "TableEvent",
    "TableEventKind",
    "TableRead",
    "Test",
    "Verified",
    "Worker",
    "author_of",
    "came_of",
    "full_label",
    "in_memory",
    "leaks",
    "leaks_of_rows",
    "mapped_twice",
    "open_at_end",
    "schema_differences",
]
