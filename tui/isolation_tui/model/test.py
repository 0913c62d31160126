"""A test, its attempts, and the phases of an attempt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from pytest_isolation.events import Place, WarningCaught

from .connections import HeldResource
from .outcome import Outcome
from .process_state import NOTHING_CHANGED, Reach, StateFound, StateResidue
from .rows import ResidueRead, RowsAtStart, RowsLeft, RowWrite, TableBeforeFirstWrite, TableRead, Verified
from .tables import TableEvent, TablesHeld

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
    """The fixture life that raised; 0 if the test itself did, or if it is not known."""


@dataclass(eq=False, slots=True)
class Attempt:
    """One run of a test: everything that a rerun replaces. ``number`` counts from 1; it is 0 before the test has
    started."""

    number: int = 0
    started: float = 0.0
    start: int = -1
    """How many tests its worker had started before it, reruns included."""
    phases: list[Phase] = field(default_factory=list)
    subtests: list[tuple[str, str]] = field(default_factory=list)
    """(description, outcome) of subtests."""
    lives: list[FixtureLife] = field(default_factory=list, repr=False)
    """Fixture lives that served it, in the order they were seen."""
    life_ids: set[int] = field(default_factory=set, repr=False)
    """The ids of ``lives``."""
    table_events: list[TableEvent] = field(default_factory=list, repr=False)
    """What happened to tables while it ran, by any unit (see ``TableEvent.unit``)."""
    metadata_at_start: TablesHeld = field(default_factory=dict)
    """MetaData label -> table names, before its set-up."""
    metadata_at_end: TablesHeld = field(default_factory=dict)
    database_at_start: TablesHeld = field(default_factory=dict)
    database_at_end: TablesHeld = field(default_factory=dict)

    databases_used: tuple[str, ...] = ()
    """Labels of the databases that statements were sent to, by any unit. Known when it has ended."""
    rows_found: tuple[RowsAtStart, ...] = ()
    """Rows known to be there when it started, in the databases that it used. Known when it has ended."""
    rows_written: list[RowWrite] = field(default_factory=list)
    """What its units wrote, one entry for each unit, table and outcome."""
    rows_left: tuple[RowsLeft, ...] = ()
    """Its own rows, and those of fixtures that served it alone, that remained when it had ended."""
    tables_written: dict[tuple[int, str], None] = field(default_factory=dict, repr=False)
    """(number of the database, table) that it wrote to (an ordered set)."""
    tables_read: dict[tuple[str, str], TableRead] = field(default_factory=dict)
    """(database label, table) -> its first read in the strongest way, by any of its units."""
    residue_met: dict[tuple[str, str], ResidueRead] = field(default_factory=dict)
    """(database label, table) -> rows of others that it read there, although they were not meant to be there."""
    tables_before: dict[tuple[str, str], TableBeforeFirstWrite] = field(default_factory=dict, repr=False)
    """(database label, table) -> the state of a table before it wrote to it first."""
    verified: list[Verified] = field(default_factory=list, repr=False)
    """What a real count at its end found in the tables that it wrote to, where that was asked for."""
    held_open: list[HeldResource] = field(default_factory=list)
    """Connections and sessions that were taken during it and not given back when it had ended."""
    state_found: StateFound = field(default=NOTHING_CHANGED, repr=False)
    """Changed state of the process when it started, without what a living wide fixture changed. Tests that started
    with the same share it."""
    state_changed: list[StateResidue] = field(default_factory=list)
    """What was seen to change while it ran, by any unit; ``restored`` included."""
    state_in_reach: tuple[Reach, ...] = ()
    """Changed state that its code may read. Only some of the tests that passed are examined."""

    def add_life(self, life: FixtureLife) -> None:
        """Record that the fixture life serves it."""
        if life.id not in self.life_ids:
            self.life_ids.add(life.id)
            self.lives.append(life)


@dataclass(eq=False, slots=True)
class Test:
    """One node id. ``index`` is its place in collection order, ``position`` its place in the order in which its worker
    ran tests (-1: not yet). ``started`` is the start of its first attempt, ``ended`` the end of its latest one."""

    __test__: ClassVar[bool] = False  # pytest must not collect it

    nodeid: str
    index: int
    file: str
    line: int = 0
    outcome: Outcome = Outcome.WAITING
    worker: str = ""
    position: int = -1
    started: float = 0.0
    ended: float = 0.0
    latest: Attempt = field(default_factory=Attempt)
    """A rerun replaces it."""
    warnings: list[WarningCaught] = field(default_factory=list)
    counted: bool = False
    """Whether ``Run.done`` counts it."""

    @property
    def name(self) -> str:
        """Without the file: ``TestUsers::test_create[admin]``."""
        return self.nodeid.partition("::")[2] or self.nodeid

    @property
    def duration(self) -> float:
        """Seconds of all phases of the latest attempt, as pytest's --durations counts them."""
        return sum(phase.duration for phase in self.latest.phases)

    @property
    def failure(self) -> Phase | None:
        """The first phase that failed, None if none did."""
        for phase in self.latest.phases:
            if phase.outcome == "failed":
                return phase
        return None

    @property
    def dirty_start(self) -> bool:
        """Whether leftover rows of others were there when it started, in a database that it used."""
        return any(found.dirty for found in self.latest.rows_found)

    # -- of the latest attempt, see Attempt ----------------------------------------------------------------------

    @property
    def attempt(self) -> int:
        return self.latest.number

    @property
    def phases(self) -> list[Phase]:
        return self.latest.phases

    @property
    def subtests(self) -> list[tuple[str, str]]:
        return self.latest.subtests

    @property
    def lives(self) -> list[FixtureLife]:
        return self.latest.lives

    @property
    def table_events(self) -> list[TableEvent]:
        return self.latest.table_events

    @property
    def metadata_at_start(self) -> dict[str, frozenset[str]]:
        return _contents(self.latest.metadata_at_start)

    @property
    def metadata_at_end(self) -> dict[str, frozenset[str]]:
        return _contents(self.latest.metadata_at_end)

    @property
    def database_at_start(self) -> dict[str, frozenset[str]]:
        return _contents(self.latest.database_at_start)

    @property
    def database_at_end(self) -> dict[str, frozenset[str]]:
        return _contents(self.latest.database_at_end)

    @property
    def databases_used(self) -> tuple[str, ...]:
        return self.latest.databases_used

    @property
    def rows_found(self) -> tuple[RowsAtStart, ...]:
        return self.latest.rows_found

    @property
    def rows_written(self) -> list[RowWrite]:
        return self.latest.rows_written

    @property
    def rows_left(self) -> tuple[RowsLeft, ...]:
        return self.latest.rows_left

    @property
    def tables_written(self) -> dict[tuple[int, str], None]:
        return self.latest.tables_written

    @property
    def tables_read(self) -> dict[tuple[str, str], TableRead]:
        return self.latest.tables_read

    @property
    def residue_met(self) -> dict[tuple[str, str], ResidueRead]:
        return self.latest.residue_met

    @property
    def tables_before(self) -> dict[tuple[str, str], TableBeforeFirstWrite]:
        return self.latest.tables_before

    @property
    def verified(self) -> list[Verified]:
        return self.latest.verified

    @property
    def held_open(self) -> list[HeldResource]:
        return self.latest.held_open

    @property
    def state_found(self) -> dict[str, StateResidue]:
        """Location -> the change. Do not change it: tests share it."""
        return self.latest.state_found.contents

    @property
    def state_changed(self) -> list[StateResidue]:
        return self.latest.state_changed

    @property
    def state_in_reach(self) -> tuple[Reach, ...]:
        return self.latest.state_in_reach


def _contents(held: TablesHeld) -> dict[str, frozenset[str]]:
    return {label: tables.contents for label, tables in held.items()}
