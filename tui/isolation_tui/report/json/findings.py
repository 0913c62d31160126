"""The document's findings."""

from __future__ import annotations

from ...diagnose import Finding
from ...model import Run
from ...text.wording import relative
from .values import Json, file_and_line


def finding_entry(run: Run, finding: Finding, number: int) -> Json:
    """One finding. ``number`` is its id, by which the tests refer to it."""
    return {
        "class": finding.kind,
        "title": finding.title,
        "grade": finding.grade,
        "culprit": finding.culprit,
        "tables": list(finding.tables),
        "tests": list(finding.tests),
        "evidence": [
            {
                "text": evidence.text,
                **file_and_line(run, evidence.place),
                "function": evidence.place.function,
                "nodeid": evidence.nodeid,
            }
            for evidence in finding.evidence
        ],
        "remedy": finding.remedy,
        "command": finding.command,
        "id": number,
        "code": finding.code,
        "locations": list(finding.locations),
        "harmless": finding.harmless,
        "files": [relative(file, run.rootdir) for file in finding.files],
    }
