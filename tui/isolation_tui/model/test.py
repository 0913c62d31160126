"""A test, and the phases it went through."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from pytest_isolation.events import Place, WarningCaught

from .connections import HeldResource
from .outcome import Outcome
from .process_state import Reach, StateResidue
from .rows import ResidueRead, RowsAtStart, RowsLeft, RowWrite, TableBeforeFirstWrite, TableRead, Verified
from .tables import TableEvent

if TYPE_CHECKING:
    from .fixtures import FixtureLife


@dataclass(slots=True)
class Phase:
    """One report of pytest. ``duration`` in seconds; ``ended`` seconds since the epoch."""

    when: str
    outcome: str
    duration: float
    ended: float
    exception: str = ""
    message: str = ""
    place: Place = field(default_factory=Place)
    traceback: str = ""
    xfail: str | None = None
    life: int = 0
    """The fixture life that raised; 0 where it was the test itself, or is not known."""


@dataclass(eq=False, slots=True)
class Test:
    """One node id. ``index`` is its place in collection order, ``position`` in the order its worker ran (-1: not
    yet)."""

    __test__: ClassVar[bool] = False  # pytest must not take it for a test of its own

    nodeid: str
    index: int
    file: str
    line: int = 0
    outcome: Outcome = Outcome.WAITING
    worker: str = ""
    position: int = -1
    attempt: int = 0
    started: float = 0.0
    ended: float = 0.0
    phases: list[Phase] = field(default_factory=list)
    """Of the latest attempt."""
    subtests: list[tuple[str, str]] = field(default_factory=list)
    """(description, outcome) of subtests."""
    lives: list[FixtureLife] = field(default_factory=list, repr=False)
    """Fixture lives it had, in the order they were seen."""
    table_events: list[TableEvent] = field(default_factory=list, repr=False)
    """What happened to tables while it was on the stage, whoever is charged (see ``TableEvent.unit``)."""
    counted: bool = False
    """Whether it stands in ``Run.done``."""
    warnings: list[WarningCaught] = field(default_factory=list)
    metadata_at_start: dict[str, frozenset[str]] = field(default_factory=dict)
    """MetaData label -> table names, before its set-up."""
    metadata_at_end: dict[str, frozenset[str]] = field(default_factory=dict)
    database_at_start: dict[str, frozenset[str]] = field(default_factory=dict)
    database_at_end: dict[str, frozenset[str]] = field(default_factory=dict)

    databases_used: tuple[str, ...] = ()
    """Labels of the databases that statements were sent to, whoever sent them. Known when it has ended."""
    rows_found: tuple[RowsAtStart, ...] = ()
    """Rows known to stand when it started, in the databases that it used. Known when it has ended."""
    rows_written: list[RowWrite] = field(default_factory=list)
    """What its units wrote, one entry for each unit, table and outcome."""
    rows_left: tuple[RowsLeft, ...] = ()
    """Its own rows, and those of fixtures that served it alone, that stood when it had ended."""
    tables_written: list[tuple[int, str]] = field(default_factory=list, repr=False)
    """(number of the database, table) that it wrote to."""
    tables_read: dict[tuple[str, str], TableRead] = field(default_factory=dict)
    """(database label, table) -> its first reading in the strongest way, whoever of its units read."""
    residue_met: dict[tuple[str, str], ResidueRead] = field(default_factory=dict)
    """(database label, table) -> rows of others that it read there, though nobody meant them to be there."""
    tables_before: dict[tuple[str, str], TableBeforeFirstWrite] = field(default_factory=dict, repr=False)
    """(database label, table) -> what had become of a table that it wrote to."""
    verified: list[Verified] = field(default_factory=list, repr=False)
    """What a real count said at its end of the tables that it wrote to, where that was asked for."""
    held_open: list[HeldResource] = field(default_factory=list)
    """Connections and sessions that were taken during it and were out when it had ended."""
    state_found: dict[str, StateResidue] = field(default_factory=dict, repr=False)
    """Location -> what of the process's state differed when it started, and was not meant to by a wide fixture that
    lived. Shared between tests: never to be changed."""
    state_changed: list[StateResidue] = field(default_factory=list)
    """What was seen to change while it was on the stage, whoever is charged; ``restored`` among them."""
    state_in_reach: tuple[Reach, ...] = ()
    """Changed state that its code may read. Of tests that passed only some are looked at."""

    @property
    def dirty_start(self) -> bool:
        """Whether residue of others stood when it began, in a database that it used."""
        return any(found.dirty for found in self.rows_found)

    @property
    def name(self) -> str:
        """Without the file: ``TestUsers::test_create[admin]``."""
        return self.nodeid.partition("::")[2] or self.nodeid

    @property
    def duration(self) -> float:
        """Seconds of all its phases, as pytest's --durations counts them."""
        return sum(phase.duration for phase in self.phases)

    @property
    def failure(self) -> Phase | None:
        """The first phase that failed, None where none did."""
        for phase in self.phases:
            if phase.outcome == "failed":
                return phase
        return None
