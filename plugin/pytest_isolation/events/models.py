"""What SQLAlchemy's MetaData and mappers hold."""

from typing import List, NamedTuple

from .origin import Place, Unit
from .registry import fact


@fact
class MetadataSeen(NamedTuple):
    """A MetaData that holds tables of the suite. ``name`` is its bind key or '' (most have none)."""

    metadata: int
    name: str
    place: Place


@fact
class TableRegistered(NamedTuple):
    """A Table entered a MetaData. ``place`` is the innermost line outside libraries, ``via`` its callers, nearest
    first."""

    metadata: int
    table: str
    place: Place
    via: List[Place]
    unit: Unit


@fact
class ModelMapped(NamedTuple):
    """A class was mapped to a table; ``model`` is ``module.QualifiedName``."""

    metadata: int
    table: str
    model: str
    unit: Unit
    place: Place = Place()


@fact
class TableRefused(NamedTuple):
    """A second definition was refused: "Table ... is already defined for this MetaData instance"."""

    metadata: int
    table: str
    place: Place
    via: List[Place]
    unit: Unit


@fact
class IndexRepeated(NamedTuple):
    """A Table got an index of a ``name`` that one of its indexes has already: "index ... already exists" comes of it
    where the table is created. ``place`` and ``via`` as in :class:`TableRegistered`."""

    metadata: int
    table: str
    name: str
    place: Place
    via: List[Place]
    unit: Unit


@fact
class TableRemoved(NamedTuple):
    metadata: int
    table: str
    place: Place
    unit: Unit


@fact
class MetadataCleared(NamedTuple):
    metadata: int
    tables: List[str]
    place: Place
    unit: Unit


@fact
class RegistryDisposed(NamedTuple):
    """``registry.dispose()`` or ``clear_mappers()``: mappings ended, tables stay in their MetaData."""

    models: List[str]
    place: Place
    unit: Unit


@fact
class InstanceDetached(NamedTuple):
    """An instance of a mapped class that the fixture life ``life`` gave has lost its session. ``way`` is ``session``
    where the suite's own code closed or removed that, or took the instance out of it, and ``context`` where an
    application context ended."""

    life: int
    model: str
    way: str
    place: Place
    unit: Unit
