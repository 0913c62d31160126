"""Many questions about one run: what is proven for one test saves trials for the next, and never names for it."""

from __future__ import annotations

from isolation_tui.experiments.planner import Series, drive, plan
from isolation_tui.experiments.question import Candidate, EarlierTest, Question
from isolation_tui.experiments.trial import Location, Outcome, TestOutcome, Trial, TrialResult
from isolation_tui.experiments.verdict import Kind, Verdict

FAILURE = "call: AssertionError: assert 0 == 0"
TESTS = tuple(f"tests/test_a.py::test_{number}" for number in range(20))
POLLUTER, INNOCENT = TESTS[3], TESTS[5]
VICTIMS = TESTS[10:15]
FILES = ("tests/test_a.py", "tests/test_b.py")


class Shop:
    """The polluter's rows make ``victims`` fail; ``broken`` tests fail by themselves."""

    def __init__(self, victims: tuple[str, ...] = VICTIMS, broken: tuple[str, ...] = ()) -> None:
        self.victims, self.broken = victims, broken

    def run(self, trial: Trial) -> TrialResult:
        outcomes, dirty = [], False
        for number, test in enumerate(trial.tests, 1):
            dirty = dirty and not (number == len(trial.tests) and trial.undo is not None)
            failed = test in self.broken or (dirty and test in self.victims)
            outcome = Outcome.FAILED if failed else Outcome.PASSED
            outcomes.append(TestOutcome(test, outcome, FAILURE if failed else "", "call"))
            dirty = dirty or test == POLLUTER
        return TrialResult(trial, tuple(outcomes), fresh=trial.fresh)


def question(victim: str, *candidates: str) -> Question:
    earlier = tuple(EarlierTest(test) for test in TESTS[: TESTS.index(victim)])
    rows = Location("rows", "users")
    return Question(victim, earlier, FAILURE, tuple(Candidate((each,), rows) for each in candidates), FILES)


def proven(series: Series, shop: Shop, asked: Question) -> Verdict:
    verdict = drive(plan(series.prepared(asked)), shop.run)
    series.learn(verdict)
    return verdict


def test_a_polluter_that_is_proven_is_tried_first_for_the_next_victim() -> None:
    series, shop = Series(), Shop()
    first = proven(series, shop, question(VICTIMS[0], INNOCENT, POLLUTER))
    later = [proven(series, shop, question(victim, INNOCENT, POLLUTER)) for victim in VICTIMS[1:]]
    assert [verdict.polluters for verdict in (first, *later)] == [((POLLUTER,),)] * 5
    assert all(verdict.trials[1].trial.tests == (POLLUTER, verdict.victim) for verdict in later)
    assert all(verdict.grade == "A" for verdict in later)


def test_it_is_confirmed_in_a_process_of_its_own_once() -> None:
    series, shop = Series(), Shop()
    verdicts = [proven(series, shop, question(victim, POLLUTER)) for victim in VICTIMS]
    fresh = [sum(result.fresh for result in verdict.trials) for verdict in verdicts]
    assert fresh == [1, 0, 0, 0, 0]


def test_a_joint_set_that_is_proven_comes_before_single_candidates() -> None:
    series = Series()
    pair = (POLLUTER, TESTS[7])
    alone = TrialResult(Trial((*pair, VICTIMS[0]), VICTIMS[0], fresh=True), fresh=True)
    series.learn(Verdict(VICTIMS[0], Kind.ORDER_DEPENDENT, polluters=(pair,), signature=FAILURE, trials=(alone,)))
    verdict = proven(series, Shop(), question(VICTIMS[1], INNOCENT))
    assert verdict.trials[1].trial.tests == (*pair, VICTIMS[1])
    assert verdict.polluters == ((POLLUTER,),)


def test_no_victim_is_charged_to_it_without_trials_of_its_own() -> None:
    series = Series()
    proven(series, Shop(), question(VICTIMS[0], POLLUTER))
    verdict = proven(series, Shop(victims=()), question(VICTIMS[1], POLLUTER))
    assert verdict.kind is Kind.NOT_REPRODUCED
    assert not verdict.proven


def test_a_polluter_that_ran_later_is_not_tried() -> None:
    series = Series()
    proven(series, Shop(), question(VICTIMS[0], POLLUTER))
    before = question(TESTS[2])
    assert series.prepared(before).candidates == ()


def test_an_own_failure_is_compared_with_its_file_alone_once() -> None:
    series, shop = Series(), Shop(victims=(), broken=VICTIMS)
    verdicts = [proven(series, shop, question(victim)) for victim in VICTIMS]
    assert {verdict.kind for verdict in verdicts} == {Kind.FAILS_ALONE}
    assert [sum(result.fresh for result in verdict.trials) for verdict in verdicts] == [1, 0, 0, 0, 0]


def test_further_polluters_are_looked_for_once() -> None:
    series, shop = Series(further=True), Shop()
    verdicts = [proven(series, shop, question(victim, POLLUTER)) for victim in VICTIMS]
    assert [verdict.complete for verdict in verdicts] == [True, False, False, False, False]
