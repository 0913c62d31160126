"""Connections and sessions that are still out when a test has ended, and calls that did nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_isolation.events import Place, Unit

if TYPE_CHECKING:
    from .tests import Test


@dataclass(eq=False, slots=True)
class Held:
    """A connection or session taken during ``test`` and still out at its end. ``closed_by`` is the unit during which it
    was given back, None as long as it is out."""

    number: int
    database: str
    what: str
    in_transaction: bool
    place: Place
    unit: Unit
    worker: str
    test: Test | None = field(default=None, repr=False)
    closed_by: Unit | None = None


@dataclass(frozen=True, slots=True)
class NoEffect:
    """A ``create_all`` that created nothing, or a ``drop_all`` that dropped nothing. ``known`` is how many tables its
    MetaData held."""

    database: str
    metadata: str
    call: str
    known: int
    place: Place
    unit: Unit
    worker: str


@dataclass(frozen=True, slots=True)
class AwaitedDrop:
    """A drop that transactions held open by others stood in the way of; ``holders`` are the lines that took them."""

    database: str
    holders: tuple[Place, ...]
    place: Place
    unit: Unit
    worker: str


@dataclass(frozen=True, slots=True)
class SharedSession:
    """A session that the test of ``unit`` used, and that ``first`` had used before it."""

    session: int
    first: str
    place: Place
    unit: Unit
    worker: str
