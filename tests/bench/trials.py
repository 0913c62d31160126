"""How many trials the planner makes, and how often it names a wrong test, over simulated suites.

    python tests/bench/trials.py [--seeds 100]

Prints two tables. The first counts trials until a set is proven: up to and including the one that shows it in a process
of its own (the trial alone, and the one after all earlier tests, are among them); and all trials of the verdict, which
repeat it, undo what carries it, and look for further polluters. The second counts wrong names by kind of suite.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from isolation_tui.experiments.planner import drive, plan
from isolation_tui.experiments.verdict import Verdict
from simulated_suite import EVIDENCE, KINDS, Truth, make_truth, wrong_names

SIZES = (200, 1000, 5000)
COUNTED = ("single polluter", "independent polluters", "joint polluters", "brittle")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=100, help="suites of each kind and quality of evidence")
    seeds = range(parser.parse_args().seeds)
    print(f"{'kind':24} {'evidence':10} {'tests':>6}   until proven: median  95 %  max   whole verdict: median  max")
    for kind in COUNTED:
        for evidence in ("right", "one wrong", "missing"):
            for size in SIZES:
                _print_counts(kind, evidence, size, seeds)
    print(f"\n{'kind':30} {'suites':>7} {'named':>7} {'wrong':>6}")
    for kind in KINDS:
        truths = [make_truth(kind, seed, evidence) for evidence in EVIDENCE for seed in seeds]
        verdicts = [_verdict(truth) for truth in truths]
        named = sum(verdict.proven for verdict in verdicts)
        wrong = sum(bool(wrong_names(truth, verdict)) for truth, verdict in zip(truths, verdicts, strict=True))
        print(f"{kind:30} {len(truths):7} {named:7} {wrong:6}")


def _print_counts(kind: str, evidence: str, size: int, seeds: Sequence[int]) -> None:
    proven, whole = [], []
    for seed in seeds:
        verdict = _verdict(make_truth(kind, seed, evidence, size))
        proven.append(trials_until_proven(verdict))
        whole.append(len(verdict.trials))
    proven.sort()
    whole.sort()
    print(
        f"{kind:24} {evidence:10} {size:6} {proven[len(proven) // 2]:22} {proven[len(proven) * 95 // 100]:5}"
        f" {proven[-1]:4} {whole[len(whole) // 2]:23} {whole[-1]:4}"
    )


def trials_until_proven(verdict: Verdict) -> int:
    """The number of the trial in a process of its own that has exactly the first named set before the victim."""
    first = (*verdict.polluters, *verdict.setters)[0]
    shown = (result.trial.tests == (*first, verdict.victim) and result.fresh for result in verdict.trials)
    return next(number for number, shows in enumerate(shown, 1) if shows)


def _verdict(truth: Truth) -> Verdict:
    return drive(plan(truth.question), truth.suite.run)


if __name__ == "__main__":
    main()
