"""Transactions that a fixture begins in its set-up and holds open around tests.

What is committed meanwhile on another connection of the same database is not undone by their rollback.
"""

import threading
from typing import Any, Dict, NamedTuple

from ...recorder import Recorder
from .commit_ledger import Ledger
from .databases import Databases
from .drivers import connection_of

BESIDE, THREAD = "beside", "thread"


class Held(NamedTuple):
    database: int
    life: int


class EnclosingTransactions:
    """Knows which transactions are open around the running unit."""

    def __init__(self, recorder: Recorder, databases: Databases) -> None:
        self._recorder = recorder
        self._databases = databases
        self.held: Dict[int, Held] = {}
        """id of the driver's connection -> the fixture that began its transaction. Mostly empty."""

    def begins(self, conn: Any) -> None:
        """Called for each transaction; notes those that begin in the set-up of a fixture."""
        stage = self._recorder.unit_stack
        if stage and stage[-1][1] == "setup":
            number, dbapi = self._databases.number(conn), connection_of(conn)
            if number is not None and dbapi is not None:
                self.held[id(dbapi)] = Held(number, stage[-1][0])

    def ended(self, connection: int) -> None:
        """The transaction on it, by the id of the driver's connection."""
        if self.held:
            self.held.pop(connection, None)

    def way(self, ledger: Ledger) -> str:
        """How what is committed now, on this ledger's connection, escapes; '' where it does not."""
        stage = self._recorder.unit_stack
        own = stage[-1][0] if stage else 0
        for connection, held in list(self.held.items()):
            if held.database == ledger.number and connection != ledger.connection and held.life != own:
                return BESIDE if threading.get_ident() == threading.main_thread().ident else THREAD
        return ""

    def unit_ends(self) -> None:
        """A fixture that was torn down holds no transaction, even if it left one open."""
        stage = self._recorder.unit_stack
        if self.held and stage and stage[-1][1] == "teardown":
            gone = stage[-1][0]
            self.held = {connection: held for connection, held in self.held.items() if held.life != gone}
