"""The parts of a hunt: orders, pairs of author and reader, clues, and what is tried first."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from isolation_tui.experiments.hunt.clues import Clues
from isolation_tui.experiments.hunt.document import basis, gaps, to_hunt_document
from isolation_tui.experiments.hunt.orders import Pair, Pairs, shuffled, tuscan_orders
from isolation_tui.experiments.hunt.plan import Hunt
from isolation_tui.experiments.hunt.question import HuntQuestion, LeftBehind, ObservedTest
from isolation_tui.experiments.trial import Outcome, TestOutcome, Trial, TrialResult
from isolation_tui.experiments.verdict import Kind

NAMES = tuple(f"test_a.py::test_{name}" for name in "abcdef")
A, B, C, D, E, F = NAMES


def question(**given: object) -> HuntQuestion:
    return HuntQuestion(tests=tuple(ObservedTest(name) for name in NAMES), **given)  # type: ignore[arg-type]


def result(trial: Trial, failing: Callable[[tuple[str, ...]], bool], fresh: bool = False) -> TrialResult:
    """Each test for which ``failing`` is true of the tests up to it fails."""
    outcomes = []
    for number, name in enumerate(trial.tests, 1):
        error = "call: AssertionError: no" if failing(trial.tests[:number]) else ""
        outcomes.append(TestOutcome(name, Outcome.FAILED if error else Outcome.PASSED, error, "call"))
    return TrialResult(trial, tuple(outcomes), fresh=fresh or trial.fresh)


def run(hunt: Hunt, failing: Callable[[tuple[str, ...]], bool], fresh: bool = False) -> list[Trial]:
    """Drive the hunt to its end; the trials that it made."""
    made = []
    steps = hunt.steps()
    try:
        trial = next(steps)
        while True:
            made.append(trial)
            trial = steps.send(result(trial, failing, fresh))
    except StopIteration:
        return made


@pytest.mark.parametrize("count", [2, 4, 10, 24])
def test_each_ordered_pair_of_an_even_number_of_tests_is_neighbours_once(count: int) -> None:
    items = [f"t{number}" for number in range(count)]
    orders = list(tuscan_orders(items, seed=3))
    assert all(sorted(order) == sorted(items) for order in orders)
    neighbours = [pair for order in orders for pair in pairwise(order)]
    assert len(neighbours) == len({*neighbours}) == count * (count - 1)


@pytest.mark.parametrize("count", [1, 3, 9])
def test_of_an_odd_number_each_pair_is_neighbours_in_some_order(count: int) -> None:
    items = [f"t{number}" for number in range(count)]
    orders = list(tuscan_orders(items, seed=3))
    assert all(sorted(order) == sorted(items) for order in orders)
    assert len({pair for order in orders for pair in pairwise(order)}) == count * (count - 1)


def test_an_order_depends_on_the_seed_and_on_nothing_else() -> None:
    assert shuffled(NAMES, 1) == shuffled(NAMES[::-1], 1)
    assert shuffled(NAMES, 1) != shuffled(NAMES, 2)


def test_a_reader_meets_the_authors_before_it_unless_one_between_cleans_up() -> None:
    left = (LeftBehind(A, "rows db.users"), LeftBehind(D, "rows db.users"))
    pairs = Pairs(question(left=left, reads={C: ("rows db.users",)}, cleans={B: ("rows db.users",)}))
    pairs.cover(NAMES)
    assert pairs.open == [Pair(A, C, "rows db.users"), Pair(D, C, "rows db.users")]
    pairs.cover((D, E, C))
    assert pairs.open == [Pair(A, C, "rows db.users")]
    assert list(pairs.fans()) == [(A, C)]


def test_readers_that_leave_nothing_are_tried_together() -> None:
    left = (LeftBehind(A, "rows db.users"), LeftBehind(B, "rows db.users"))
    reads = dict.fromkeys((B, C, D), ("rows db.users",))
    assert list(Pairs(question(left=left, reads=reads)).fans()) == [(A, C, D), (A, B), (B, C, D)]


def test_authors_come_first_and_cleaners_last() -> None:
    left = (LeftBehind(D, "rows db.users"), LeftBehind(C, "env:CURRENCY"), LeftBehind(B, "rows db.users"))
    pairs = Pairs(question(left=left, reads={A: ("rows db.users",)}, cleans={B: ("rows db.users",)}))
    assert pairs.authors_first(NAMES) == [C, D, A, E, F, B]


def test_where_all_tests_read_what_all_leave_a_part_of_the_pairs_is_tried() -> None:
    names = [f"test_a.py::test_{number}" for number in range(3_000)]
    pairs = Pairs(
        HuntQuestion(
            tuple(ObservedTest(name) for name in names),
            tuple(LeftBehind(name, "rows db.users") for name in names),
            dict.fromkeys(names, ("rows db.users",)),
        )
    )
    assert pairs.total + pairs.left_out + 6 == 3_000**2  # no author reads what it left itself
    assert pairs.total <= 20_000
    pairs.cover(names)
    pairs.cover(names[::-1])
    assert pairs.open == []


def test_clues_leave_those_that_were_always_before_the_victim_where_it_failed() -> None:
    clues = Clues([ObservedTest(name) for name in NAMES])
    clues.note(result(Trial((F, E, D, C, B, A), A), lambda tests: tests[-1] == C).outcomes)
    assert clues.suspects(C, (F, E, D), brittle=False, strict=True) == (F, E, D)
    clues.note(result(Trial((E, C, F, A, B, D), D), lambda tests: False).outcomes)
    assert clues.suspects(C, (F, E, D), brittle=False, strict=True) == (F, D)
    assert clues.suspects(C, (F, E, D), brittle=False, strict=False) == (F, E, D)


def test_a_clean_suite_says_what_that_rests_on() -> None:
    hunt = Hunt(question(orders=3))
    made = run(hunt, lambda tests: False)
    assert [trial.tests for trial in made[:6]] == [(name,) for name in NAMES]
    assert made[6].tests == NAMES[::-1]
    assert hunt.done
    assert basis(hunt)[:2] == [
        "6 of 6 tests ran alone.",
        "2 whole orders ran: the reversed order and shuffled order 1 of seed 0.",
    ]
    assert gaps(hunt, "")[0].endswith("of 30 ordered pairs of tests were never neighbours.")


def test_a_test_that_fails_alone_is_brittle_whatever_other_orders_show() -> None:
    """Without forks the reversed order runs before most tests ran alone: it shows a failure, and no more."""

    def failing(tests: tuple[str, ...]) -> bool:
        return tests[-1] == D and B not in tests

    hunt = Hunt(question())
    run(hunt, failing, fresh=True)
    assert {name: (each.kind, each.setters) for name, each in hunt.verdicts.items()} == {
        D: (Kind.NEEDS_EARLIER_TEST, ((B,),))
    }


def test_a_polluter_without_evidence_is_found_in_another_order() -> None:
    hunt = Hunt(question())
    run(hunt, lambda tests: tests[-1] == B and E in tests)
    assert {name: (each.kind, each.polluters) for name, each in hunt.verdicts.items()} == {
        B: (Kind.ORDER_DEPENDENT, ((E,),))
    }
    document = to_hunt_document(hunt, stopped="", resumed=0, made=9)
    assert [each["victim"] for each in document["order_dependent"]] == [B]
    assert document["complete"]


def test_polluters_that_are_needed_together_are_found_by_bisection() -> None:
    hunt = Hunt(question())
    run(hunt, lambda tests: tests[-1] == B and {E, F} <= {*tests})
    assert hunt.verdicts[B].polluters in (((F, E),), ((E, F),))


def test_a_failure_that_does_not_come_again_names_nobody() -> None:
    seen = []

    def failing(tests: tuple[str, ...]) -> bool:
        if len(tests) > 4 and tests[-1] == B and not seen:
            seen.append(tests)
            return True
        return False

    hunt = Hunt(question(orders=2))
    run(hunt, failing)
    assert seen
    assert not any(verdict.proven for verdict in hunt.verdicts.values())
    assert B in hunt.waiting or hunt.verdicts[B].kind is Kind.FLAKY


def test_a_hunt_ends_where_trials_show_nothing() -> None:
    hunt = Hunt(question())
    steps = hunt.steps()
    trial = next(steps)
    for _ in range(2):
        trial = steps.send(TrialResult(trial, problem="the database is locked"))
    with pytest.raises(StopIteration):
        steps.send(TrialResult(trial, problem="the database is locked"))
    assert hunt.problem == "the database is locked"
    assert not hunt.done
    assert gaps(hunt, "")[0].startswith("6 tests never ran alone, because the database is locked")
