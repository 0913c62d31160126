"""Lanes of the timeline: the lives of one fixture over the tests of one section."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...model import FixtureDefinition, FixtureLife

SERVED, SET_UP_FAILED = 1, 2
"""Values in :attr:`Lane.ticks`: a life for just that test was set up, or its setup failed."""


@dataclass(eq=False, slots=True)
class Span:
    """A life that can be shared: its first and last column, and the ``columns`` of the tests that used it."""

    life: FixtureLife
    first: int
    last: int
    columns: set[int] = field(default_factory=set)

    def reach(self, column: int) -> None:
        """Extend the span to the column."""
        self.first, self.last = min(self.first, column), max(self.last, column)


@dataclass(eq=False, slots=True)
class Lane:
    """The lives of one fixture definition. With several xdist workers, each has its own lane; else ``worker`` is ''."""

    definition: FixtureDefinition
    worker: str = ""
    ticks: bytearray = field(default_factory=bytearray)
    spans: list[Span] = field(default_factory=list)
    lives: int = 0
    _span_of: dict[FixtureLife, Span] = field(default_factory=dict)
    _seen: set[FixtureLife] = field(default_factory=set)

    @property
    def ticking(self) -> bool:
        """Whether the fixture is function-scoped: each life serves one test and is drawn as a tick."""
        return self.definition.scope == "function"

    def begin(self, life: FixtureLife, column: int) -> None:
        """A life was set up, requested by the test of that column."""
        if self.ticking:
            self._tick(life, column)
        else:
            self._span(life, column)

    def use(self, life: FixtureLife, column: int) -> None:
        """The test of that column uses the life."""
        if self.ticking:
            self._tick(life, column)
        else:
            self._span(life, column).columns.add(column)

    def _tick(self, life: FixtureLife, column: int) -> None:
        if life not in self._seen:
            self._seen.add(life)
            self.lives += 1
        if column >= len(self.ticks):
            self.ticks.extend(bytes(column + 1 - len(self.ticks)))
        self.ticks[column] = SET_UP_FAILED if life.failed else SERVED

    def _span(self, life: FixtureLife, column: int) -> Span:
        span = self._span_of.get(life)
        if span is None:
            span = self._span_of[life] = Span(life, column, column)
            self.spans.append(span)
            self.lives += 1
        span.reach(column)
        return span

    def end(self, life: FixtureLife, column: int) -> None:
        """The life was torn down during the test of that column."""
        span = self._span_of.get(life)
        if span is not None:
            span.reach(column)
