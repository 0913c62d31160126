"""Mapped classes, and class names that are mapped more than once in one MetaData."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_isolation.events import Place, Unit

if TYPE_CHECKING:
    from .run import Run

NEWEST_KEPT = 8
"""Of a name that is mapped repeatedly, the first mapping and this many of the latest are kept."""


@dataclass(eq=False, slots=True)
class Mapping:
    """The mapping of a class to a table. ``generation`` counts how often its MetaData had been cleared before.
    ``ended`` is when its registry was disposed, its mappers were cleared, or its MetaData ceased to exist; None
    until then."""

    model: str
    table: str
    metadata: str
    generation: int
    place: Place
    unit: Unit
    worker: str
    at: float
    ended: float | None = None

    @property
    def name(self) -> str:
        return self.model.rpartition(".")[2]

    def valid(self, at: float) -> bool:
        return self.at <= at and (self.ended is None or self.ended >= at)


@dataclass(eq=False, slots=True)
class Mappings:
    """All mappings of one class name in one MetaData of a worker. ``count`` includes those that are not kept."""

    kept: list[Mapping] = field(default_factory=list)
    count: int = 0

    def add(self, mapping: Mapping) -> Mapping | None:
        """Record it; the mapping that is no longer kept because of that."""
        self.count += 1
        self.kept.append(mapping)
        return self.kept.pop(1) if len(self.kept) > NEWEST_KEPT + 1 else None


@dataclass(eq=False, slots=True)
class MappedClasses:
    """The classes that one worker mapped."""

    by_name: dict[str, dict[str, Mappings]] = field(default_factory=dict)
    """Class name -> label of a MetaData -> the mappings of that name in it."""
    _of_model: dict[str, dict[Mapping, None]] = field(default_factory=dict)
    _of_metadata: dict[str, dict[Mapping, None]] = field(default_factory=dict)
    """Mappings that are kept and have not ended, in ordered sets."""

    def add(self, mapping: Mapping) -> None:
        self._of_model.setdefault(mapping.model, {})[mapping] = None
        self._of_metadata.setdefault(mapping.metadata, {})[mapping] = None
        left_out = self.by_name.setdefault(mapping.name, {}).setdefault(mapping.metadata, Mappings()).add(mapping)
        if left_out is not None:
            self._of_model.get(left_out.model, {}).pop(left_out, None)
            self._of_metadata.get(left_out.metadata, {}).pop(left_out, None)

    def end_model(self, model: str, at: float) -> None:
        """The registry of this model was disposed, or its mappers were cleared."""
        for mapping in self._of_model.pop(model, ()):
            mapping.ended = at
            self._of_metadata[mapping.metadata].pop(mapping, None)

    def end_metadata(self, label: str, at: float) -> None:
        """The MetaData no longer exists."""
        for mapping in self._of_metadata.pop(label, ()):
            mapping.ended = at
            self._of_model[mapping.model].pop(mapping, None)


@dataclass(frozen=True, slots=True)
class MappedTwice:
    """A class name with several valid mappings. ``how`` is ``imported twice`` (one file under two module names),
    ``inside a function`` (each call defines it), ``module run again`` or ``two classes``. ``first`` came first,
    ``again`` is the latest."""

    name: str
    metadata: str
    how: str
    first: Mapping
    again: Mapping
    count: int


def mapped_twice(run: Run) -> list[MappedTwice]:
    """Class names that have several mappings at the end of the run. That is no fault in itself: only a name that a
    relationship looks up must be unique."""
    found = []
    by_name = (known for worker in run.workers.values() for known in worker.mapped.by_name.values())
    for known in (known for of_name in by_name for known in of_name.values()):
        standing = [mapping for mapping in known.kept if mapping.ended is None]
        pair = twice(standing, known.count - (len(known.kept) - len(standing)))
        if pair is not None:
            found.append(pair)
    return found


def twice(mappings: Sequence[Mapping], count: int) -> MappedTwice | None:
    """The first and the latest of these mappings of one name, given oldest first; None if there are not two."""
    if len(mappings) < 2:
        return None
    first, again = mappings[0], mappings[-1]
    return MappedTwice(
        name=again.name, metadata=again.metadata, how=_how(first, again), first=first, again=again, count=count
    )


def _how(first: Mapping, again: Mapping) -> str:
    one, other = first.place, again.place
    if not one.file or one.file != other.file or one.line != other.line:
        return "two classes"
    if one.module != other.module:
        return "imported twice"
    return "module run again" if other.function == "<module>" else "inside a function"
