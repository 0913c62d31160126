"""From a run to findings: one small file a failure class. No clock, no I/O, no screen."""

from __future__ import annotations

from ..model import Run
from . import table_already_defined
from .finding import Evidence, Finding
from .table_already_defined import KIND as ALREADY_DEFINED
from .table_already_defined import already_defined

__all__ = ["ALREADY_DEFINED", "Evidence", "Finding", "already_defined", "diagnose"]

_CLASSES = (table_already_defined,)


def diagnose(run: Run) -> list[Finding]:
    """All findings, the one with the most victims first."""
    findings = [finding for module in _CLASSES for finding in module.find(run)]
    return sorted(findings, key=lambda finding: -len(finding.tests))
