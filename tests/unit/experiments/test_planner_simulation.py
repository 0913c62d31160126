"""Thousands of simulated suites with a known truth: what is named is right, and it takes few trials."""

from __future__ import annotations

import math

import pytest

from isolation_tui.experiments.planner import drive, plan
from isolation_tui.experiments.trial import Outcome
from isolation_tui.experiments.verdict import Kind, Verdict
from simulated_suite import EVIDENCE, KINDS, Truth, make_truth, wrong_names

SEEDS = 85
"""Of each kind and each quality of evidence: 5,100 truths in all."""

EXPECTED = {
    "single polluter": {Kind.ORDER_DEPENDENT},
    "independent polluters": {Kind.ORDER_DEPENDENT},
    "joint polluters": {Kind.ORDER_DEPENDENT},
    "polluter that needs another": {Kind.ORDER_DEPENDENT},
    "healed before": {Kind.ORDER_DEPENDENT},
    "brittle": {Kind.NEEDS_EARLIER_TEST},
    "joint setters": {Kind.NEEDS_EARLIER_TEST},
    "brittle and polluted": {Kind.NEEDS_EARLIER_TEST},
    "import-time": {Kind.ORDER_DEPENDENT},
    "non-idempotent": {Kind.NON_IDEMPOTENT},
    "fails alone": {Kind.FAILS_ALONE},
    "green and clean": {Kind.NOT_REPRODUCED},
}
"""Where chance has no part in it. A masked polluter is found only where the evidence points there."""


def verdict_on(truth: Truth) -> Verdict:
    return drive(plan(truth.question), truth.suite.run)


def trials_until_found(truth: Truth, verdict: Verdict, fresh: bool = True) -> int:
    """The number of the trial in which exactly the first set that is named makes the victim fail (pass, for setters):
    with ``fresh``, in a process of its own. Trials before it count, those that repeat or explain it do not."""
    first = (*verdict.polluters, *verdict.setters)[0]
    for number, result in enumerate(verdict.trials, 1):
        if result.trial.tests == (*first, truth.question.victim) and (result.fresh or not fresh):
            assert result.victim is not None
            assert (result.victim.outcome is Outcome.PASSED) == bool(verdict.setters)
            return number
    raise AssertionError("named without a trial")


@pytest.mark.parametrize("kind", KINDS)
def test_no_simulated_suite_gets_a_wrong_name(kind: str) -> None:
    for evidence in EVIDENCE:
        for seed in range(SEEDS):
            truth = make_truth(kind, seed, evidence)
            verdict = verdict_on(truth)
            assert not wrong_names(truth, verdict), (kind, evidence, seed)
            if kind in EXPECTED:
                assert verdict.kind in EXPECTED[kind], (kind, evidence, seed, verdict.reason)


@pytest.mark.parametrize("evidence", EVIDENCE)
@pytest.mark.parametrize("kind", ["single polluter", "independent polluters", "joint polluters"])
def test_all_polluters_are_found_where_the_verdict_is_complete(kind: str, evidence: str) -> None:
    for seed in range(40):
        truth = make_truth(kind, 1000 + seed, evidence)
        verdict = verdict_on(truth)
        assert verdict.complete
        assert {*verdict.polluters} == {*truth.sets}, seed


def test_masked_polluters_are_found_where_the_evidence_points_there() -> None:
    for seed in range(100):
        truth = make_truth("masked polluter", 2000 + seed)
        verdict = verdict_on(truth)
        assert verdict.polluters == truth.sets
        assert verdict.cleaners


@pytest.mark.parametrize("tests", [200, 1000])
def test_with_right_evidence_two_trials_prove_a_polluter(tests: int) -> None:
    for kind in ("single polluter", "independent polluters", "healed before", "brittle"):
        for seed in range(5):
            truth = make_truth(kind, seed, "right", tests)
            assert trials_until_found(truth, verdict_on(truth)) == 2


def test_with_evidence_at_hand_the_median_is_two_trials_and_the_95th_percentile_three() -> None:
    """The first candidate is innocent in a tenth of the suites."""
    counts = []
    for seed in range(100):
        truth = make_truth("single polluter", seed, "one wrong" if seed % 10 == 0 else "right", 200)
        counts.append(trials_until_found(truth, verdict_on(truth)))
    counts.sort()
    assert counts[len(counts) // 2] == 2
    assert counts[len(counts) * 95 // 100] <= 3


@pytest.mark.parametrize("tests", [1, 2, 3, 10, 64, 65, 200, 1000])
def test_without_evidence_a_single_polluter_is_found_by_bisection(tests: int) -> None:
    """The trial alone, the one after all earlier tests, and the fresh one that proves it are counted."""
    for seed in range(10):
        truth = make_truth("single polluter", seed, "missing", tests)
        assert trials_until_found(truth, verdict_on(truth)) <= math.ceil(math.log2(tests)) + 3
