"""The judge of one process: folds its facts and decides, at the end of each test, which leaks fail it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from pytest_isolation import events as ev

from ..model import FixtureLife, Outcome, Run, Stamped, Test, leaks
from ..model.tables import IMPORTED
from ..settings import KINDS
from ..text.wording import where
from .leaks import Ended, LeakFound, LeakKey, find_leaks, key_of_test
from .wording import author_title, complaint, home_of


@dataclass(slots=True)
class JudgedLeak:
    """A leak and how often it was found. ``state`` is ``failed``, ``accepted`` (the baseline has it), ``uncertain``,
    ``late`` (found after the last test) or ``seen``."""

    leak: LeakFound
    nodeid: str
    state: str
    again: int = 0


@dataclass(slots=True)
class Judge:
    """Judges the leaks of these ``kinds`` in one process; ``strict`` fails those neither ``accepted`` nor uncertain.

    ``claim`` returns whether this process is to fail a leak: several workers of pytest-xdist may find the same."""

    strict: bool
    kinds: tuple[str, ...] = KINDS
    accepted: frozenset[LeakKey] = frozenset()
    worker: str = "main"
    claim: Callable[[LeakKey], bool] = lambda key: True
    run: Run = field(default_factory=Run)
    judged: dict[LeakKey, JudgedLeak] = field(default_factory=dict)
    _metadata_makers: dict[int, ev.Unit] = field(default_factory=dict)
    _reused: set[int] = field(default_factory=set)
    _ended: list[FixtureLife] = field(default_factory=list)
    """Wide fixtures that ended since the last test was judged."""

    # -- the fold ------------------------------------------------------------------------------------------------

    def record(self, facts: Iterable[tuple[float, Any]]) -> None:
        """Fold these facts, each with its time in seconds since the epoch."""
        apply, worker, notes = self.run.apply, self.worker, _NOTES
        for at, fact in facts:
            apply(Stamped(worker, at, fact))
            note = notes.get(type(fact))
            if note is not None:
                note(self, fact)

    def _registered(self, fact: ev.TableRegistered) -> None:
        makers, number = self._metadata_makers, fact.metadata
        by_import = fact.place.function == IMPORTED or not fact.unit.nodeid
        maker = makers.setdefault(number, ev.Unit() if by_import else fact.unit)
        if maker.nodeid != fact.unit.nodeid and (not maker.life or fact.unit.life != maker.life):
            makers[number] = ev.Unit()  # another unit uses it, too

    def _gone(self, fact: ev.HoldersGone) -> None:
        self._reused.difference_update(fact.databases)
        for number in fact.metadata:
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
        """Judge the test, once all its facts but its last report are recorded; the error text, or ''."""
        test = self.run.tests.get(nodeid)
        if test is None:
            return ""
        left = self._leaks(nodeid)
        failing = [leak for leak in left if self._is_failed(leak, nodeid)]
        self._forget(test, bool(left))
        return complaint(self.run, test, failing) if failing else ""

    def _forget(self, test: Test, left: bool) -> None:
        """Drop what only a screen would show: the process of the suite must not grow."""
        test.table_events.clear()
        self.run.table_history.clear()
        if left or test.tables_written or test.tables_read or test.rows_found or test.state_changed or test.held_open:
            return  # the account at the end needs its fixtures
        worker = self.run.worker(self.worker)
        for life in test.lives:
            if life.definition.scope == "function":
                worker.lives.pop(life.id, None)
                life.definition.lives.clear()
        test.lives.clear()

    def session_ended(self) -> None:
        """Judge what ended after the last test (with -x, and after Ctrl-C), when no test is left to fail."""
        for leak in self._leaks(""):
            if leak.key not in self.judged:
                self.judged[leak.key] = JudgedLeak(leak, "", "accepted" if leak.key in self.accepted else "late")

    def _leaks(self, nodeid: str) -> list[LeakFound]:
        ended = Ended(
            run=self.run,
            worker=self.run.worker(self.worker),
            test=self.run.tests.get(nodeid),
            lives=self._ended,
            reused=self._reused,
            known=self.judged,
            metadata_makers=self._metadata_makers,
        )
        found = find_leaks(ended, self.kinds)
        self._ended = []
        return found

    def _is_failed(self, leak: LeakFound, nodeid: str) -> bool:
        """Record the leak. It fails one test; when that is run again, it fails it again."""
        known = self.judged.get(leak.key)
        if known is None or (known.state == "uncertain" and not leak.inexact):
            again = known.again + 1 if known is not None else 0
            known = self.judged[leak.key] = JudgedLeak(leak, nodeid, self._state(leak), again)
        elif known.nodeid != nodeid:
            known.again += 1
            return False
        return known.state == "failed"

    def _state(self, leak: LeakFound) -> str:
        if leak.key in self.accepted:
            return "accepted"
        if leak.inexact:
            return "uncertain"
        return "failed" if self.strict and self.claim(leak.key) else "seen"

    # -- the report ----------------------------------------------------------------------------------------------

    def account(self) -> dict[str, Any]:
        """What the session's summary needs of this process, in types that JSON has."""
        harm = {
            (leak.author, leak.location): leak for leak in leaks(self.run) if leak.what not in ("table", "metadata")
        }
        knows_reads = any(test.tables_read for test in self.run.order)
        accounts = []
        for judged in self.judged.values():
            found = judged.leak
            leak = harm.get((found.author, found.location))
            counted = found.key.kind in ("rows", "process")
            entry = {
                "key": list(found.key),
                "who": author_title(self.run, found.author),
                "what": found.what,
                "group": found.group,
                "thing": found.thing,
                "place": where(home_of(self.run, found.author), self.run),
                "state": judged.state,
                "times": 1 + judged.again,
                "met": leak.met if leak is not None else 0,
                "read": len(leak.readers) if leak is not None else 0,
                "harmless": counted and not (leak is not None and (leak.readers if knows_reads else leak.met)),
            }
            accounts.append(entry)
        return {"leaks": accounts, "imports": self._imports(), "doubts": self._doubts(), "skipped": self._skipped()}

    def _imports(self) -> list[list[str]]:
        """What is there because a module was imported; it fails no test. Each has the line that made it, ``rows of`` or
        ``table``, and the table's name."""
        made: dict[tuple[str, str], set[str]] = {}
        for worker in self.run.workers.values():
            for tables in worker.rows.values():
                for table in tables.values():
                    for entry in table.standing():
                        if entry.test is None and entry.life is None and not entry.unit.life:
                            made.setdefault((where(entry.place, self.run), "rows of"), set()).add(table.table)
        for origin in self.run.table_history.in_databases.present.values():
            event = origin.event
            if not event.unit.nodeid and not event.unit.life:
                made.setdefault((where(event.place, self.run), "table"), set()).add(event.table)
        return [[place, what, table] for (place, what), tables in sorted(made.items()) for table in sorted(tables)]

    def _doubts(self) -> list[str]:
        """Why leaks may have been missed."""
        return [f"the probe {gone.probe} gave up: {gone.why}" for gone in self.run.disabled_probes] + self.run.limits

    def _skipped(self) -> list[str]:
        """Tests that did not run: whether their leaks are still there is not known."""
        skipped = (Outcome.SKIPPED, Outcome.WAITING, Outcome.NOT_RUN)
        return sorted({key_of_test(test.nodeid) for test in self.run.tests.values() if test.outcome in skipped})


_NOTES: dict[type, Callable[[Judge, Any], None]] = {
    ev.TableRegistered: Judge._registered,
    ev.HoldersGone: Judge._gone,
    ev.FixtureTornDown: Judge._torn_down,
    ev.DatabasesUsed: Judge._used,
}
