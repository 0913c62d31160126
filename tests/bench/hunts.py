"""How many dependent tests a hunt proves, and after how many tests, over simulated suites of 300 tests.

    python tests/bench/hunts.py [--seeds 100]

Ten tests of each suite depend on order. The table is by the share of them for which the observed run shows nothing.
"found" are those that are proven within eight orders' worth of tests, proofs included; "half" and "95 %" are the
orders' worth of tests after which so many of all are proven.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from isolation_tui.experiments.hunt.plan import Hunt
from simulated_hunt import PLANTED, planted_suite, run_hunt, wrong_verdicts

TESTS, ORDERS = 300, 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=100, help="suites of each share")
    seeds = parser.parse_args().seeds
    print(f"{'unseen':>6} {'dependent':>9} {'found':>8} {'wrong':>6} {'half':>6} {'95 %':>6}   by kind")
    for unseen in (0.0, 0.2, 0.5, 1.0):
        _print_row(unseen, seeds)


def _print_row(unseen: float, seeds: int) -> None:
    after: list[float] = []
    wrong = 0
    found, planted = Counter[str](), Counter[str]()
    for seed in range(seeds):
        suite = planted_suite(seed, TESTS, unseen=unseen)
        hunt = Hunt(suite.question(ORDERS, seed))
        spent = run_hunt(hunt, suite)
        wrong += len(wrong_verdicts(suite, [*hunt.verdicts.values()]))
        for victim, kind in suite.planted.items():
            orders = spent.proven_at.get(victim, 10**9) / TESTS
            after.append(orders)
            planted[kind] += 1
            found[kind] += orders <= ORDERS
    after.sort()
    half, most = (f"{after[len(after) * part // 100]:.1f}" for part in (50, 95))
    kinds = ", ".join(f"{kind} {found[kind] / planted[kind]:.0%}" for kind in PLANTED)
    share = found.total() / planted.total()
    print(f"{unseen:6.0%} {planted.total():9} {share:8.1%} {wrong:6} {half:>6} {most:>6}   {kinds}")


if __name__ == "__main__":
    main()
