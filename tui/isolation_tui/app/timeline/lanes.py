"""One lane of the timeline: the lives of one fixture definition over the tests of one section."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...model import FixtureDefinition, FixtureLife

SERVED, SET_UP_FAILED = 1, 2
"""What a column of :attr:`Lane.ticks` says of a life that served just that test."""


@dataclass(eq=False, slots=True)
class Span:
    """A life that can serve several tests: from the first column it touched to the last; ``columns`` had it."""

    life: FixtureLife
    first: int
    last: int
    columns: set[int] = field(default_factory=set)

    def reach(self, column: int) -> None:
        """The life was there during that column."""
        self.first, self.last = min(self.first, column), max(self.last, column)


@dataclass(eq=False, slots=True)
class Lane:
    """``worker`` is '' unless several workers of pytest-xdist had lives of it: then each has a lane of its own."""

    definition: FixtureDefinition
    worker: str = ""
    ticks: bytearray = field(default_factory=bytearray)
    spans: list[Span] = field(default_factory=list)
    lives: int = 0
    _span_of: dict[FixtureLife, Span] = field(default_factory=dict)
    _seen: set[FixtureLife] = field(default_factory=set)

    @property
    def ticking(self) -> bool:
        """Whether its lives serve one test each by their very scope."""
        return self.definition.scope == "function"

    def begin(self, life: FixtureLife, column: int) -> None:
        """A life came to be, asked for by the test of that column."""
        if self.ticking:
            self._tick(life, column)
        else:
            self._span(life, column)

    def use(self, life: FixtureLife, column: int) -> None:
        """The test of that column had it."""
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
        """It was torn down during the test of that column."""
        span = self._span_of.get(life)
        if span is not None:
            span.reach(column)
