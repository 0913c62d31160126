"""From a run as observed to a question: who may have made a test end as it did, the most suspected first.

A suspicion is a guess, and is called one: the weights below only decide which trial is made first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import TypeGuard

from ..diagnose import Finding
from ..diagnose.table_missing import missing_table
from ..model import Author, AuthorShare, Leak, ResidueRead, Run, StateResidue, Test, came_of, leaks
from ..model import Outcome as RunOutcome
from ..model.tables import TableEvent, TableEventKind
from .left_during import LeftDuring
from .question import Candidate, EarlierTest, Question, file_of
from .signature import signature
from .trial import Location, Outcome

MOST_CANDIDATES = 40


class Weight(IntEnum):
    """How much speaks for a suspicion. What was seen to be read counts more than what is within reach, and that more
    than what merely was there."""

    CHARGED = 95
    """A conclusion about this failure charges it."""
    ROWS_THAT_FIT = 90
    """Left rows that the victim read, and its failure is one that others' rows bring about."""
    TABLE_CONCERNED = 85
    """Defined the table that the victim was refused to define, or took away the one that it misses."""
    STATE_IN_REACH = 80
    """Changed state that the victim's code mentions."""
    ROWS_READ = 70
    TABLE_READ = 60
    """Created or dropped a table that the victim reads, or misses."""
    SESSION_SHARED = 55
    ROWS_CHANGED = 50
    """Updated or deleted rows of a table that the victim reads."""
    HELD = 40
    """Holds a connection or transaction in a database that the victim uses."""
    ROWS_INSERTED = 30
    """Inserted into a table that the victim writes to: ids go on counting."""
    ROWS_MEANT = 25
    """Rows of a wide fixture that is alive: they are meant to be there."""
    IMPORTED = 20
    """A test file that defines a table of the victim's when it is imported."""
    ROWS_THERE = 15
    STATE_THERE = 10
    TABLE_MEANT = 5
    """Made a table that is there, or that a wide fixture made which is alive; the victim failed otherwise."""


FITTING = Weight.STATE_IN_REACH - 1
"""From here on the victim's failure, or its code, points to the location."""


_KINDS = {"env": "environment", "cache": "memoised", "config": "app_config"}
"""Kinds of process state that have another name among locations."""

_MADE = (TableEventKind.CREATED, TableEventKind.REGISTERED)
_IN_METADATA = frozenset(
    (
        TableEventKind.REGISTERED,
        TableEventKind.REFUSED,
        TableEventKind.CLEARED,
        TableEventKind.REMOVED,
        TableEventKind.DISPOSED,
    )
)


