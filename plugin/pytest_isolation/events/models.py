"""Facts about SQLAlchemy's MetaData and mappers."""

from typing import List, NamedTuple

from .origin import Place, Unit
from .registry import fact


@fact
class MetadataSeen(NamedTuple):
    """A MetaData with tables of the suite. ``name`` is its bind key, '' for most."""

    metadata: int
    name: str
    place: Place


@fact
class TableRegistered(NamedTuple):
    """A Table was added to a MetaData. ``place`` is the innermost line outside libraries, ``via`` are its callers,
    nearest first."""

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
    """A Table got a second index of one ``name``: creating the table then fails with "index ... already exists".
    ``place`` and ``via`` as in :class:`TableRegistered`."""

    metadata: int
    table: str
    name: str
    place: Place
    via: List[Place]
    unit: Unit


@fact
class TableRemoved(NamedTuple):
    """A Table was removed from its MetaData."""

    metadata: int
    table: str
    place: Place
    unit: Unit


@fact
class MetadataCleared(NamedTuple):
    """``MetaData.clear()`` removed these tables."""

    metadata: int
    tables: List[str]
    place: Place
    unit: Unit


@fact
class RegistryDisposed(NamedTuple):
    """``registry.dispose()`` or ``clear_mappers()`` ended these mappings; the tables stay in their MetaData."""

    models: List[str]
    place: Place
    unit: Unit


@fact
class InstanceDetached(NamedTuple):
    """An instance of a mapped class that fixture life ``life`` returned has lost its session. ``way`` is ``session`` if
    the suite's own code closed or removed the session or expunged the instance, ``context`` if an application context
    ended."""

    life: int
    model: str
    way: str
    place: Place
    unit: Unit
