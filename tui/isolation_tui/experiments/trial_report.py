"""Read what the plugin reported of a trial, and make its result of it.

The report is untrusted text from a foreign process, which may have died in the middle of a line.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .signature import signature
from .trial import Outcome, TestOutcome, Trial

MESSAGE_LINES = 12
NOT_SO_FAR = "it did not come so far"


@dataclass(slots=True)
class TrialReport:
    """The lines of one report, gathered by kind."""

    outcomes: list[TestOutcome] = field(default_factory=list)
    running: str = ""
    """The test that had started and not ended, when the report ended."""
    collected: bool = False
    missing: list[str] = field(default_factory=list)
    imported: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    root: str = ""
    plain: list[str] = field(default_factory=list)
    servers: dict[str, dict[str, int]] = field(default_factory=dict)
    """URLs of servers' databases, with the rows of each table that they held when the trial began."""
    servers_at_call: dict[str, dict[str, int]] = field(default_factory=dict)
    """The same, when the fixtures of its first test were set up."""
    servers_used: list[str] = field(default_factory=list)
    undone: str | None = None
    """Why the location could not be undone, '' if it was, None if it did not come so far."""
    reorderers: list[str] = field(default_factory=list)
    """Plugins that were about to change the order of the chosen tests."""
    done: bool = False


def read_report(path: Path) -> TrialReport:
    """What there is of the report at ``path``; an empty one where there is none."""
    report = TrialReport()
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return report
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            continue  # cut off by the end of the process
        if isinstance(record, dict):
            _take(report, record)
    return report


def _take(report: TrialReport, record: dict[str, Any]) -> None:
    match record.get("kind"):
        case "start":
            report.running = _text(record, "nodeid")
        case "end":
            report.running = ""
            report.outcomes.append(_outcome(record))
        case "collected":
            report.collected = True
            report.missing = _texts(record, "missing")
            report.imported = _texts(record, "imported")
            report.errors = _texts(record, "errors")
        case "plain":
            report.root, report.plain = _text(record, "root"), _texts(record, "arguments")
        case "servers":
            report.servers = _counts(record.get("counts"))
        case "servers_at_call":
            report.servers_at_call = _counts(record.get("counts"))
        case "servers_used":
            report.servers_used = _texts(record, "urls")
        case "undone":
            report.undone = _text(record, "problem")
        case "reordered":
            report.reorderers = _texts(record, "by")
        case "problem":
            report.problems.append(_text(record, "text"))
        case "done":
            report.done = True


def _outcome(record: dict[str, Any]) -> TestOutcome:
    try:
        outcome = Outcome(_text(record, "outcome"))
    except ValueError:
        outcome = Outcome.NOT_RUN
    message, phase = _text(record, "message"), _text(record, "phase")
    kind = _text(record, "error_type")
    return TestOutcome(
        nodeid=_text(record, "nodeid"),
        outcome=outcome,
        signature=signature(kind, message, phase) if outcome.bad else "",
        phase=phase,
        message=_for_people(kind, message) if outcome.bad else "",
    )


def _for_people(kind: str, message: str) -> str:
    text = message if message.startswith(kind) else f"{kind.rpartition('.')[2]}: {message}"
    return "\n".join(text.splitlines()[:MESSAGE_LINES])


def _text(record: dict[str, Any], name: str) -> str:
    value = record.get(name)
    return value if isinstance(value, str) else ""


def _texts(record: dict[str, Any], name: str) -> list[str]:
    value = record.get(name)
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _counts(value: object) -> dict[str, dict[str, int]]:
    found = value if isinstance(value, dict) else {}
    return {
        url: {name: count for name, count in tables.items() if isinstance(count, int)}
        for url, tables in found.items()
        if isinstance(url, str) and isinstance(tables, dict)
    }


@dataclass(frozen=True, slots=True)
class Ending:
    """How a trial's process ended. ``status`` is its exit status, or minus the signal that ended it; ``output`` the
    last of what it printed."""

    status: int
    timed_out: bool = False
    stopped: bool = False
    output: str = ""


def outcomes_and_problem(
    trial: Trial, report: TrialReport, ending: Ending, limit: float
) -> tuple[tuple[TestOutcome, ...], str]:
    """The outcomes of a trial, and why they show nothing ('' if they do)."""
    outcomes = list(report.outcomes)
    if report.running:
        outcome = Outcome.TIMED_OUT if ending.timed_out else Outcome.NOT_RUN if ending.stopped else Outcome.CRASHED
        outcomes.append(TestOutcome(report.running, outcome))
    outcomes += [TestOutcome(nodeid, Outcome.NOT_RUN) for nodeid in trial.tests[len(outcomes) :]]
    problem = _problem(report, ending, limit)
    if not problem and trial.undo is not None and report.undone != "":
        problem = f"{trial.undo.label} could not be undone: {report.undone or NOT_SO_FAR}"
    return tuple(outcomes), problem


def _problem(report: TrialReport, ending: Ending, limit: float) -> str:
    where = f" while {report.running} ran" if report.running else ""
    if ending.stopped:
        return "the trial was stopped"
    if ending.timed_out:
        return f"the trial took longer than {limit:.0f} s{where}"
    if not report.collected:
        return _not_collected(report, ending)
    if report.imported:
        return f"{report.imported[0]} could not be left out: another module imports it"
    if report.missing:
        return _missing(report)
    if report.problems:
        return report.problems[0] + where
    if not report.done or report.running:
        return f"the interpreter {_ended_how(ending.status)}{where}"
    return ""


def _not_collected(report: TrialReport, ending: Ending) -> str:
    if report.problems:
        return report.problems[0]
    last = next((line.strip() for line in reversed(ending.output.splitlines()) if line.strip()), "")
    said = f": {last[:300]}" if last else ""
    return f"pytest {_ended_how(ending.status)} before it had collected the tests{said}"


def _missing(report: TrialReport) -> str:
    others = f" and {len(report.missing) - 1} more" if len(report.missing) > 1 else ""
    because = f" ({report.errors[0].splitlines()[-1][:300]})" if report.errors else ""
    return f"{report.missing[0]}{others} was not collected{because}"


def _ended_how(status: int) -> str:
    return f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