class Questions:
    """Makes questions about the tests of a finished run. ``findings`` are the conclusions drawn from it, if any."""

    def __init__(self, run: Run, findings: Iterable[Finding] = ()) -> None:
        self._run = run
        self._left = LeftDuring(run)
        self._files = tuple(dict.fromkeys(file_of(nodeid) for nodeid in run.tests))
        self._findings: dict[str, list[Finding]] = {}
        for finding in findings:
            if not finding.harmless:
                for nodeid in finding.tests:
                    self._findings.setdefault(nodeid, []).append(finding)
        self._sessions: dict[str, list[str]] = {}
        for shared in run.shared_sessions:
            self._sessions.setdefault(shared.unit.nodeid, []).append(shared.first)
        self._tables_read: dict[str, list[Leak]] = {}
        for leak in leaks(run):
            if leak.what in ("table", "metadata"):
                for reader in leak.readers:
                    self._tables_read.setdefault(reader.nodeid, []).append(leak)

    def about(self, nodeid: str) -> Question | None:
        """The question about one test; None if it did not run to its end."""
        test = self._run.tests.get(nodeid)
        if test is None or test.position < 0 or test.outcome in (RunOutcome.RUNNING, RunOutcome.UNKNOWN):
            return None
        earlier = self._run.workers[test.worker].order[: test.position]
        return Question(
            victim=nodeid,
            earlier=tuple(EarlierTest(each.nodeid, not each.outcome.bad) for each in earlier),
            signature=observed_signature(test),
            candidates=self._candidates(test),
            files=self._files,
        )

    def suspects(self, nodeid: str) -> tuple[Candidate, ...]:
        """The candidates for one test that ran; none if it is not known."""
        test = self._run.tests.get(nodeid)
        return self._candidates(test) if test is not None else ()

    def _candidates(self, test: Test) -> tuple[Candidate, ...]:
        """Each pair of tests and location once, with its best reason; among equals the latest test first."""
        best: dict[tuple[tuple[str, ...], Location | None, str], Candidate] = {}
        for candidate in self._suspected(test):
            key = (candidate.tests, candidate.location, candidate.file)
            if key not in best or best[key].weight < candidate.weight:
                best[key] = candidate
        ranked = sorted(best.values(), key=lambda candidate: -candidate.weight)
        return tuple(ranked[:MOST_CANDIDATES])

    def _suspected(self, test: Test) -> Iterator[Candidate]:
        yield from self._charged(test)
        yield from self._rows(test)
        yield from self._rows_changed(test)
        yield from self._state(test)
        yield from self._tables(test)
        yield from self._connections(test)

    # -- one small method a kind of evidence ---------------------------------------------------------------------

    def _charged(self, test: Test) -> Iterator[Candidate]:
        """The culprit. Where that is a fixture, the tests that the evidence names and that are no victims: the latest
        did it, the first of them may merely have had it set up."""
        for finding in self._findings.get(test.nodeid, ()):
            named = [each.nodeid for each in finding.evidence if each.nodeid not in finding.tests]
            if finding.culprit in self._run.tests:
                named = [finding.culprit]
            charged = {each.position: each for each in map(self._run.tests.get, named) if _before(each, test)}
            for step, position in enumerate(sorted(charged, reverse=True)):
                yield self._candidate(charged[position], None, finding.title, Weight.CHARGED - step / 10)

    def _rows(self, test: Test) -> Iterator[Candidate]:
        for met in test.residue_met.values():
            weight = Weight.ROWS_THAT_FIT if came_of(test, met) else Weight.ROWS_READ
            for age, share in enumerate(self._oldest_first(test, met)):
                yield from self._rows_of(test, share.author, met, weight - age / 10)
        for found in test.rows_found:
            read = (found.database, found.table) in test.tables_read
            for share in found.shares:
                weight = Weight.ROWS_MEANT if share.intended else Weight.ROWS_READ if read else Weight.ROWS_THERE
                left = self._left.by(share.author, f"{found.database}.{found.table}", test)
                if left is not None:
                    location = self._rows_location(share.author, found.database, found.table)
                    yield self._candidate(left, location, f"left rows in {found.table}", weight - 1)

    def _oldest_first(self, test: Test, met: ResidueRead) -> list[AuthorShare]:
        """But a fixture that was refused a row has most likely met one of its own."""
        life = self._run.life_of_unit(test.worker, met.read.unit) if met.read.how == "clash" else None
        return sorted(met.shares, key=lambda share: life is None or share.author != life.author)

    def _rows_of(self, test: Test, author: Author, met: ResidueRead, weight: float) -> Iterator[Candidate]:
        database, table = met.read.database, met.read.table
        left = self._left.by(author, f"{database}.{table}", test)
        if left is not None:
            reason = f"left rows in {table}, which the test read"
            yield self._candidate(left, self._rows_location(author, database, table), reason, weight)

    def _rows_location(self, author: Author, database: str, table: str) -> Location:
        total = self._run.residue.get((author, database, table))
        return Location("rows", table, database, total.keys if total is not None else ())

    def _rows_changed(self, test: Test) -> Iterator[Candidate]:
        for database, table in test.tables_read:
            for changing in self._left.changed(database, table, test):
                location = Location("rows", table, database)
                reason = f"changed or deleted rows of {table}, which the test read"
                yield self._candidate(changing, location, reason, Weight.ROWS_CHANGED)
        for database, table in test.tables_before:
            for inserting in self._left.inserted(database, table, test):
                reason = f"inserted into {table}, as the test does"
                yield self._candidate(inserting, Location("rows", table, database), reason, Weight.ROWS_INSERTED)

    def _state(self, test: Test) -> Iterator[Candidate]:
        in_reach = {reach.location for reach in test.state_in_reach}
        for entry in test.state_found.values():
            reached = entry.location in in_reach
            weight = Weight.STATE_IN_REACH if reached else Weight.STATE_THERE
            reason = f"changed {entry.what} {entry.name}" + (", which is in the test's reach" if reached else "")
            for step, each in enumerate((entry, *reversed(entry.earlier))):
                for author in self._authors(each):
                    if _before(author, test):
                        yield self._candidate(author, state_location(entry), reason, weight - step / 10)

    def _authors(self, entry: StateResidue) -> list[Test]:
        if entry.among:
            return [self._run.tests[nodeid] for nodeid in entry.among if nodeid in self._run.tests]
        return [entry.test] if entry.test is not None else []

    def _tables(self, test: Test) -> Iterator[Candidate]:
        for leak in self._tables_read.get(test.nodeid, ()):
            author = self._run.tests.get(leak.author.nodeid)
            if _before(author, test):
                holder = leak.location.removesuffix(f".{leak.table}")
                location = Location(leak.what, leak.table, holder)
                yield self._candidate(author, location, f"left {leak.thing}", Weight.TABLE_READ + 1)
        refused = {event.table for event in test.table_events if event.kind is TableEventKind.REFUSED}
        missing = missing_table(test)
        named = [*sorted(refused), *([missing] if missing else ())]
        concerned = dict.fromkeys([*named, *(table for _, table in test.tables_read)])
        for table in concerned:
            for event in self._last_events(test, table):
                gone = table == missing and event.kind not in _MADE
                certain = gone or (table in refused and event.kind in _IN_METADATA)
                harmless = event.kind in _MADE and test.failure is not None
                weight = Weight.TABLE_MEANT if harmless else Weight.TABLE_READ
                yield from self._table(test, event, Weight.TABLE_CONCERNED if certain else weight)

    def _last_events(self, test: Test, table: str) -> Iterator[TableEvent]:
        """What happened to the table last, in each MetaData and database, before the test started."""
        history = self._run.table_history
        for holder in history.holders(test.worker, table):
            event = history.last(tuple(TableEventKind), test.worker, table, holder, until=test.started)
            if event is not None:
                yield event

    def _table(self, test: Test, event: TableEvent, weight: float) -> Iterator[Candidate]:
        in_metadata = event.kind in _IN_METADATA
        location = Location("metadata" if in_metadata else "table", event.table, event.holder)
        reason = f"{event.kind.value} table {event.table}"
        author = self._run.tests.get(event.unit.nodeid)
        if _before(author, test):
            life = self._run.life_of_unit(event.worker, event.unit)
            wide = life is not None and life.definition.scope != "function" and event.unit.step != "teardown"
            meant = wide and life is not None and (life.torn_down is None or life.torn_down > test.started)
            yield self._candidate(author, location, reason, Weight.TABLE_MEANT if meant else weight)
        elif not event.unit.nodeid:
            file = self._test_file(event.place.file)
            if file and file != file_of(test.nodeid):
                yield Candidate((), location, f"{reason} when it was imported", Weight.IMPORTED, file)

    def _test_file(self, path: str) -> str:
        """The test file at that path; '' if it is none."""
        relative = path.removeprefix(f"{self._run.rootdir}/")
        return relative if relative in self._files else ""

    def _connections(self, test: Test) -> Iterator[Candidate]:
        for database in test.databases_used:
            for holding, held in self._left.holding(database, test):
                if held.closed_by is None or held.closed_by.phase != "between":
                    what = "transaction" if held.in_transaction else held.what
                    yield self._candidate(holding, None, f"left a {what} open", Weight.HELD)
        for nodeid in self._sessions.get(test.nodeid, ()):
            first = self._run.tests.get(nodeid)
            if _before(first, test):
                yield self._candidate(first, None, "used the same session", Weight.SESSION_SHARED)

    def _candidate(self, author: Test, location: Location | None, reason: str, weight: float) -> Candidate:
        """The later test is a little more suspected."""
        recency = author.position / (len(self._run.order) + 1) / 100
        return Candidate((author.nodeid,), location, reason, weight + recency, fits=weight > FITTING)


def observed_signature(test: Test) -> str:
    """The signature of its failure, '' if it did not fail."""
    failure = test.failure
    if failure is None:
        return Outcome.CRASHED.value if test.outcome is RunOutcome.CRASHED else ""
    return signature(failure.exception, failure.message, failure.when)


def state_location(entry: StateResidue) -> Location:
    """The changed state as a location that a trial can undo."""
    return Location(_KINDS.get(entry.what, entry.what), entry.name)


def _before(author: Test | None, test: Test) -> TypeGuard[Test]:
    """Whether it ran on the same worker, and earlier."""
    return author is not None and author.worker == test.worker and 0 <= author.position < test.position
