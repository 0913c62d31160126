"""Hunts in hundreds of simulated suites with a known truth: what is found within eight orders' worth of tests."""

from __future__ import annotations

from isolation_tui.experiments.hunt.plan import Hunt
from simulated_hunt import PlantedSuite, Spent, planted_suite, run_hunt, wrong_verdicts

SEEDS = 500
TESTS = 300
ORDERS = 8


def hunted(suite: PlantedSuite, seed: int) -> tuple[Hunt, Spent]:
    hunt = Hunt(suite.question(ORDERS, seed))
    return hunt, run_hunt(hunt, suite)


def test_95_percent_of_the_dependent_tests_are_proven_within_eight_orders_worth_of_tests() -> None:
    """Proofs count as well. For every fifth dependent test there is no evidence."""
    planted = within = 0
    for seed in range(SEEDS):
        suite = planted_suite(seed, TESTS)
        hunt, spent = hunted(suite, seed)
        assert wrong_verdicts(suite, [*hunt.verdicts.values()]) == [], seed
        planted += len(suite.planted)
        within += sum(spent.proven_at.get(victim, 10**9) <= ORDERS * TESTS for victim in suite.planted)
    assert within >= 0.95 * planted


def test_with_evidence_all_are_found() -> None:
    for seed in range(20):
        suite = planted_suite(seed, TESTS, unseen=0)
        _, spent = hunted(suite, seed)
        assert spent.proven_at.keys() == suite.planted.keys()
        assert max(spent.proven_at.values()) <= ORDERS * TESTS


def test_nothing_is_found_where_nothing_is_planted() -> None:
    for seed in range(10):
        suite = planted_suite(seed, TESTS, planted=0)
        hunt, spent = hunted(suite, seed)
        assert not hunt.verdicts
        assert not hunt.waiting
        assert hunt.done
        assert hunt.coverage.proof == 0
        assert spent.tests <= (ORDERS + 1) * TESTS


def test_no_flaky_test_is_said_to_depend_on_order() -> None:
    for seed in range(100):
        suite = planted_suite(seed, 100, planted=5, flaky=8)
        hunt, _ = hunted(suite, seed)
        assert wrong_verdicts(suite, [*hunt.verdicts.values()]) == [], seed
