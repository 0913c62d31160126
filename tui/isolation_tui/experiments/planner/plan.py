"""The plan: first the victim alone, then what that calls for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ...text.wording import listed
from ..question import Candidate, Question, file_of, name_of
from ..trial import Location, Trial
from ..verdict import Kind, TestSet, Verdict
from .draft import Draft
from .notebook import EqualTrialsDiffer, Inconclusive, Notebook, Seen, Steps
from .proof import EXTRA_CONFIRMATIONS, Control, SuspectedLocation, confirm, find_location
from .search import Search

HUNTED = 10
"""Candidates that are tried one by one with a test that passed."""
FEW = 3
"""As many tests are named; of more, their number."""


def plan(question: Question) -> Steps[Verdict]:
    """Yields trials, is sent their results, and returns the verdict."""
    notebook = Notebook(question)
    draft = Draft(question)
    try:
        yield from _explore(draft, notebook)
    except EqualTrialsDiffer as differ:
        draft.flaky(differ.failures, differ.runs, differ.why)
    except Inconclusive as stop:
        draft.stopped(stop.reason)
    return draft.verdict(notebook)


def _explore(draft: Draft, notebook: Notebook) -> Steps[None]:
    question = notebook.question
    alone = Trial((question.victim,), question.victim, why="alone")
    seen = yield from notebook.run(alone)
    if seen is Seen.NOTHING:
        raise Inconclusive(notebook.problem)
    if seen is Seen.PASSED:
        control = Control(alone, seen)
        yield from _victim(draft, notebook, control) if question.signature else _hunted(draft, notebook, control)
    elif not question.signature:
        yield from _brittle(draft, notebook, alone)
    elif seen is Seen.SAME:
        yield from _fails_alone(draft, notebook, alone)
    else:
        yield from _fails_otherwise_alone(draft, notebook, alone)


def _victim(draft: Draft, notebook: Notebook, control: Control) -> Steps[None]:
    """It passes alone and failed in the suite: find its polluters."""
    search = _tests(notebook, Seen.SAME)
    found = yield from search.first()
    draft.refuted = search.refuted(notebook.question.ranked, _tests_of)
    if found is None:
        yield from _not_reproduced(draft, notebook, search)
        return
    draft.found_without_evidence = not found.from_evidence
    non_idempotent = found.items == (notebook.question.victim,)
    draft.kind = Kind.NON_IDEMPOTENT if non_idempotent else Kind.ORDER_DEPENDENT
    yield from _prove(draft, notebook, search, control, found.items, draft.polluters)


def _prove(
    draft: Draft, notebook: Notebook, search: Search, control: Control, first: TestSet, proven: list[TestSet]
) -> Steps[None]:
    """Prove the first set, then look for further ones until the outcome is the control's without them."""
    question = notebook.question
    locations = _locations(question, first)
    location, grade = yield from find_location(notebook, search, first, control, locations)
    yield from confirm(notebook, search, first, control, location if grade == "A" else None)
    proven.append(first)
    draft.location, draft.grade, draft.shown = location, grade, search.trial(first)
    draft.unconfirmed = search.unconfirmed.get(first, "")
    if not question.further:
        return
    blocked: set[TestSet] = set()
    while len(proven) < question.most_sets:
        found = yield from search.further(proven, control.seen, blocked)
        if found is None:
            draft.complete = True
            return
        yield from confirm(notebook, search, found, control, extra=0)
        proven.append(found)
    draft.reason = f"stopped looking after {len(proven)} of them"


def _not_reproduced(draft: Draft, notebook: Notebook, search: Search) -> Steps[None]:
    """Neither a candidate nor the whole order makes it fail as observed. A pass is repeated before it is believed."""
    if search.whole is Seen.OTHER:
        raise Inconclusive("after the same tests in the same order it fails with another error than observed")
    if search.whole is Seen.NOTHING:
        raise Inconclusive(notebook.problem)
    again = [search.trial(search.tried[0])] if search.tried else []
    again += [search.trial(search.items)] if search.items else []
    for trial in again:
        for _ in range(notebook.question.repeats):
            seen = yield from notebook.run(replace(trial, why=f"{trial.why} again"))
            if seen is Seen.SAME:
                raise notebook.differing(trial)
    draft.kind = Kind.NOT_REPRODUCED
    draft.reason = "it passes alone, and after the same tests in the same order"


