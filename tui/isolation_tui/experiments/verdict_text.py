"""A verdict in words, and as a document: one place for what people and programs are shown.

Names and messages are the suite's own text: a view cleans them before it shows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..text.wording import listed
from .question import Candidate, name_of
from .trial import Location, Trial, TrialResult
from .verdict import Kind, TestSet, Verdict

PASSED, FAILED, NOTHING = "✔", "✘", "?"
NAMED = 3
"""How many tests of a set, and how many refuted candidates, are named."""

_HEADLINES = {
    Kind.ORDER_DEPENDENT: "{victim} passes alone and fails after {polluters}",
    Kind.NEEDS_EARLIER_TEST: "{victim} fails alone and passes after {setters}",
    Kind.FAILS_ALONE: "{victim} fails alone too: no other test is to blame",
    Kind.NON_IDEMPOTENT: "{victim} passes once and fails when it runs again",
    Kind.FLAKY: "{victim} is flaky: {failures} of {runs} equal trials failed",
    Kind.NOT_REPRODUCED: "The failure of {victim} did not happen again",
    Kind.UNKNOWN: "Why {victim} fails is unknown, because {reason}",
}
_BY_IMPORT = "{victim} fails alone once {files} is imported"
_OTHERWISE = "{victim} fails alone with another error; after {polluters} it fails as observed"
_ALWAYS_PASSED = "{victim} passes in every trial"

_CARRIERS = {
    "A": "It is carried by {location}: undone right before {victim}, {victim} {healed}.",
    "B": "It is probably carried by {location}, which could not be undone to make sure.",
    "C": "What carries it is not known.",
}


def headline(verdict: Verdict) -> str:
    """The verdict in one line."""
    return _template(verdict).format(
        victim=name_of(verdict.victim),
        polluters=either(verdict.polluters),
        setters=either(verdict.setters),
        files=either(verdict.polluting_files),
        failures=verdict.failures,
        runs=verdict.runs,
        reason=verdict.reason,
    )


def _template(verdict: Verdict) -> str:
    if verdict.polluting_files:
        return _BY_IMPORT
    if verdict.kind is Kind.NEEDS_EARLIER_TEST and not verdict.setters:
        return _OTHERWISE
    if verdict.kind is Kind.NOT_REPRODUCED and not verdict.signature:
        return _ALWAYS_PASSED
    return _HEADLINES[verdict.kind]


def explanation(verdict: Verdict) -> list[str]:
    """What else is known, in sentences."""
    sentences = []
    if verdict.proven:
        sentences.append(_carrier(verdict))
    if verdict.setters and verdict.polluters:
        sentences.append(f"After {either(verdict.polluters)} it fails as observed.")
    if verdict.cleaners:
        sentences.append(f"In the observed order {either(verdict.cleaners)} cleans up in between.")
    if verdict.found_without_evidence:
        sentences.append("Found without evidence, by bisection: nothing that was observed points there.")
    if verdict.unconfirmed:
        sentences.append(f"Plain pytest could not confirm it in a new process: {verdict.unconfirmed}.")
    if verdict.complete:
        sentences.append(f"Nothing else in this order does: without it, {_control(verdict)}.")
    elif verdict.proven and verdict.reason:
        sentences.append(f"There may be others: {verdict.reason}.")
    elif verdict.reason and verdict.kind is not Kind.UNKNOWN:
        sentences.append(f"{verdict.reason[0].upper()}{verdict.reason[1:]}.")
    sentences += [_refuted(candidate) for candidate in verdict.refuted[:NAMED]]
    return sentences


def _carrier(verdict: Verdict) -> str:
    healed = "passes" if verdict.polluters or verdict.polluting_files else "fails again"
    location = verdict.location.label if verdict.location is not None else ""
    return _CARRIERS[verdict.grade].format(location=location, victim=name_of(verdict.victim), healed=healed)


def _control(verdict: Verdict) -> str:
    return "it fails as it does alone" if verdict.setters else "it passes"


def _refuted(candidate: Candidate) -> str:
    reason = f" ({candidate.reason})" if candidate.reason else ""
    return f"Refuted: {together(candidate.tests or (candidate.file,))}{reason}."


def either(sets: Sequence[TestSet]) -> str:
    """``test_a``, or ``test_a and test_b together, or after test_c``."""
    return ", or after ".join(together(each) for each in sets)


def together(items: TestSet) -> str:
    """The items of one set, all of which are needed."""
    names = [name_of(item) for item in items]
    if len(names) > NAMED:
        return f"{', '.join(names[:NAMED])} and {len(names) - NAMED} more together"
    return f"{listed(names)} together" if len(names) > 1 else listed(names)


def trial_line(result: TrialResult, signature: str) -> str:
    """One trial: ``after test_import ✘``. ``signature`` is that of the failure in question."""
    victim = result.victim
    why = result.trial.why or "trial"
    if result.problem or victim is None:
        return f"{why} {NOTHING} ({result.problem or 'it did not run'})"
    if victim.outcome.good:
        return f"{why} {PASSED}"
    if victim.phase == "teardown" and not signature.startswith("teardown"):
        return f"{why} {PASSED} (its teardown failed)"
    other = " (another error)" if signature and victim.signature and victim.signature != signature else ""
    return f"{why} {FAILED}{other}"


def trial_lines(verdict: Verdict) -> list[str]:
    """All trials, in the order they were made."""
    return [trial_line(result, verdict.signature) for result in verdict.trials]


def trials_in_one_line(results: Iterable[TrialResult], signature: str) -> str:
    """``alone ✔ · after test_import ✘ · after test_import, without row 7 of products ✔``."""
    return " · ".join(trial_line(result, signature) for result in results)


def to_document(verdict: Verdict) -> dict[str, Any]:
    """The verdict as plain values, for JSON.

    ``polluters``, ``setters`` and ``cleaners`` are node ids (or, where an import pollutes, files): the first minimal
    set that was proven. The keys that end in ``_sets`` hold all of them.
    """
    return {
        "victim": verdict.victim,
        "verdict": verdict.kind.value,
        "headline": headline(verdict),
        "explanation": explanation(verdict),
        "polluters": _first(verdict.polluting_files) or ([] if verdict.setters else _first(verdict.polluters)),
        "setters": _first(verdict.setters),
        "cleaners": _first(verdict.cleaners),
        "polluter_sets": _lists(verdict.polluters),
        "setter_sets": _lists(verdict.setters),
        "cleaner_sets": _lists(verdict.cleaners),
        "polluting_files": _lists(verdict.polluting_files),
        "location": _location(verdict.location),
        "grade": verdict.grade,
        "complete": verdict.complete,
        "found_without_evidence": verdict.found_without_evidence,
        "refuted": [_candidate(candidate) for candidate in verdict.refuted],
        "reason": verdict.reason,
        "unconfirmed": verdict.unconfirmed,
        "failures": verdict.failures,
        "runs": verdict.runs,
        "trials": [_trial(result) for result in verdict.trials],
        "command": list(verdict.command),
    }


def _first(sets: Sequence[TestSet]) -> list[str]:
    return list(sets[0]) if sets else []


def _lists(sets: Iterable[TestSet]) -> list[list[str]]:
    return [list(each) for each in sets]


def _location(location: Location | None) -> dict[str, Any] | None:
    if location is None:
        return None
    return {
        "kind": location.kind,
        "name": location.name,
        "database": location.database,
        "keys": list(location.keys),
        "label": location.label,
    }


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {
        "tests": list(candidate.tests),
        "file": candidate.file,
        "location": _location(candidate.location),
        "reason": candidate.reason,
    }


def _trial(result: TrialResult) -> dict[str, Any]:
    victim = result.victim
    trial: Trial = result.trial
    return {
        "why": trial.why,
        "tests": list(trial.tests),
        "undo": _location(trial.undo),
        "without_files": list(trial.without_files),
        "fresh": result.fresh,
        "outcome": victim.outcome.value if victim is not None else None,
        "signature": victim.signature if victim is not None else "",
        "message": victim.message if victim is not None else "",
        "start": result.start,
        "seconds": result.seconds,
        "problem": result.problem,
    }
