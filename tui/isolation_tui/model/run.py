"""The run: one pytest invocation, folded from its facts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pytest_isolation import events as ev

from .authors import Author
from .connections import BlockedDrop, FailedStatement, FailedWait, HeldResource, NoOpDdl, SharedSession
from .counts import Counts
from .fixtures import FixtureDefinition, FixtureLife
from .folds import FOLDS
from .folds.threads import LeftThread
from .ledger import StandingRows, TableRows
from .mappings import MappedClasses
from .outcome import RunState
from .process_state import StateResidue, nothing_changed
from .rows import ResidueTotal
from .table_history import TableHistory
from .tables import Database, Labels, Metadata, RepeatedIndex, TableEvent
from .test import Test
from .versions import Versioned


class Stamped(NamedTuple):
    """A fact with the worker that sent it, and its moment (seconds since the epoch)."""

    worker: str
    at: float
    fact: Any


@dataclass(eq=False)
class Worker:
    """One process that sends facts: ``main``, or pytest-xdist's ``gw0``... ``current`` is the test that it runs now."""

    name: str
    hello: ev.Hello | None = None
    current: Test | None = None
    order: list[Test] = field(default_factory=list)
    """Tests in the order it started them; a test that runs again is in it once."""
    lives: dict[int, FixtureLife] = field(default_factory=dict)
    definitions: dict[int, FixtureDefinition] = field(default_factory=dict)
    metadata: dict[int, Metadata] = field(default_factory=dict)
    databases: dict[int, Database] = field(default_factory=dict)
    metadata_labels: Labels = field(default_factory=Labels)
    database_labels: Labels = field(default_factory=Labels)
    mapped: MappedClasses = field(default_factory=MappedClasses)
    rows: dict[int, dict[str, TableRows]] = field(default_factory=dict)
    """Number of a database -> its tables to which rows were written."""
    tables_of_life: dict[int, dict[TableRows, None]] = field(default_factory=dict)
    """Number of a fixture life that is set up -> tables in which it left rows (an ordered set)."""
    nameless: dict[int, list[tuple[TableRows, StandingRows]]] = field(default_factory=dict)
    """Number of a fixture life that is being set up -> rows that it left so far."""
    state: dict[str, StateResidue] = field(default_factory=dict)
    """Location -> its change that was not restored."""
    state_met: Versioned[str, StateResidue, dict[str, StateResidue]] = field(default_factory=nothing_changed)
    """The part of ``state`` that a test finds if it starts now."""
    state_of_life: dict[int, dict[str, None]] = field(default_factory=dict)
    """Number of a wide fixture life that is set up -> locations that it changed (an ordered set)."""
    leftover_state: list[StateResidue] = field(default_factory=list)
    """All changes that tests found, or would have found, in the order in which they were left."""
    state_changes: int = 0
    """How often a location was changed that was not changed before."""
    held: dict[int, HeldResource] = field(default_factory=dict)
    """Connections and sessions that were not given back."""
    starts: int = 0
    """How many tests it has started, reruns included."""
    libraries: dict[str, str] = field(default_factory=dict)
    dropped: int = 0
    deselected: int = 0
    finished: bool = False
    connected: bool = True
    disconnected_at: float = 0.0


