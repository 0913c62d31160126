"""How the run records each kind of fact: the register of folds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from ..run import Run, Worker

F = TypeVar("F")
Fold = Callable[["Run", "Worker", float, F], None]

FOLDS: dict[type, Fold[Any]] = {}
"""Kind of fact -> the function that records it. Facts of other kinds change nothing."""


def folds(kind: type[F]) -> Callable[[Fold[F]], Fold[F]]:
    """Register a function as the one that records facts of this kind: ``fold(run, worker, at, fact)``, where ``worker``
    sent the fact at that moment (seconds since the epoch)."""

    def register(fold: Fold[F]) -> Fold[F]:
        assert kind not in FOLDS, f"{kind.__name__} has two folds"
        FOLDS[kind] = fold
        return fold

    return register
