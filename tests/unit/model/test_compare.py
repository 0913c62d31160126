"""What became of each test from one run to the next."""

from isolation_tui.model import Outcome, Run, Stamped
from isolation_tui.model.run_comparison import Change, Delta, compare
from pytest_isolation import events as ev


def run_of(**outcomes: Outcome) -> Run:
    """A finished run of ``tests.py::NAME`` for each keyword."""
    run = Run()
    clock = iter(range(1, 10_000))

    def apply(fact: object) -> None:
        run.apply(Stamped("main", float(next(clock)), fact))

    ids = [f"tests.py::{name}" for name in outcomes]
    apply(ev.Hello(1, "main", 1, "3.11", "9.2"))
    apply(ev.Collected(0, ids))
    apply(ev.CollectionFinished(len(ids)))
    for nodeid, outcome in zip(ids, outcomes.values(), strict=True):
        if outcome is Outcome.NOT_RUN:
            continue
        apply(ev.TestStarted(nodeid))
        if outcome is Outcome.ERROR:
            apply(ev.PhaseFinished(nodeid, 1, "setup", "failed", 100_000_000, [], "InvalidRequestError"))
        elif outcome is Outcome.SKIPPED:
            apply(ev.PhaseFinished(nodeid, 1, "setup", "skipped", 100_000_000))
        else:
            apply(ev.PhaseFinished(nodeid, 1, "setup", "passed", 100_000_000))
            apply(ev.PhaseFinished(nodeid, 1, "call", "failed" if outcome is Outcome.FAILED else "passed", 100_000_000))
        apply(ev.PhaseFinished(nodeid, 1, "teardown", "passed", 100_000_000))
    apply(ev.SessionFinished(1))
    apply(ev.ProcessEnded(1))
    return run


def names(pairs: object) -> list[str]:
    return [pair.nodeid.partition("::")[2] for pair in pairs]  # type: ignore[attr-defined]


def test_a_failure_that_passes_now_is_healed() -> None:
    found = compare(run_of(a=Outcome.FAILED, b=Outcome.ERROR), run_of(a=Outcome.PASSED, b=Outcome.PASSED))
    assert names(found.healed) == ["a", "b"]
    assert not found.still
    assert not found.broke


def test_an_error_that_became_a_failure_is_still_failing() -> None:
    found = compare(run_of(a=Outcome.ERROR, b=Outcome.FAILED), run_of(a=Outcome.FAILED, b=Outcome.ERROR))
    assert names(found.still) == ["a", "b"]
    assert not found.healed


def test_a_pass_that_fails_now_broke() -> None:
    assert names(compare(run_of(a=Outcome.PASSED), run_of(a=Outcome.ERROR)).broke) == ["a"]
    assert names(compare(run_of(a=Outcome.SKIPPED), run_of(a=Outcome.FAILED)).broke) == ["a"]


def test_tests_of_one_run_alone_are_new_or_gone() -> None:
    found = compare(run_of(a=Outcome.PASSED, old=Outcome.FAILED), run_of(a=Outcome.PASSED, fresh=Outcome.FAILED))
    assert names(found.new) == ["fresh"]
    assert names(found.gone) == ["old"]
    assert found.new[0].before is None
    assert found.gone[0].after is None


def test_a_failure_that_is_skipped_or_was_not_run_proves_nothing() -> None:
    found = compare(run_of(a=Outcome.FAILED, b=Outcome.FAILED), run_of(a=Outcome.SKIPPED, b=Outcome.NOT_RUN))
    assert not found.healed
    assert names(found.of(Change.UNPROVEN)) == ["a", "b"]


def test_a_first_run_that_was_stopped_does_not_accuse_the_second() -> None:
    found = compare(run_of(a=Outcome.NOT_RUN), run_of(a=Outcome.FAILED))
    assert not found.broke
    assert names(found.of(Change.UNPROVEN)) == ["a"]


def test_the_counts_and_their_difference() -> None:
    found = compare(run_of(a=Outcome.ERROR, b=Outcome.PASSED), run_of(a=Outcome.PASSED, b=Outcome.PASSED))
    figures = {delta.name: (delta.before, delta.after, delta.difference) for delta in found.counts}
    assert figures["passed"] == (1, 2, 1)
    assert figures["errors"] == (1, 0, -1)
    assert Delta("errors", 83, 24).difference == -59


def test_every_test_is_in_exactly_one_list() -> None:
    before = run_of(a=Outcome.FAILED, b=Outcome.PASSED, c=Outcome.ERROR, d=Outcome.SKIPPED)
    after = run_of(a=Outcome.PASSED, b=Outcome.FAILED, c=Outcome.ERROR, e=Outcome.PASSED)
    found = compare(before, after)
    assert sorted(pair.nodeid for change in Change for pair in found.of(change)) == sorted(
        {*before.tests, *after.tests}
    )
