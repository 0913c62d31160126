"""Indexes a growing run by file, so that drawing a line needs no search."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from itertools import islice

from rich.cells import cell_len

from ...model import FixtureDefinition, FixtureLife, Outcome, Run, Test
from .sections import Section

WIDE_SCOPES = ("session", "package")


class TimelineIndex:
    """The sections of a run. :meth:`update` adds what has happened since the last call, in time proportional to it.

    ``matches`` selects the tests to show. Because outcomes change what matches, a new index is built then.
    """

    def __init__(self, run: Run, matches: Callable[[Test], bool] | None = None) -> None:
        self.run = run
        self.whole = Section("", whole=True)
        self.sections: dict[str, Section] = {}
        self.prefix = ""
        """The folder that all paths begin with; it is not shown."""
        self.longest = 0
        """Cells of the longest file's title."""
        self.largest = 0
        """Tests of the largest file."""
        self.shown = 0
        """Number of tests shown."""
        self._matches = matches
        self._collected = self._started = self._events = self._dirty = self._titled = 0
        self._active: set[Test] = set()
        self._lives: dict[FixtureDefinition, int] = {}
        self._finished = False
        self.update()

    def update(self) -> bool:
        """Add what is new; return whether there was anything."""
        before = self.whole.revision
        self._add_collected()
        self._add_started()
        self._add_lives()
        self._update_active()
        self._add_events()
        self._add_dirty()
        if self.run.finished and not self._finished:
            self._finished = True
            self._close()
        return self.whole.revision != before

    def section(self, test: Test) -> Section | None:
        """The section of the test's file; None if the test is filtered out."""
        section = self.sections.get(file_of(test))
        return section if section is not None and test in section.column_of else None

    def title(self, section: Section) -> str:
        """A file's path without the common folder."""
        if section.whole:
            return "whole run"
        return section.file[len(self.prefix) :] or section.file

    # -- updating ------------------------------------------------------------------------------------------------

    def _sections_of(self, test: Test) -> tuple[Section, Section]:
        file = file_of(test)
        section = self.sections.get(file)
        if section is None:
            section = self.sections[file] = Section(file)
        return self.whole, section

    def _wanted(self, test: Test) -> bool:
        return self._matches is None or self._matches(test)

    def _add_collected(self) -> None:
        tests = self.run.tests
        if len(tests) == self._collected:
            return
        for test in islice(tests.values(), self._collected, None):
            if self._wanted(test):
                self.shown += 1
                for section in self._sections_of(test):
                    section.add(test)
        self._collected = len(tests)
        self.largest = max((len(section.columns) for section in self.sections.values()), default=0)
        if len(self.sections) != self._titled:
            self._titled = len(self.sections)
            self.prefix = _common_folder(list(self.sections))
            self.longest = max((cell_len(self.title(section)) for section in self.sections.values()), default=0)

    def _add_started(self) -> None:
        order = self.run.order
        for test in islice(order, self._started, None):
            self._active.add(test)
            if test in self.whole.column_of:
                for section in self._sections_of(test):
                    section.start(test)
                    section.active += 1
        self._started = len(order)

    def _add_lives(self) -> None:
        for definition in self.run.definitions.values():
            seen = self._lives.get(definition, 0)
            if len(definition.lives) == seen:
                continue
            self._lives[definition] = len(definition.lives)
            if not hidden(definition):
                for life in islice(definition.lives, seen, None):
                    if life.asked_by is not None:
                        self._touch(life, life.asked_by, used=False)

    def _update_active(self) -> None:
        ended = []
        for test in self._active:
            for life in test.lives:
                if not hidden(life.definition):
                    self._touch(life, test, used=True)
            known = test in self.whole.column_of
            if known:
                for section in self._sections_of(test):
                    section.note(test)
            if _over(test):
                ended.append((test, known))
        for test, known in ended:
            self._active.discard(test)
            if known:
                for section in self._sections_of(test):
                    section.active -= 1

    def _add_events(self) -> None:
        events = self.run.table_events
        for event in islice(events, self._events, None):
            test = self.run.tests.get(event.unit.nodeid)
            if test is not None:
                for section in self._sections_of(test) if test in self.whole.column_of else ():
                    section.mark(event.kind, test)
        self._events = len(events)

    def _add_dirty(self) -> None:
        dirty = self.run.dirty_starts
        for test in islice(dirty, self._dirty, None):
            if test in self.whole.column_of:
                for section in self._sections_of(test):
                    section.mark_dirty(test)
        self._dirty = len(dirty)

    def _close(self) -> None:
        """The run has ended: every test has an outcome now."""
        for section in (self.whole, *self.sections.values()):
            for test in section.columns:
                section.note(test)
            section.active = 0
        self._active.clear()

    def _touch(self, life: FixtureLife, test: Test, *, used: bool) -> None:
        column = self.whole.column_of.get(test)
        if column is None:
            return
        section = self.whole if life.definition.scope in WIDE_SCOPES else self.sections[file_of(test)]
        lane = section.lane(life, self.run.worker_count > 1)
        (lane.use if used else lane.begin)(life, section.column_of[test])
        if life.ended_by is not None and life.ended_by in section.column_of:
            lane.end(life, section.column_of[life.ended_by])


def file_of(test: Test) -> str:
    """The file of its node id. An inherited test may be defined in another file."""
    return test.nodeid.partition("::")[0]


def hidden(definition: FixtureDefinition) -> bool:
    """Whether it is one of pytest's own fixtures, which do not matter for isolation."""
    return definition.internal or "/_pytest/" in definition.place.file.replace("\\", "/")


def _over(test: Test) -> bool:
    if test.outcome in (Outcome.CRASHED, Outcome.NOT_RUN, Outcome.UNKNOWN):
        return True
    return test.outcome.ended and bool(test.phases) and test.phases[-1].when == "teardown"


def _common_folder(files: list[str]) -> str:
    """``tests/`` for ``tests/unit/test_a.py`` and ``tests/test_b.py``."""
    folders = {posixpath.dirname(file) for file in files}
    common = posixpath.commonpath(folders) if len(folders) > 1 and "" not in folders else next(iter(folders), "")
    return f"{common}/" if common and len({f for f in folders if not f.startswith(common)}) == 0 else ""
