"""What happened to tables, indexed by worker, holder and table, so that a question never searches the whole run."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from .tables import RepeatedIndex, TableEvent, TableEventKind


@dataclass(slots=True)
class _Track:
    """Events of one key in the order they arrived, and where in that list the events of each kind are."""

    events: list[TableEvent] = field(default_factory=list)
    numbers: dict[TableEventKind, list[int]] = field(default_factory=dict)

    def add(self, event: TableEvent) -> None:
        self.numbers.setdefault(event.kind, []).append(len(self.events))
        self.events.append(event)

    def at(self, number: int) -> float:
        return self.events[number].at


@dataclass(frozen=True, slots=True)
class TableOrigin:
    """The event that made a table which exists, or removed one. ``last`` is the event that made it last: a table that
    is put back stays its first maker's. ``before`` is the origin of a table that was removed."""

    event: TableEvent
    last: TableEvent
    before: TableOrigin | None = None


_Key = tuple[str, str, str]
"""(worker, holder, table)."""


class TableOrigins:
    """Who made the tables that exist in databases, or in MetaData, and who removed others since."""

    def __init__(self) -> None:
        self.present: dict[_Key, TableOrigin] = {}
        self.missing: dict[_Key, TableOrigin] = {}
        self._of_holder: dict[tuple[str, str], set[_Key]] = defaultdict(set)

    def made(self, event: TableEvent) -> None:
        """Record a creation or registration."""
        key = (event.worker, event.holder, event.table)
        removed = self.missing.pop(key, None)
        first = removed.before.event if removed is not None and removed.before is not None else event
        self.present[key] = TableOrigin(first, event)
        self._of_holder[event.worker, event.holder].add(key)

    def removed(self, event: TableEvent) -> None:
        """Record a drop or removal; of a table that was not seen to be made, nothing is known."""
        key = (event.worker, event.holder, event.table)
        before = self.present.pop(key, None)
        if before is not None:
            self.missing[key] = TableOrigin(event, event, before)

    def forget(self, worker: str, holder: str) -> None:
        """Forget a database or MetaData that no longer exists."""
        for key in self._of_holder.pop((worker, holder), ()):
            self.present.pop(key, None)
            self.missing.pop(key, None)


class TableHistory:
    """All table events of a run.

    A holder is the label of a MetaData or of a database. Every question names a worker, because each worker of
    pytest-xdist has its own MetaData. Leave ``holder`` out to ask about all holders of the worker, and ``table`` out to
    ask about all tables. Times are seconds since the epoch; ``until`` is inclusive.
    """

    def __init__(self) -> None:
        self.events: list[TableEvent] = []
        """In the order they arrived, over all workers; also those outside any test (imports at collection)."""
        self._tracks: dict[tuple[str, str | None, str | None], _Track] = defaultdict(_Track)
        self._holders: dict[tuple[str, str], dict[str, None]] = {}
        self._ends: dict[tuple[str, str], list[float]] = {}
        self.in_databases = TableOrigins()
        self.in_metadata = TableOrigins()
        self._records: dict[TableEventKind, Callable[[TableEvent], None]] = {
            TableEventKind.CREATED: self.in_databases.made,
            TableEventKind.DROPPED: self.in_databases.removed,
            TableEventKind.REGISTERED: self.in_metadata.made,
            TableEventKind.REMOVED: self.in_metadata.removed,
            TableEventKind.CLEARED: self.in_metadata.removed,
        }

    def add(self, event: TableEvent) -> None:
        """Record an event. Those of one worker arrive in the order of time."""
        self.events.append(event)
        worker, table, tracks = event.worker, event.table, self._tracks
        tracks[worker, event.holder, table].add(event)
        tracks[worker, None, table].add(event)
        tracks[worker, None, None].add(event)
        self._holders.setdefault((worker, table), {})[event.holder] = None
        record = self._records.get(event.kind)
        if record is not None:
            record(event)

    def add_end(self, worker: str, holder: str, at: float) -> None:
        """Record that a MetaData or database no longer exists. A later one may get its label."""
        self._ends.setdefault((worker, holder), []).append(at)
        self.in_databases.forget(worker, holder)
        self.in_metadata.forget(worker, holder)

    def clear(self) -> None:
        """Forget all events, but not the ends of holders, nor who made the tables that exist."""
        self.events.clear()
        self._tracks.clear()
        self._holders.clear()

    # -- questions -----------------------------------------------------------------------------------------------

    def of(self, worker: str, table: str | None = None, holder: str | None = None) -> Sequence[TableEvent]:
        """The events in order. Do not change the list. Name a table where you name a holder."""
        track = self._tracks.get((worker, holder, table))
        return track.events if track is not None else ()

    def first(
        self, kind: TableEventKind, worker: str, table: str | None = None, holder: str | None = None
    ) -> TableEvent | None:
        """The first event of that kind."""
        track = self._tracks.get((worker, holder, table))
        numbers = track.numbers.get(kind) if track is not None else None
        return track.events[numbers[0]] if track is not None and numbers else None

    def last(
        self,
        kinds: Collection[TableEventKind],
        worker: str,
        table: str | None = None,
        holder: str | None = None,
        *,
        until: float = math.inf,
    ) -> TableEvent | None:
        """The latest event of one of these kinds, up to that moment."""
        track = self._tracks.get((worker, holder, table))
        if track is None:
            return None
        latest = -1
        for kind in kinds:
            numbers = track.numbers.get(kind, ())
            count = bisect_right(numbers, until, key=track.at)
            if count:
                latest = max(latest, numbers[count - 1])
        return track.events[latest] if latest >= 0 else None

    def registration(self, met: TableEvent | RepeatedIndex) -> TableEvent | None:
        """The registration of the same table, in the same MetaData, that this event met; None if it was not seen."""
        kinds = (TableEventKind.REGISTERED, TableEventKind.REMOVED, TableEventKind.CLEARED)
        last = self.last(kinds, met.worker, met.table, met.holder, until=met.at)
        if last is None or last.kind is not TableEventKind.REGISTERED or self.holder_end(last) < met.at:
            return None
        return last

    def holder_end(self, event: TableEvent) -> float:
        """When the MetaData or database of this event ceased to exist; infinity if it still does."""
        ends = self._ends.get((event.worker, event.holder), ())
        number = bisect_right(ends, event.at)
        return ends[number] if number < len(ends) else math.inf

    def holders(self, worker: str, table: str) -> Collection[str]:
        """Labels of all MetaData and databases of that worker in which something happened to the table."""
        return self._holders.get((worker, table), {}).keys()

    def tables(self) -> set[str]:
        """Names of all tables to which something happened."""
        return {event.table for event in self.events if event.kind is not TableEventKind.DISPOSED}