def _hunted(draft: Draft, notebook: Notebook, control: Control) -> Steps[None]:
    """It passed in the suite and passes alone: does it fail after one of the candidates, or after itself?"""
    question = notebook.question
    suspects = [candidate.tests for candidate in question.ranked if candidate.tests]
    twice = [(question.victim,)] if question.twice else []
    search = _tests(notebook, Seen.SAME, [*twice, *suspects], HUNTED)
    found = yield from search.among_candidates(search.items)
    draft.refuted = search.refuted(question.ranked, _tests_of)
    if found is None:
        draft.kind = Kind.NOT_REPRODUCED
        draft.reason = "it passes in the suite, alone, and after each candidate"
        return
    location, grade = yield from find_location(
        notebook, search, found.items, control, _locations(question, found.items)
    )
    yield from confirm(notebook, search, found.items, control, location if grade == "A" else None)
    draft.kind = Kind.NON_IDEMPOTENT if found.items == (question.victim,) else Kind.ORDER_DEPENDENT
    draft.polluters.append(found.items)
    draft.location, draft.grade, draft.shown = location, grade, search.trial(found.items)
    draft.unconfirmed = search.unconfirmed.get(found.items, "")
    if question.further and draft.kind is Kind.ORDER_DEPENDENT:
        yield from _find_cleaner(draft, notebook, found.items)


def _find_cleaner(draft: Draft, notebook: Notebook, polluters: TestSet) -> Steps[None]:
    """Which tests between the polluter and the victim heal it: the suite passed."""
    question = notebook.question
    order = question.earlier_ids
    start = order.index(polluters[0])

    def trial(cleaners: TestSet) -> Trial:
        among = {*polluters, *cleaners}
        tests = tuple(test for test in order if test in among)
        why = f"{_after(polluters)}, with {_names(cleaners, 'tests between')}"
        return Trial((*tests, question.victim), question.victim, why=why)

    between = [test for test in order[start:] if test not in polluters]
    search = Search(notebook, between, Seen.PASSED, trial)
    found = yield from search.first()
    if found is not None and (yield from notebook.run(trial(found.items))) is Seen.PASSED:
        draft.cleaners.append(found.items)


def _brittle(draft: Draft, notebook: Notebook, alone: Trial) -> Steps[None]:
    """It passed in the suite and fails alone: find its state-setters."""
    notebook.adopt_failure()
    search = _tests(notebook, Seen.PASSED)
    found = yield from search.first()
    draft.refuted = search.refuted(notebook.question.ranked, _tests_of)
    if found is None:
        if (yield from notebook.run(replace(alone, why="alone again"))) is Seen.PASSED:
            raise notebook.differing(alone)
        raise Inconclusive(
            "it passed in the observed run, but now fails alone and after the same tests: "
            "something that this run left may outlive its process"
        )
    draft.found_without_evidence = not found.from_evidence
    draft.kind = Kind.NEEDS_EARLIER_TEST
    yield from _prove(draft, notebook, search, Control(alone, Seen.SAME), found.items, draft.setters)


def _fails_alone(draft: Draft, notebook: Notebook, alone: Trial) -> Steps[None]:
    """It fails alone as it did in the suite: on its own account, unless the import of another test file does it."""
    own = file_of(alone.victim)
    known = notebook.signature in notebook.question.own_failures
    others = () if known else tuple(file for file in notebook.question.files if file != own)
    why = "alone, with its own file only" if others else "alone again"
    control = replace(alone, without_files=others, fresh=not known, why=why)
    seen = yield from notebook.run(control)
    if seen is Seen.PASSED:
        if not others:
            raise notebook.differing(alone)
        yield from _polluting_files(draft, notebook, others, control)
        return
    if seen is Seen.NOTHING and (yield from notebook.run(replace(alone, why="alone again"))) is Seen.PASSED:
        raise notebook.differing(alone)
    for _ in range(EXTRA_CONFIRMATIONS if alone.victim in notebook.question.noise else 0):
        if (yield from notebook.run(replace(alone, why="alone again"))) is Seen.PASSED:
            raise notebook.differing(alone)
    draft.kind = Kind.FAILS_ALONE
    draft.shown = alone


