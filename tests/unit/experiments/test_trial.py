"""A trial's values: which outcome is the victim's, and what a location is called."""

from isolation_tui.experiments.trial import Location, Outcome, TestOutcome, Trial, TrialResult

VICTIM = "tests/test_a.py::test_victim"


def result(*outcomes: Outcome) -> TrialResult:
    trial = Trial((VICTIM,) * len(outcomes), VICTIM)
    return TrialResult(trial, tuple(TestOutcome(VICTIM, outcome) for outcome in outcomes))


def test_the_last_outcome_of_a_test_that_ran_twice_is_the_victims() -> None:
    victim = result(Outcome.PASSED, Outcome.FAILED).victim
    assert victim is not None
    assert victim.outcome is Outcome.FAILED


def test_a_victim_that_never_ran_has_no_outcome() -> None:
    assert result().victim is None


def test_skips_and_expected_failures_count_as_no_failure() -> None:
    assert [outcome for outcome in Outcome if outcome.good] == [
        Outcome.PASSED, Outcome.SKIPPED, Outcome.XFAILED, Outcome.XPASSED,
    ]  # fmt: skip


def test_locations_are_named_for_people() -> None:
    assert Location("rows", "products").label == "rows of products"
    assert Location("rows", "products", keys=("7",)).label == "row 7 of products"
    assert Location("rows", "products", keys=("7", "8", "9")).label == "rows 7, 8 and 9 of products"
    assert Location("rows", "products", keys=("1", "2", "3", "4")).label == "rows of products"
    assert Location("environment", "SHOP_CURRENCY").label == "environment variable SHOP_CURRENCY"
    assert Location("cwd").label == "the current directory"
    assert Location("open_file", "x.log").label == "open file x.log"
