"""Which trials the planner asks for, and what it concludes, one situation at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from isolation_tui.experiments.planner import drive, plan
from isolation_tui.experiments.question import Candidate, EarlierTest, Question
from isolation_tui.experiments.trial import Location, Outcome, TestOutcome, Trial, TrialResult
from isolation_tui.experiments.verdict import Kind, Verdict
from simulated_suite import FAILURE, MISSING, Effect, SimulatedSuite

VICTIM = "tests/test_z.py::test_victim"
TESTS = tuple(f"tests/test_{number // 4}.py::test_{number}" for number in range(16))
FIRST, SECOND, THIRD = TESTS[2], TESTS[5], TESTS[11]
ROWS = Location("rows", "rows", keys=("7",))
OTHER_ROWS = Location("rows", "other rows")


def suite(effects: dict[str, tuple[Effect, ...]] | None = None, **rules: Any) -> SimulatedSuite:
    rules.setdefault("fails_on", (frozenset({"rows"}),))
    return SimulatedSuite((*TESTS, VICTIM), VICTIM, effects or {}, **rules)


def question(*candidates: Candidate, signature: str = FAILURE, **more: Any) -> Question:
    files = tuple(dict.fromkeys(test.partition("::")[0] for test in (*TESTS, VICTIM)))
    earlier = tuple(EarlierTest(test) for test in TESTS)
    return Question(VICTIM, earlier, signature, candidates, files, **more)


def asked(verdict: Verdict) -> list[str]:
    return [result.trial.why for result in verdict.trials]


def test_a_right_candidate_is_proven_by_two_trials_of_which_the_second_is_fresh() -> None:
    polluted = suite({FIRST: (Effect("rows"),)})
    verdict = drive(plan(question(Candidate((FIRST,), ROWS))), polluted.run)
    alone, pair, *_ = verdict.trials
    assert (alone.trial.tests, alone.fresh) == ((VICTIM,), False)
    assert (pair.trial.tests, pair.fresh) == ((FIRST, VICTIM), True)
    assert verdict.polluters == ((FIRST,),)
    assert verdict.command == pair.command
    assert verdict.complete


def test_a_location_whose_undoing_heals_is_certain() -> None:
    polluted = suite({FIRST: (Effect("rows"), Effect("other rows"))})
    verdict = drive(
        plan(question(Candidate((FIRST,), OTHER_ROWS, weight=2), Candidate((FIRST,), ROWS, weight=1))), polluted.run
    )
    assert asked(verdict)[:4] == [
        "alone",
        "after test_2",
        "after test_2, without rows of other rows",
        "after test_2, without row 7 of rows",
    ]
    assert (verdict.location, verdict.grade) == (ROWS, "A")


def test_a_location_that_cannot_be_undone_is_suspected_only() -> None:
    polluted = suite({FIRST: (Effect("rows"),)}, cannot_undo=frozenset({"rows"}))
    verdict = drive(plan(question(Candidate((FIRST,), ROWS, fits=True))), polluted.run)
    assert (verdict.location, verdict.grade) == (ROWS, "B")
    assert drive(plan(question(Candidate((FIRST,), ROWS))), polluted.run).grade == "C"


def test_a_location_of_others_that_cannot_be_undone_is_not_suspected() -> None:
    polluted = suite({FIRST: (Effect("rows"),)}, cannot_undo=frozenset({"other rows"}))
    verdict = drive(plan(question(Candidate((SECOND,), OTHER_ROWS, fits=True))), polluted.run)
    assert (verdict.polluters, verdict.location, verdict.grade) == (((FIRST,),), None, "C")


def test_a_location_whose_undoing_does_not_heal_is_not_named() -> None:
    polluted = suite({FIRST: (Effect("rows"),)})
    verdict = drive(plan(question(Candidate((FIRST,), OTHER_ROWS))), polluted.run)
    assert (verdict.polluters, verdict.location, verdict.grade) == (((FIRST,),), None, "C")


def test_a_victim_that_is_skipped_is_not_healed() -> None:
    polluted = suite({FIRST: (Effect("rows"),)})

    def run(trial: Trial) -> TrialResult:
        result = polluted.run(trial)
        skipped = TestOutcome(VICTIM, Outcome.SKIPPED)
        return result if trial.undo is None else replace(result, outcomes=(*result.outcomes[:-1], skipped))

    assert drive(plan(question(Candidate((FIRST,), ROWS))), run).grade == "C"


def test_another_failure_confirms_nothing() -> None:
    polluted = suite({FIRST: (Effect("rows"),)})

    def run(trial: Trial) -> TrialResult:
        result = polluted.run(trial)
        if trial.tests == (SECOND, VICTIM):
            failed = TestOutcome(VICTIM, Outcome.FAILED, "call: KeyError: 'x'", "call")
            return replace(result, outcomes=(*result.outcomes[:-1], failed))
        return result

    candidates = (Candidate((SECOND,), weight=2), Candidate((FIRST,), weight=1))
    verdict = drive(plan(question(*candidates)), run)
    assert verdict.polluters == ((FIRST,),)
    assert verdict.refuted == candidates[:1]


def test_a_wide_fixture_whose_teardown_fails_after_the_victim_is_no_failure_of_the_victim() -> None:
    polluted = suite({FIRST: (Effect("rows"),)})

    def run(trial: Trial) -> TrialResult:
        result = polluted.run(trial)
        torn_down = TestOutcome(VICTIM, Outcome.ERROR, "teardown: OSError: gone", "teardown")
        passed = result.outcomes[-1].outcome is Outcome.PASSED
        return replace(result, outcomes=(*result.outcomes[:-1], torn_down)) if passed else result

    verdict = drive(plan(question(Candidate((FIRST,), ROWS))), run)
    assert (verdict.kind, verdict.polluters, verdict.grade) == (Kind.ORDER_DEPENDENT, ((FIRST,),), "A")


def test_wrong_evidence_is_refuted_and_the_polluter_found_without() -> None:
    polluted = suite({FIRST: (Effect("rows"),)})
    wrong = tuple(Candidate((test,)) for test in (SECOND, THIRD))
    verdict = drive(plan(question(*wrong)), polluted.run)
    assert asked(verdict)[:5] == [
        "alone", "after test_5", "after test_11", "after test_5 and test_11", "after all 16 earlier tests",
    ]  # fmt: skip
    assert verdict.polluters == ((FIRST,),)
    assert verdict.found_without_evidence
    assert verdict.refuted == wrong


def test_after_three_refutations_the_candidates_are_tried_as_a_group() -> None:
    polluted = suite({TESTS[9]: (Effect("rows"),)})
    verdict = drive(plan(question(*(Candidate((test,)) for test in TESTS[:12]))), polluted.run)
    assert asked(verdict)[1:6] == [
        "after test_0",
        "after test_1",
        "after test_2",
        "after test_0, test_1 and test_2",
        "after 12 tests",
    ]
    assert verdict.polluters == ((TESTS[9],),)
    assert not verdict.found_without_evidence


def test_later_candidates_are_tried_in_a_fork_first_where_there_are_forks() -> None:
    polluted = suite({THIRD: (Effect("rows"),)})
    asks = question(*(Candidate((test,)) for test in (FIRST, SECOND, THIRD)))
    forked = drive(plan(asks), polluted.run)
    assert [result.fresh for result in forked.trials[:5]] == [False, True, True, False, True]
    without = drive(plan(asks), lambda trial: replace(polluted.run(trial), fresh=True))
    assert [result.trial.fresh for result in without.trials[:4]] == [False, True, True, True]
    assert forked.polluters == without.polluters == ((THIRD,),)


def test_a_candidate_that_ended_otherwise_than_in_the_suite_is_not_refuted() -> None:
    polluted = suite({FIRST: (Effect("rows"),)})
    asks = question(Candidate((SECOND,)))
    failed_then = tuple(replace(test, passed=test.nodeid != SECOND) for test in asks.earlier)
    assert drive(plan(replace(asks, earlier=failed_then)), polluted.run).refuted == ()


def test_independent_polluters_are_all_found_and_the_verdict_is_complete() -> None:
    polluted = suite({test: (Effect("rows"),) for test in (FIRST, SECOND, THIRD)})
    verdict = drive(plan(question()), polluted.run)
    assert set(verdict.polluters) == {(FIRST,), (SECOND,), (THIRD,)}
    assert verdict.complete


def test_the_search_for_further_polluters_is_bounded_and_says_so() -> None:
    polluted = suite({test: (Effect("rows"),) for test in TESTS})
    verdict = drive(plan(question(most_sets=2)), polluted.run)
    assert len(verdict.polluters) == 2
    assert not verdict.complete
    assert verdict.reason == "stopped looking after 2 of them"


def test_the_first_polluter_is_enough_where_no_further_ones_are_asked_for() -> None:
    polluted = suite({test: (Effect("rows"),) for test in (FIRST, SECOND)})
    verdict = drive(plan(question(Candidate((FIRST,)), further=False)), polluted.run)
    assert verdict.polluters == ((FIRST,),)
    assert not verdict.complete


def test_joint_polluters_are_minimal_and_in_order() -> None:
    polluted = suite({FIRST: (Effect("a"),), SECOND: (Effect("b", needs="a"),), THIRD: (Effect("rows", needs="b"),)})
    verdict = drive(plan(question()), polluted.run)
    assert verdict.polluters == ((FIRST, SECOND, THIRD),)
    assert verdict.complete


def test_joint_and_single_polluters_are_distinguished() -> None:
    polluted = suite(
        {FIRST: (Effect("a"),), SECOND: (Effect("b"),), THIRD: (Effect("rows"),)},
        fails_on=(frozenset({"a", "b"}), frozenset({"rows"})),
    )
    verdict = drive(plan(question()), polluted.run)
    assert set(verdict.polluters) == {(FIRST, SECOND), (THIRD,)}
    assert verdict.complete


def test_a_test_that_fails_alone_blames_no_other() -> None:
    verdict = drive(plan(question(Candidate((FIRST,)))), suite(fails_on=(frozenset(),)).run)
    assert verdict.kind is Kind.FAILS_ALONE
    assert not verdict.proven
    assert asked(verdict) == ["alone", "alone, with its own file only"]


def test_a_file_whose_import_makes_it_fail_is_named() -> None:
    polluted = suite(imports={"tests/test_2.py": (Effect("rows"),)})
    verdict = drive(plan(question()), polluted.run)
    assert (verdict.kind, verdict.polluting_files) == (Kind.ORDER_DEPENDENT, (("tests/test_2.py",),))
    assert verdict.complete


def test_a_setter_is_found_for_a_test_that_passed_in_the_suite_and_fails_alone() -> None:
    brittle = suite({FIRST: (Effect("prices"),)}, needs=frozenset({"prices"}))
    verdict = drive(plan(question(Candidate((FIRST,), Location("table", "prices")), signature="")), brittle.run)
    assert (verdict.kind, verdict.setters, verdict.grade) == (Kind.NEEDS_EARLIER_TEST, ((FIRST,),), "A")
    assert verdict.signature == MISSING


def test_a_test_that_fails_otherwise_alone_has_setters_and_polluters() -> None:
    both = suite({FIRST: (Effect("prices"),), SECOND: (Effect("rows"),)}, needs=frozenset({"prices"}))
    verdict = drive(plan(question()), both.run)
    assert (verdict.kind, verdict.setters) == (Kind.NEEDS_EARLIER_TEST, ((FIRST,),))
    assert verdict.polluters == ((FIRST, SECOND),)


def test_a_test_that_pollutes_itself_is_non_idempotent() -> None:
    twice = suite({VICTIM: (Effect("rows"),)})
    assert drive(plan(question(signature="", twice=True)), twice.run).kind is Kind.NON_IDEMPOTENT
    assert drive(plan(question(Candidate((VICTIM,)))), twice.run).polluters == ((VICTIM,),)


def test_a_test_that_fails_the_first_time_already_is_not_called_non_idempotent() -> None:
    polluted = suite({FIRST: (Effect("rows"),)})
    verdict = drive(plan(question(Candidate((FIRST, VICTIM)))), polluted.run)
    assert verdict.polluters == ((FIRST,),)


def test_a_masked_polluter_and_who_cleans_up_after_it() -> None:
    masked = suite({FIRST: (Effect("rows"),), SECOND: (Effect("rows", dirty=False),)})
    verdict = drive(plan(question(Candidate((FIRST,)), signature="")), masked.run)
    assert (verdict.kind, verdict.polluters, verdict.cleaners) == (
        Kind.ORDER_DEPENDENT, ((FIRST,),), ((SECOND,),),
    )  # fmt: skip


def test_a_failure_that_does_not_come_again_names_no_test() -> None:
    verdict = drive(plan(question(Candidate((FIRST,)))), suite().run)
    assert (verdict.kind, verdict.proven) == (Kind.NOT_REPRODUCED, False)
    assert asked(verdict)[-2:] == ["after test_2 again", "after all 16 earlier tests again"]


@pytest.mark.parametrize("chance", [0.3, 0.5, 0.7])
def test_equal_trials_that_differ_are_counted_and_name_no_test(chance: float) -> None:
    flaky = suite(chance=chance, fails_on=())
    flaky.random.seed(6)
    verdict = drive(plan(question(Candidate((FIRST,)), Candidate((SECOND,)))), flaky.run)
    assert verdict.kind is Kind.FLAKY
    assert not verdict.proven
    assert 0 < verdict.failures < verdict.runs


def test_a_proof_for_a_victim_known_to_be_noisy_is_repeated_more_often() -> None:
    polluted = suite({FIRST: (Effect("rows"),)})
    asks = question(Candidate((FIRST,), ROWS))
    usual = drive(plan(asks), polluted.run)
    careful = drive(plan(replace(asks, noise=(VICTIM,))), polluted.run)
    assert len(careful.trials) > len(usual.trials)


def test_a_problem_with_the_first_trial_ends_in_unknown_because_of_it() -> None:
    verdict = drive(plan(question(Candidate((FIRST,)))), lambda trial: TrialResult(trial, problem="could not restore"))
    assert (verdict.kind, verdict.reason, len(verdict.trials)) == (Kind.UNKNOWN, "could not restore", 1)


def test_a_problem_with_every_later_trial_ends_the_search() -> None:
    polluted = suite({FIRST: (Effect("rows"),)})

    def run(trial: Trial) -> TrialResult:
        return polluted.run(trial) if trial.why == "alone" else TrialResult(trial, problem="stopped")

    verdict = drive(plan(question(*(Candidate((test,)) for test in TESTS))), run)
    assert (verdict.kind, verdict.reason, len(verdict.trials)) == (Kind.UNKNOWN, "stopped", 6)


def test_a_trial_that_starts_from_another_state_than_its_equal_proves_nothing() -> None:
    polluted = suite({FIRST: (Effect("rows"),)})
    starts = iter(range(1000))
    verdict = drive(
        plan(question(Candidate((FIRST,), ROWS))), lambda trial: replace(polluted.run(trial), start=str(next(starts)))
    )
    assert verdict.kind is Kind.UNKNOWN
    assert "did not start from the same state" in verdict.reason


def test_what_is_proven_is_kept_when_the_trials_run_out() -> None:
    polluted = suite({FIRST: (Effect("rows"),), SECOND: (Effect("rows"),)})
    verdict = drive(plan(question(Candidate((FIRST,), ROWS), most_trials=12)), polluted.run)
    assert verdict.polluters == ((FIRST,),)
    assert not verdict.complete
    assert verdict.reason == "no answer after 12 trials"


def test_the_observed_failure_after_another_one_in_the_same_order_is_unknown() -> None:
    polluted = suite({FIRST: (Effect("rows"),)})
    verdict = drive(plan(question(signature="call: ValueError: no")), polluted.run)
    assert verdict.kind is Kind.UNKNOWN
    assert verdict.reason == "after the same tests in the same order it fails with another error than observed"


@pytest.mark.parametrize("passes_fresh", [True, False])
def test_a_set_that_fails_in_one_way_of_running_only_is_not_named(passes_fresh: bool) -> None:
    polluted = suite({FIRST: (Effect("rows"),)})

    def run(trial: Trial) -> TrialResult:
        result = polluted.run(trial)
        passed = TestOutcome(VICTIM, Outcome.PASSED)
        return replace(result, outcomes=(*result.outcomes[:-1], passed)) if trial.fresh is passes_fresh else result

    verdict = drive(plan(question(*(() if passes_fresh else (Candidate((FIRST,)),)))), run)
    assert (verdict.kind, verdict.proven) == (Kind.UNKNOWN, False)
    assert "in a process of its own" in verdict.reason


def test_where_no_process_of_its_own_can_confirm_it_forks_prove_it_and_the_verdict_says_so() -> None:
    polluted = suite({FIRST: (Effect("rows"),)})

    def run(trial: Trial) -> TrialResult:
        return (
            TrialResult(trial, problem="plain pytest sorts the tests", fresh=True)
            if trial.fresh
            else polluted.run(trial)
        )

    for candidates in ((Candidate((FIRST,), ROWS),), ()):
        verdict = drive(plan(question(*candidates)), run)
        assert verdict.polluters == ((FIRST,),)
        assert verdict.unconfirmed == "plain pytest sorts the tests"
        assert verdict.command == ()


def test_a_candidate_whose_trial_shows_nothing_is_not_refuted() -> None:
    polluted = suite({FIRST: (Effect("rows"),)})

    def run(trial: Trial) -> TrialResult:
        return TrialResult(trial, problem="crashed") if trial.tests == (SECOND, VICTIM) else polluted.run(trial)

    verdict = drive(plan(question(Candidate((SECOND,)), Candidate((FIRST,)))), run)
    assert verdict.polluters == ((FIRST,),)
    assert verdict.refuted == ()
    assert verdict.unconfirmed == ""
