"""The judge: folds a process's facts, and says at each test's end what it, or a fixture that ended with it, left."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from pytest_isolation import events as ev

from ..model import FixtureLife, Outcome, Run, Stamped, Test, leaks
from ..model.tables import IMPORTED
from ..settings import KINDS
from .leaks import Ended, left_behind
from .remnants import Key, Remnant, base_of
from .standing import Standing
from .wording import complaint, line_of


@dataclass(slots=True)
class Case:
    """A leak, as often as it was seen. ``state`` is ``failed``, ``accepted`` (it stands in the baseline),
    ``uncertain``, ``late`` (found when there was no test left to fail) or ``seen``."""

    remnant: Remnant
    nodeid: str
    state: str
    again: int = 0


@dataclass(slots=True)
class Judge:
    """One process's. ``kinds`` are judged; ``strict`` fails what is neither ``accepted`` nor uncertain. ``claim`` tells
    whether a leak is this process's to fail: pytest-xdist's workers each meet the same fixture."""

    strict: bool
    kinds: tuple[str, ...] = KINDS
    accepted: frozenset[Key] = frozenset()
    worker: str = "main"
    claim: Callable[[Key], bool] = lambda key: True
    run: Run = field(default_factory=Run)
    cases: dict[Key, Case] = field(default_factory=dict)
    _databases: Standing = field(default_factory=Standing)
    _metadata: Standing = field(default_factory=Standing)
    _metadata_makers: dict[int, ev.Unit] = field(default_factory=dict)
    _reused: set[int] = field(default_factory=set)
    _ended: list[FixtureLife] = field(default_factory=list)
    """Wide fixtures that ended since the last test was judged."""

    # -- the fold ------------------------------------------------------------------------------------------------

    def take(self, facts: Iterable[tuple[float, Any]]) -> None:
        """Fold these facts: (seconds since the epoch, fact)."""
        apply, worker, notes = self.run.apply, self.worker, _NOTES
        for at, fact in facts:
            apply(Stamped(worker, at, fact))
            note = notes.get(type(fact))
            if note is not None:
                note(self, fact)

    def _created(self, fact: ev.TablesCreated) -> None:
        self._databases.made(fact.database, fact.tables, fact.unit, fact.place)

    def _dropped(self, fact: ev.TablesDropped) -> None:
        self._databases.taken(fact.database, fact.tables, fact.unit, fact.place)

    def _registered(self, fact: ev.TableRegistered) -> None:
        makers, number = self._metadata_makers, fact.metadata
        self._metadata.made(number, [fact.table], fact.unit, fact.place)
        by_import = fact.place.function == IMPORTED or not fact.unit.nodeid
        maker = makers.setdefault(number, ev.Unit() if by_import else fact.unit)
        if maker.nodeid != fact.unit.nodeid and (not maker.life or fact.unit.life != maker.life):
            makers[number] = ev.Unit()  # somebody else goes on with it

    def _removed(self, fact: ev.TableRemoved) -> None:
        self._metadata.taken(fact.metadata, [fact.table], fact.unit, fact.place)

    def _cleared(self, fact: ev.MetadataCleared) -> None:
        self._metadata.taken(fact.metadata, fact.tables, fact.unit, fact.place)

    def _gone(self, fact: ev.HoldersGone) -> None:
        for number in fact.databases:
            self._databases.forget(number)
        for number in fact.metadata:
            self._metadata.forget(number)
            self._metadata_makers.pop(number, None)

    def _torn_down(self, fact: ev.FixtureTornDown) -> None:
        life = self.run.life(self.worker, fact.life)
        if life is not None and life.definition.scope != "function":
            self._ended.append(life)

    def _used(self, fact: ev.DatabasesUsed) -> None:
        worker = self.run.worker(self.worker)
        for number in fact.databases:
            known = worker.databases.get(number)
            maker = known.maker if known is not None else ev.Unit()
            life = worker.lives.get(maker.life)
            if life is not None and life.definition.scope != "function":
                if not life.alive and life.ended_by is not self.run.tests.get(fact.nodeid):
                    self._reused.add(number)
            elif maker.nodeid != fact.nodeid:
                self._reused.add(number)

    # -- the judgement -------------------------------------------------------------------------------------------

    def test_ended(self, nodeid: str) -> str:
        """Judge the test, all of whose facts but its last report were taken. Why it fails, '' where it does not."""
        test = self.run.tests.get(nodeid)
        if test is None:
            return ""
        left = self._left(nodeid)
        failing = [remnant for remnant in left if self._is_failed(remnant, nodeid)]
        self._forget(test, bool(left))
        return complaint(self.run, test, failing) if failing else ""

    def _forget(self, test: Test, left: bool) -> None:
        """A suite's own process must not grow with what only a screen would show."""
        test.table_events.clear()
        self.run.table_history.clear()
        if left or test.tables_written or test.tables_read or test.rows_found or test.state_changed or test.held_open:
            return  # who did it, or met it, is asked for in the end
        worker = self.run.worker(self.worker)
        for life in test.lives:
            if life.definition.scope == "function":
                worker.lives.pop(life.id, None)
                life.definition.lives.clear()
        test.lives.clear()

    def session_ended(self) -> None:
        """Judge what ended after the last test: with -x, and after Ctrl-C. No test can be failed any more."""
        for remnant in self._left(""):
            if remnant.key not in self.cases:
                self.cases[remnant.key] = Case(remnant, "", "accepted" if remnant.key in self.accepted else "late")

    def _left(self, nodeid: str) -> list[Remnant]:
        worker = self.run.worker(self.worker)
        ended = Ended(self.run, worker, self.run.tests.get(nodeid), self._ended, self._databases, self._metadata)
        ended.reused, ended.known, ended.metadata_makers = self._reused, self.cases, self._metadata_makers
        found = left_behind(ended, self.kinds)
        self._ended = []
        self._databases.fresh.clear()
        self._metadata.fresh.clear()
        return found

    def _is_failed(self, remnant: Remnant, nodeid: str) -> bool:
        """Note it. It fails a test once; a plugin that runs the same test again finds it failing again."""
        case = self.cases.get(remnant.key)
        if case is None or (case.state == "uncertain" and not remnant.inexact):
            case = self.cases[remnant.key] = Case(remnant, nodeid, self._state(remnant), case.again + 1 if case else 0)
        elif case.nodeid != nodeid:
            case.again += 1
            return False
        return case.state == "failed"

    def _state(self, remnant: Remnant) -> str:
        if remnant.key in self.accepted:
            return "accepted"
        if remnant.inexact:
            return "uncertain"
        return "failed" if self.strict and self.claim(remnant.key) else "seen"

    # -- the report ----------------------------------------------------------------------------------------------

    def account(self) -> dict[str, Any]:
        """All that the session's summary needs of this process, in types that JSON knows."""
        harm = {
            (leak.author, leak.location): leak for leak in leaks(self.run) if leak.what not in ("table", "metadata")
        }
        knows_reads = any(test.tables_read for test in self.run.order)
        cases = []
        for case in self.cases.values():
            remnant = case.remnant
            leak = harm.get((remnant.author.known_as, remnant.met_as))
            counted = remnant.key.kind in ("rows", "process")
            cases.append({
                "key": list(remnant.key),
                "who": remnant.author.who,
                "what": remnant.what,
                "group": remnant.group,
                "thing": remnant.thing,
                "place": line_of(self.run, remnant.author.home),
                "state": case.state,
                "times": 1 + case.again,
                "met": leak.met if leak is not None else 0,
                "read": len(leak.readers) if leak is not None else 0,
                "harmless": counted and not (leak is not None and (leak.readers if knows_reads else leak.met)),
            })  # fmt: skip
        return {"cases": cases, "imports": self._imports(), "doubts": self._doubts(), "skipped": self._skipped()}

    def _imports(self) -> list[list[str]]:
        """What stands because a module was imported: named, never failed. Each is the line that made it, whether it is
        ``rows of`` a ``table`` or the table itself, and which."""
        made: dict[tuple[str, str], set[str]] = {}
        for worker in self.run.workers.values():
            for tables in worker.rows.values():
                for table in tables.values():
                    for entry in table.standing():
                        if entry.test is None and entry.life is None and not entry.unit.life:
                            made.setdefault((line_of(self.run, entry.place), "rows of"), set()).add(table.table)
        for (_, name), maker in self._databases.present.items():
            if not maker.unit.nodeid and not maker.unit.life:
                made.setdefault((line_of(self.run, maker.place), "table"), set()).add(name)
        return [[place, what, table] for (place, what), tables in sorted(made.items()) for table in sorted(tables)]

    def _doubts(self) -> list[str]:
        """Why not everything may have been seen."""
        return [f"the probe {gone.probe} gave up: {gone.why}" for gone in self.run.disabled_probes] + self.run.limits

    def _skipped(self) -> list[str]:
        """Tests that did not run: of what they leave nothing is known today."""
        skipped = (Outcome.SKIPPED, Outcome.WAITING, Outcome.NOT_RUN)
        return sorted({base_of(test.nodeid) for test in self.run.tests.values() if test.outcome in skipped})


_NOTES: dict[type, Callable[[Judge, Any], None]] = {
    ev.TablesCreated: Judge._created,
    ev.TablesDropped: Judge._dropped,
    ev.TableRegistered: Judge._registered,
    ev.TableRemoved: Judge._removed,
    ev.MetadataCleared: Judge._cleared,
    ev.HoldersGone: Judge._gone,
    ev.FixtureTornDown: Judge._torn_down,
    ev.DatabasesUsed: Judge._used,
}