class Run:
    """Everything known of a run. Only :meth:`apply` and :meth:`finish` change it.

    ``tests`` is in collection order (tests that were not collected are appended as they start). ``order`` is the order
    in which tests started, over all workers. ``revision`` grows with every fact, so that a view knows whether it is out
    of date.
    """

    def __init__(self) -> None:
        self.revision = 0
        self.state = RunState.STARTING
        self.started_at = 0.0
        self.last_at = 0.0
        """Time of the newest fact: the clock of a replayed run."""
        self.ended_at: float | None = None
        self.command: tuple[str, ...] = ()
        self.cwd = ""
        self.python = ""
        self.project = ""
        self.fix = False
        self.rootdir = ""
        self.config_file = ""
        self.worker_count = 0
        self.workers: dict[str, Worker] = {}
        self.tests: dict[str, Test] = {}
        self.order: list[Test] = []
        self.counts = Counts()
        self.total = 0
        """Tests that were selected to run; grows during collection."""
        self.done = 0
        """How many tests have ended."""
        self.definitions: dict[tuple[str, str, str, int], FixtureDefinition] = {}
        self.table_history = TableHistory()
        self.repeated_indexes: list[RepeatedIndex] = []
        self.failed_statements: list[FailedStatement] = []
        self.models: dict[tuple[str, str], str] = {}
        """(MetaData label, table) -> the model class mapped to it last."""
        self.database_workers: dict[str, set[str]] = {}
        """Label of a database that is no in-memory one -> the workers that use it."""
        self.residue: dict[tuple[Author, str, str], ResidueTotal] = {}
        """(author, database label, table) -> what was left there over the run."""
        self.dirty_starts: dict[Test, None] = {}
        """Tests that started with leftover rows of others, in the order in which that became known (an ordered set)."""
        self.no_effects: list[NoOpDdl] = []
        self.awaited_drops: list[BlockedDrop] = []
        self.waited_in_vain: list[FailedWait] = []
        self.shared_sessions: list[SharedSession] = []
        self.threads_left: list[LeftThread] = []
        self.collection_errors: list[ev.CollectionFailed] = []
        self.files_failed: set[str] = set()
        """Node ids of :attr:`collection_errors`: each worker of pytest-xdist reports the same."""
        self.warnings: list[ev.WarningCaught] = []
        self.internal_errors: list[ev.InternalError] = []
        self.interrupted = ""
        self.limits: list[str] = []
        """What cannot be observed in this environment, in words."""
        self.disabled_probes: list[ev.ProbeDisabled] = []
        self.output: list[str] = []
        self.exit_status: int | None = None
        """The status of the process, or pytest's until the process has ended."""
        self.stopped = False
        self.crashed = False
        """The process ended before pytest did."""

    # -- the fold ------------------------------------------------------------------------------------------------

    def apply(self, stamped: Stamped) -> None:
        """Record one fact. Facts of kinds that this version does not know change nothing."""
        self.revision += 1
        worker, at, fact = stamped
        self.last_at = max(self.last_at, at)
        if not self.started_at:
            self.started_at = at
        fold = FOLDS.get(type(fact))
        if fold is not None:
            fold(self, self.worker(worker), at, fact)

    def finish(self, at: float) -> None:
        """Record that the process has ended: no more facts will come."""
        self.state = RunState.FINISHED
        if self.ended_at is None:
            self.ended_at = at

    def worker(self, name: str) -> Worker:
        """The worker of that name; a new one if it has not sent anything before."""
        known = self.workers.get(name)
        if known is None:
            known = self.workers[name] = Worker(name)
        return known

    def test(self, nodeid: str) -> Test:
        """The test of that node id; a test that was not collected is appended."""
        known = self.tests.get(nodeid)
        if known is None:
            known = Test(nodeid, index=len(self.tests), file=nodeid.partition("::")[0])
            self.tests[nodeid] = known
        return known

    # -- questions -----------------------------------------------------------------------------------------------

    @property
    def table_events(self) -> list[TableEvent]:
        """All table events in the order they arrived."""
        return self.table_history.events

    @property
    def finished(self) -> bool:
        return self.state is RunState.FINISHED

    @property
    def dropped(self) -> int:
        """Facts lost because the reader was too slow."""
        return sum(worker.dropped for worker in self.workers.values())

    @property
    def running(self) -> list[Test]:
        return [worker.current for worker in self.workers.values() if worker.current is not None]

    @property
    def lives(self) -> list[FixtureLife]:
        return [life for definition in self.definitions.values() for life in definition.lives]

    @property
    def elapsed(self) -> float:
        """Seconds from the first fact to the end, or to the newest fact."""
        return (self.ended_at or self.last_at) - self.started_at

    def life(self, worker: str, life: int) -> FixtureLife | None:
        return self.workers[worker].lives.get(life) if worker in self.workers else None

    def life_of_unit(self, worker: str, unit: ev.Unit) -> FixtureLife | None:
        """The fixture life that is charged; None if a test's own phase is, or an import."""
        return self.life(worker, unit.life) if unit.life else None
