"""Draw findings from a run: one small file for each failure class, or family of classes. No clock, no I/O, no screen.

Each class has ``find(run, unexplained)``, which returns its findings; ``unexplained`` are the failing tests, in run
order, that no class before it explained. So a failing test is in one finding only, and the most specific class comes
first in the list below.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ..model import Run, Test
from . import (
    class_mapped_twice,
    database_in_use,
    database_locked,
    ddl_without_effect,
    detached_instance,
    drop_waits,
    ids_not_reset,
    index_exists,
    instance_in_two_sessions,
    left_open,
    memory_database,
    model_not_registered,
    no_application_context,
    other_event_loop,
    pending_rollback,
    pool_exhausted,
    process_state,
    residue,
    scope_mismatch,
    shared_by_workers,
    sqlite_other_thread,
    table_already_defined,
    table_missing,
    transaction_out_of_turn,
)
from .finding import Evidence, Finding
from .table_already_defined import KIND as ALREADY_DEFINED
from .table_already_defined import already_defined

__all__ = ["ALREADY_DEFINED", "Evidence", "Finding", "already_defined", "diagnose"]


class FailureClass(Protocol):
    """A failure class: a module, or a row of a table of classes."""

    def find(self, run: Run, unexplained: Sequence[Test]) -> list[Finding]: ...


_CLASSES: tuple[FailureClass, ...] = (
    table_already_defined,
    class_mapped_twice,
    shared_by_workers,
    index_exists,
    memory_database,
    table_missing,
    model_not_registered,
    sqlite_other_thread,
    pool_exhausted,
    database_in_use,
    database_locked,
    drop_waits,
    pending_rollback,
    detached_instance,
    instance_in_two_sessions,
    transaction_out_of_turn,
    no_application_context,
    scope_mismatch,
    other_event_loop,
    left_open,
    ddl_without_effect,
    ids_not_reset,
    *residue.CLASSES,
    # After the rows: a table is seen to be read, while state in a test's reach may have been read. A cached value is
    # used by every caller, a setting may be looked up in passing.
    *process_state.CLASSES,
)
"""The most specific first."""


def diagnose(run: Run) -> list[Finding]:
    """All findings: causes of failures before harmless ones, most victims first."""
    findings: list[Finding] = []
    unexplained = [test for test in run.order if test.failure is not None]
    for failure_class in _CLASSES:
        found = failure_class.find(run, unexplained)
        explained = {nodeid for finding in found if not finding.harmless for nodeid in finding.tests}
        unexplained = [test for test in unexplained if test.nodeid not in explained]
        findings += found
    return sorted(findings, key=lambda finding: (finding.harmless, -len(finding.tests)))
