"""The lines of the timeline: folded sections, and the lanes of open ones."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

from ...model import TableEventKind, Test
from .index import TimelineIndex
from .lanes import Lane
from .sections import TABLE_LANES, Section

LINGER = 1.0
"""Seconds of the run after which a file without failures opens, and for which it stays open when it is done."""


class Kind(Enum):
    """The kind of a line."""

    HEAD = "head"
    RULER = "ruler"
    LANE = "lane"
    TESTS = "tests"
    MARKS = "marks"
    DIRTY = "dirty"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Line:
    """One line. ``lane`` or ``table`` identifies a lane or a kind of table event."""

    section: Section
    kind: Kind
    lane: Lane | None = None
    table: TableEventKind | None = None
    topic: str = ""


class Layout:
    """The current lines of an index. ``kept`` are files that open as soon as they run."""

    def __init__(self, index: TimelineIndex, kept: Collection[str] = ()) -> None:
        self.index = index
        self.kept = kept
        self.lines: list[Line] = []
        self.by_time = False
        self._head_of: dict[Section, int] = {}

    def update(self) -> bool:
        """Open and fold sections and list the lines; return whether they changed."""
        sections = [section for section in self.index.sections.values() if section.columns]
        lines: list[Line] = []
        heads: dict[Section, int] = {}
        for section in (self.index.whole, *sections):
            if not section.columns:
                continue
            section.open = self._opens(section, alone=len(sections) == 1)
            heads[section] = len(lines)
            lines.extend(self._lines_of(section))
        while lines and lines[-1].kind is Kind.GAP:
            lines.pop()
        changed = lines != self.lines
        self.lines, self._head_of = lines, heads
        return changed

    def _opens(self, section: Section, alone: bool) -> bool:
        if section.choice is not None:
            return section.choice
        if section.whole:
            return bool(section.lanes)
        if section.bad or alone or (section.started and section.file in self.kept):
            return True
        now = self.index.run.last_at
        if section.active or (section.started and not section.done):
            return now - section.began_at >= LINGER
        return section.open and now - section.ended_at < LINGER and not self.index.run.finished

    def _lines_of(self, section: Section) -> list[Line]:
        head = Line(section, Kind.HEAD)
        if not section.open:
            return [head]
        lines = [head]
        if self.by_time and section.began_at:
            lines.append(Line(section, Kind.RULER))
        lines += [Line(section, Kind.LANE, lane=lane) for lane in section.ordered_lanes()]
        lines.append(Line(section, Kind.TESTS))
        if not section.whole:
            if section.dirty:
                lines.append(Line(section, Kind.DIRTY))
            topic = ""
            for name, table in TABLE_LANES:
                if table in section.marks:
                    lines.append(Line(section, Kind.MARKS, table=table, topic=name if name != topic else ""))
                    topic = name
        lines.append(Line(section, Kind.GAP))
        return lines

    # -- positions ---------------------------------------------------------------------------------------------------

    def head(self, section: Section) -> int:
        return self._head_of.get(section, 0)

    def tests_line(self, section: Section) -> int:
        """The line of the section's outcomes; its head while folded."""
        head = self.head(section)
        for number in range(head, len(self.lines)):
            line = self.lines[number]
            if line.section is not section:
                break
            if line.kind is Kind.TESTS:
                return number
        return head

    def last_line(self, section: Section) -> int:
        """The last line of the section that is not a gap."""
        number = self.head(section)
        while number + 1 < len(self.lines) and self.lines[number + 1].section is section:
            number += 1
        return number - 1 if number < len(self.lines) and self.lines[number].kind is Kind.GAP else number

    def find(self, line: Line) -> int | None:
        """The number of an equal line, or else of its section's head; None if the section is not shown."""
        start = self._head_of.get(line.section)
        if start is None:
            return None
        for number in range(start, len(self.lines)):
            if self.lines[number] == line:
                return number
            if self.lines[number].section is not line.section:
                break
        return start

    def failures(self) -> list[Test]:
        """The failing tests in the order shown."""
        return [
            test
            for section in self.index.sections.values()
            if section.bad
            for test in section.columns
            if test.outcome.bad
        ]

    def next_failure(self, cursor: Test | None, step: int) -> Test | None:
        """The failing test after (1) or before (-1) the cursor, cyclically; None if no test failed."""
        failures = self.failures()
        if not failures:
            return None
        if cursor in failures:
            return failures[(failures.index(cursor) + step) % len(failures)]
        sections = self.index.sections.values()
        places = {test: place for place, test in enumerate(test for section in sections for test in section.columns)}
        here = places.get(cursor, -1) if cursor is not None else -1
        later = next((at for at, test in enumerate(failures) if places[test] > here), len(failures))
        return failures[later % len(failures)] if step > 0 else failures[later - 1]
