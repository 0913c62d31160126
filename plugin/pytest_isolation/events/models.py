"""What SQLAlchemy's MetaData and mappers hold."""

from typing import List, NamedTuple

from .origin import Place, Unit


class MetadataSeen(NamedTuple):
    """A MetaData that holds tables of the suite. ``name`` is its bind key or '' (most have none)."""

    metadata: int
    name: str
    place: Place


class TableRegistered(NamedTuple):
    """A Table entered a MetaData. ``place`` is the innermost line outside libraries, ``via`` its callers, nearest
    first."""

    metadata: int
    table: str
    place: Place
    via: List[Place]
    unit: Unit


class ModelMapped(NamedTuple):
    """A class was mapped to a table; ``model`` is ``module.QualifiedName``."""

    metadata: int
    table: str
    model: str
    unit: Unit
    place: Place = Place()


class TableRefused(NamedTuple):
    """A second definition was refused: "Table ... is already defined for this MetaData instance"."""

    metadata: int
    table: str
    place: Place
    via: List[Place]
    unit: Unit


class TableRemoved(NamedTuple):
    metadata: int
    table: str
    place: Place
    unit: Unit


class MetadataCleared(NamedTuple):
    metadata: int
    tables: List[str]
    place: Place
    unit: Unit


class RegistryDisposed(NamedTuple):
    """``registry.dispose()`` or ``clear_mappers()``: mappings ended, tables stay in their MetaData."""

    models: List[str]
    place: Place
    unit: Unit
