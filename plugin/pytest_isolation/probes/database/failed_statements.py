"""Emit statements that a database refused: a session may report such an error long afterwards."""

from typing import Any, Set

from ...call_sites import caller
from ...events import StatementFailed, Unit, mark_of
from ...recorder import Recorder
from .databases import Databases
from .engine_hooks import EngineHooks

PROBE = "failures"
MOST_ERRORS = 3
"""How many different errors are emitted for one unit."""


class FailureProbe:
    """Emits the first few different errors of each unit."""

    def __init__(self, recorder: Recorder, databases: Databases) -> None:
        self._recorder = recorder
        self._databases = databases
        self._unit = Unit()
        self._said: Set[str] = set()
        """Marks of the errors of ``_unit``."""

    def failed(self, context: Any) -> None:
        recorder, conn = self._recorder, context.connection
        unit = recorder.unit()
        if unit != self._unit:
            self._unit, self._said = unit, set()
        if conn is None or len(self._said) >= MOST_ERRORS:
            return
        error = context.original_exception
        mark = mark_of(str(error))
        if mark in self._said:
            return
        self._said.add(mark)
        number = self._databases.number(conn) or 0
        recorder.emit(StatementFailed(number, type(error).__name__, mark, caller(3), unit))


def arm(recorder: Recorder, hooks: EngineHooks, databases: Databases) -> None:
    """Listen from now on."""
    hooks.listen(PROBE, "handle_error", FailureProbe(recorder, databases).failed)
