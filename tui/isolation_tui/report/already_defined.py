"""The errors this tool began with: "Table ... is already defined for this MetaData instance"."""

from __future__ import annotations

from ..diagnose import ALREADY_DEFINED as KIND
from ..diagnose import Finding, already_defined

__all__ = ["KIND", "already_defined", "by_table"]


def by_table(findings: list[Finding]) -> dict[str, list[Finding]]:
    """Findings of this class by their table, the table with the most victims first."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.kind == KIND:
            groups.setdefault(", ".join(finding.tables), []).append(finding)
    return dict(sorted(groups.items(), key=lambda item: -sum(len(finding.tests) for finding in item[1])))
