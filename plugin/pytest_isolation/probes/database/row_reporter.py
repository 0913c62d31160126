"""Emit what each unit did to the rows of each table, when the unit ends; and the end of transactions that an earlier
unit left open."""

from typing import Callable, Dict, List, Optional, Tuple

from ...call_sites import caller
from ...events import Place, RowsWritten, Unit
from ...recorder import Recorder
from .commit_ledger import OPEN, Cell, CellKey, Ledger
from .primary_keys import MOST_KEYS

SAVEPOINT, DDL = "savepoint", "ddl"
"""How rows escape a rollback; the others are in :mod:`.enclosing_transactions`."""


class RowReporter:
    """Gathers the cells of the running unit."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._turn = 0
        """Number of the running unit."""
        self._unit: Optional[Unit] = None
        self._places: Dict[Tuple[int, str], Place] = {}
        self._fresh: Dict[int, Cell] = {}
        """id -> cell: those of the running unit, in transactions that have not ended."""
        self._asked: Dict[Tuple[int, str], int] = {}
        """(database, table) -> how often the unit was asked for its rows' primary keys."""
        self._done: Dict[Tuple[CellKey, str, bool, str], Cell] = {}
        """Committed or rolled back since the last unit ended."""
        self.when_written: Optional[Callable[[int, str], None]] = None
        """Called with database and table of each fact."""

    def cell(self, ledger: Ledger, table: str) -> Cell:
        """The cell of the running unit, on the innermost level of the ledger's transaction."""
        cells, key = ledger.levels[-1].cells, (self._turn, ledger.number, table)
        known = cells.get(key)
        if known is not None:
            return known
        if self._unit is None:
            self._unit = self._recorder.unit()
        place = self._places.get((ledger.number, table))
        if place is None:
            place = self._places[ledger.number, table] = caller()
        cell = cells[key] = Cell(self._turn, ledger.number, table, self._unit, place)
        self._fresh[id(cell)] = cell
        return cell

    def wants_keys(self, cell: Cell) -> bool:
        """Whether more primary keys of the unit's rows are to be looked for: the first few times only, however many
        transactions they come in."""
        asked = self._asked.get((cell.database, cell.table), 0)
        if asked >= 2 * MOST_KEYS or len(cell.keys) >= MOST_KEYS:
            return False
        self._asked[cell.database, cell.table] = asked + 1
        return True

    def transaction_ended(self, cell: Cell, state: str) -> None:
        """Its transaction, or its savepoint, has ended."""
        key = ((cell.turn, cell.database, cell.table), state, cell.emitted, cell.way)
        known = self._done.get(key)
        cell.state = state
        self._fresh.pop(id(cell), None)
        if known is None:
            self._done[key] = cell
        else:
            known.absorb(cell)

    def dropped(self, number: int, table: str, pending: List[Cell]) -> None:
        """A table is dropped, and the rows that were written to it with it."""
        for cell in list(self._fresh.values()) + list(self._done.values()) + pending:
            if cell.database == number and cell.table == table:
                cell.drop()

    @property
    def holds_any(self) -> bool:
        """Whether there is something to emit."""
        return bool(self._fresh or self._done)

    def flush(self) -> None:
        """The unit ends: emit its facts."""
        if self._done or self._fresh:
            done, self._done = self._done, {}  # the collector may end a transaction at any moment
            fresh, self._fresh = self._fresh, {}
            for (_, state, said, way), cell in done.items():
                self._emit(cell, state, way, said)
            for cell in fresh.values():
                if cell.state == OPEN:
                    cell.emitted = True
                    self._emit(cell, OPEN, "", False)
        if self._unit is not None:
            self._turn += 1
            self._unit = None
            self._places.clear()
            self._asked.clear()

    def _emit(self, cell: Cell, state: str, way: str, settled: bool) -> None:
        if cell.empty_handed:
            return
        if self.when_written is not None:
            self.when_written(cell.database, cell.table)
        way = way if cell.kept > 0 else ""
        self._recorder.emit(
            RowsWritten(
                database=cell.database,
                table=cell.table,
                inserted=cell.inserted,
                updated=cell.updated,
                deleted=cell.deleted,
                state=state,
                place=cell.place,
                unit=cell.unit,
                inexact=cell.inexact or cell.unsure,
                kept=cell.kept,
                taken=cell.taken,
                emptied=cell.emptied,
                escape=way == SAVEPOINT,
                settled=settled,
                keys=list(cell.keys[: max(cell.kept, 0)]),
                way=way,
                gone=list(cell.gone),
            )
        )
