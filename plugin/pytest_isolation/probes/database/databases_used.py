"""Emit the databases that a test sent statements to, itself or through its fixtures."""

from typing import Any, Dict, List

from ...events import DatabasesUsed
from ...recorder import Recorder
from .databases import Databases


class UsedDatabases:
    """Collects the databases used since the test began."""

    def __init__(self, recorder: Recorder, databases: Databases) -> None:
        self._recorder = recorder
        self._databases = databases
        self.used: Dict[int, int] = {}
        """id(pool) -> its database, for the pools of the engines used since the test began. Always the same object."""
        self._pools_gone: List[int] = []
        databases.when_pool_gone.append(self._pools_gone.append)

    def __call__(self, conn: Any) -> bool:
        """First statement of this test on this engine. False for that of a fixture that cleans up: it does not make the
        test, which may be another than it served, look at its database."""
        stage = self._recorder.unit_stack
        if stage and stage[-1][1] == "teardown":
            return False
        self._forget_pools()
        number = self._databases.number(conn)
        if number is not None:
            self.used[id(conn.engine.pool)] = number
        return True

    def test_boundary(self) -> None:
        """A test starts or has ended."""
        if self.used:
            used = sorted(set(self.used.values()))
            self.used.clear()
            if self._recorder.phase == "teardown":
                self._recorder.emit(DatabasesUsed(self._recorder.nodeid, used))
        self._forget_pools()

    def _forget_pools(self) -> None:
        if self._pools_gone:
            gone, self._pools_gone[:] = list(self._pools_gone), []
            for pool in gone:
                self.used.pop(pool, None)
