"""Conclusions after trials: suspicions that hold are verified, those that do not give way to what was proven."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import replace

from pytest_isolation.events import Place

from ..diagnose import Evidence, Finding
from ..diagnose.conclusions import Conclusions, conclusions_of
from ..model import Author, Run, Test
from ..model.authors import UNKNOWN, author_of_test
from .trial import Location
from .verdict import Kind, Verdict
from .verdict_text import explanation, headline, trials_in_one_line

_PREFIXES = {"environment": "env", "memoised": "cache", "app_config": "config"}


def with_verdicts(run: Run, found: Conclusions, verdicts: Iterable[Verdict]) -> Conclusions:
    """The conclusions, corrected by what trials have proven.

    A victim stays in its finding, with the grade of the proof, if the finding charges whom the trials name, or its
    location; otherwise it moves into a finding that says what was proven. Victims without a verdict, or with one that
    names no polluter (flaky, not reproduced, unknown), stay suspected.
    """
    by_victim = {verdict.victim: verdict for verdict in verdicts}
    if not by_victim:
        return found
    kept: list[Finding] = []
    moved: dict[str, Verdict] = {}
    for finding in found.findings:
        kept += _judged(run, finding, by_victim, moved)
    explained = {nodeid for finding in kept if not finding.harmless for nodeid in finding.tests}
    for nodeid, verdict in by_victim.items():
        if nodeid not in explained and (verdict.proven or verdict.kind is Kind.FAILS_ALONE):
            moved.setdefault(nodeid, verdict)
    return conclusions_of(run, [*_proven_findings(run, moved.values()), *kept], found.leaks)


def _judged(
    run: Run, finding: Finding, verdicts: Mapping[str, Verdict], moved: dict[str, Verdict]
) -> Iterable[Finding]:
    """The finding as far as it holds: its verified victims with their grade, and those without a verdict."""
    if finding.harmless:
        yield finding
        return
    grades: dict[str, list[str]] = {}
    for nodeid in finding.tests:
        verdict = verdicts.get(nodeid)
        if verdict is None or not (verdict.proven or verdict.kind in (Kind.FAILS_ALONE, Kind.NON_IDEMPOTENT)):
            grades.setdefault(finding.grade, []).append(nodeid)
        elif _agrees(run, finding, verdict):
            grades.setdefault(verdict.grade or "C", []).append(nodeid)
        else:
            moved[nodeid] = verdict
    for grade, nodeids in grades.items():
        own = [verdicts[nodeid] for nodeid in nodeids if nodeid in verdicts]
        yield replace(finding, tests=tuple(nodeids), grade=grade, evidence=(*finding.evidence, *_trials(own[:1])))


def _agrees(run: Run, finding: Finding, verdict: Verdict) -> bool:
    """Whether the finding charges one whom the trials name."""
    victim = run.tests.get(verdict.victim)
    if verdict.kind is Kind.FAILS_ALONE:
        return victim is not None and _has_fixture(victim, finding.author)
    if verdict.grade == "A" and verdict.location is not None and _label(verdict.location) in finding.locations:
        return True
    named = {nodeid for each in (*verdict.polluters, *verdict.setters) for nodeid in each}
    if finding.author.nodeid:
        return finding.author.nodeid in named
    return any(_has_fixture(run.tests[nodeid], finding.author) for nodeid in named if nodeid in run.tests)


def _has_fixture(test: Test, author: Author) -> bool:
    return author.is_fixture and any(life.author == author for life in test.lives)


def _label(location: Location) -> str:
    """As findings name locations: ``engine.table``, ``env:NAME``."""
    if location.kind in ("rows", "table", "metadata"):
        return f"{location.database}.{location.name}"
    return f"{_PREFIXES.get(location.kind, location.kind)}:{location.name}"


def _proven_findings(run: Run, verdicts: Iterable[Verdict]) -> list[Finding]:
    """One finding for all victims of the same tests and location."""
    groups: dict[tuple[object, ...], list[Verdict]] = {}
    for verdict in verdicts:
        sets = (verdict.polluters, verdict.setters, verdict.polluting_files)
        key = (verdict.kind, *sets, verdict.location) if verdict.proven else (verdict.kind, verdict.signature)
        groups.setdefault(key, []).append(verdict)
    return [_proven_finding(run, members) for members in groups.values()]


def _proven_finding(run: Run, verdicts: list[Verdict]) -> Finding:
    first = verdicts[0]
    named = next(iter(first.polluters or first.setters), ())
    location = first.location
    return Finding(
        kind=first.kind.value,
        title=headline(first) + (f", and {len(verdicts) - 1} more do" if len(verdicts) > 1 else ""),
        tests=tuple(verdict.victim for verdict in verdicts),
        evidence=(*(Evidence(text) for text in explanation(first)), *_trials(verdicts[:1])),
        remedy=_remedy(first),
        author=author_of_test(run, named[0]) if len(named) == 1 and first.polluters else UNKNOWN,
        command=shlex.join(first.command),
        grade=first.grade or "C",
        tables=(location.name,) if location is not None and location.kind in ("rows", "table", "metadata") else (),
        locations=(_label(location),) if location is not None else (),
    )


def _remedy(verdict: Verdict) -> str:
    if verdict.kind is Kind.FAILS_ALONE:
        return "Fix the test or the code it tests: no other test is involved."
    if verdict.setters:
        return "Let the test set up what it needs, in a fixture that it asks for."
    where = f" ({verdict.location.label})" if verdict.location is not None else ""
    return f"Let the polluter undo what it changes{where}, in a fixture's teardown or with monkeypatch."


def _trials(verdicts: Iterable[Verdict]) -> Iterable[Evidence]:
    for verdict in verdicts:
        line = trials_in_one_line(verdict.trials[:4], verdict.signature)
        yield Evidence(f"Trials of {verdict.victim}: {line}", Place(), verdict.victim)
