"""Statements that a database refused."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_isolation.events import Place, Unit


@dataclass(frozen=True, slots=True)
class FailedStatement:
    """``error`` is the exception's type, ``mark`` stands for its message; ``at`` seconds since the epoch."""

    database: str
    error: str
    mark: str
    place: Place
    unit: Unit
    worker: str
    at: float