def _polluting_files(draft: Draft, notebook: Notebook, others: tuple[str, ...], control: Trial) -> Steps[None]:
    """It fails alone once other test files are imported: find these files."""
    question = notebook.question

    def trial(files: TestSet) -> Trial:
        left_out = tuple(file for file in others if file not in files)
        return Trial(
            control.tests, control.victim, without_files=left_out, why=f"alone, importing {_names(files, 'files')}"
        )

    suspects = [(candidate.file,) for candidate in question.ranked if candidate.file]
    search = Search(notebook, others, Seen.SAME, trial, suspects, confirm_fresh=False)
    found = yield from search.first()
    draft.refuted = search.refuted(question.ranked, _files_of)
    if found is None:
        raise notebook.differing(Trial(control.tests, control.victim))
    draft.found_without_evidence = not found.from_evidence
    draft.kind = Kind.ORDER_DEPENDENT
    yield from _prove(draft, notebook, search, Control(control, Seen.PASSED), found.items, draft.polluting_files)


def _fails_otherwise_alone(draft: Draft, notebook: Notebook, alone: Trial) -> Steps[None]:
    """It fails alone, but in the suite with another error: earlier tests change what it gets to see."""
    first = notebook.last_failure()
    yield from notebook.run(replace(alone, why="alone again"))
    if notebook.last_failure() != first:
        raise notebook.differing(alone)
    search = _tests(notebook, Seen.SAME)
    found = yield from search.first()
    if found is None:
        raise Inconclusive("it fails alone with another error than observed, and the observed one did not come again")
    draft.found_without_evidence = not found.from_evidence
    draft.kind = Kind.NEEDS_EARLIER_TEST
    draft.reason = "alone it fails with another error than in the suite"
    setters = yield from _setters_within(notebook, search, found.items)
    yield from confirm(notebook, search, found.items, Control(alone, Seen.OTHER))
    draft.polluters.append(found.items)
    draft.grade, draft.shown = "C", search.trial(found.items)
    draft.unconfirmed = search.unconfirmed.get(found.items, "")
    draft.setters += setters


def _setters_within(notebook: Notebook, search: Search, found: TestSet) -> Steps[list[TestSet]]:
    """Those of the tests that together make it pass, until the others make it fail as observed."""
    for polluter in reversed(found) if len(found) > 1 else ():
        rest = tuple(each for each in found if each != polluter)
        if (yield from notebook.ask(search.trial(rest))) is Seen.PASSED:
            passing = Search(notebook, rest, Seen.PASSED, search.trial)
            return [(yield from passing.minimal(rest))]
    return []


def _tests(notebook: Notebook, wanted: Seen, suspects: Iterable[TestSet] | None = None, tries: int = 3) -> Search:
    question = notebook.question
    order = question.earlier_ids

    def trial(tests: TestSet) -> Trial:
        return Trial((*tests, question.victim), question.victim, why=_after(tests, order))

    if suspects is None:
        suspects = [candidate.tests for candidate in question.ranked if candidate.tests]
    return Search(notebook, order, wanted, trial, suspects, tries)


def _locations(question: Question, found: TestSet) -> list[SuspectedLocation]:
    """Of exactly these tests, then of some of them, then of any: an author may be wrong where the place is right."""

    def nearness(candidate: Candidate) -> int:
        items = {*candidate.tests, candidate.file}
        return 0 if items - {""} == {*found} else 1 if items & {*found} else 2

    known: dict[Location, SuspectedLocation] = {}
    for candidate in sorted(question.ranked, key=nearness):
        if candidate.location is not None:
            likely = candidate.fits and nearness(candidate) < 2
            known.setdefault(candidate.location, SuspectedLocation(candidate.location, likely))
    return list(known.values())


def _tests_of(candidate: Candidate) -> TestSet:
    return candidate.tests


def _files_of(candidate: Candidate) -> TestSet:
    return (candidate.file,)


def _after(tests: TestSet, order: TestSet = ()) -> str:
    """What comes before the victim, in few words."""
    if not tests:
        return "alone"
    away = len(order) - len(tests)
    if len(tests) <= FEW or away > FEW:
        return f"after {_names(tests, 'tests')}"
    among = set(tests)
    missing = f" but {_names(tuple(test for test in order if test not in among), 'tests')}" if away else ""
    return f"after all {len(order)} earlier tests{missing}"


def _names(items: TestSet, noun: str) -> str:
    if len(items) > FEW:
        return f"{len(items)} {noun}"
    return listed([name_of(item) for item in items])
