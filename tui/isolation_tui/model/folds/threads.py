"""Folding threads that a test or a fixture leaves running."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_isolation import events as ev

from .registry import folds

if TYPE_CHECKING:
    from ..run import Run, Worker


@dataclass(frozen=True, slots=True)
class LeftThread:
    """A thread that was alive after the teardown of the test or fixture during which it started."""

    name: str
    daemon: bool
    place: ev.Place
    """Where the function that it runs is defined."""
    unit: ev.Unit
    worker: str


@folds(ev.ThreadLeftRunning)
def thread_left_running(run: Run, worker: Worker, at: float, fact: ev.ThreadLeftRunning) -> None:
    thread = LeftThread(name=fact.name, daemon=fact.daemon, place=fact.place, unit=fact.unit, worker=worker.name)
    run.threads_left.append(thread)
