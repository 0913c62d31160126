"""The outcome of a hunt as plain values, for JSON and for people: what was found, and what was not covered."""

from __future__ import annotations

from typing import Any

from ...text.wording import listed, number
from ..verdict import Kind, Verdict
from ..verdict_text import to_document
from .plan import ORDER_DEPENDENT, Hunt

NAMED = 5
"""How many tests are named in a sentence."""


def dependent(hunt: Hunt) -> list[Verdict]:
    """The verdicts on tests that depend on order, in the order of the suite."""
    found = [verdict for verdict in list(hunt.verdicts.values()) if verdict.kind in ORDER_DEPENDENT]
    return sorted(found, key=lambda verdict: hunt.order.index(verdict.victim))


def of_kind(hunt: Hunt, kind: Kind) -> list[Verdict]:
    """The verdicts of one kind."""
    return [verdict for verdict in list(hunt.verdicts.values()) if verdict.kind is kind]


def to_hunt_document(hunt: Hunt, *, stopped: str, resumed: int, made: int) -> dict[str, Any]:
    """The whole outcome. ``stopped`` says why the hunt ended early."""
    coverage = hunt.coverage
    return {
        "order_dependent": [to_document(verdict) for verdict in dependent(hunt)],
        "flaky": [to_document(verdict) for verdict in of_kind(hunt, Kind.FLAKY)],
        "fails_alone": [to_document(verdict) for verdict in of_kind(hunt, Kind.FAILS_ALONE)],
        "unproven": [
            {"victim": each.victim, "fails_alone": not each.signature, "after": len(each.earlier)}
            for each in hunt.waiting.values()
        ],
        "coverage": {
            "tests": len(hunt.order),
            "alone": len(coverage.alone),
            "orders": list(coverage.orders),
            "in_another_order": len(coverage.moved),
            "pairs": hunt.pairs.total,
            "pairs_observed": hunt.pairs_observed,
            "pairs_tried": hunt.pairs.tried - hunt.pairs_observed,
            "neighbours": len(coverage.neighbours),
            "tests_run_in_search": coverage.search,
            "tests_run_in_proofs": coverage.proof,
        },
        "not_covered": gaps(hunt, stopped),
        "seed": hunt.question.seed,
        "complete": hunt.done,
        "stopped": stopped or hunt.problem,
        "trials": made + resumed,
        "resumed": resumed,
    }


def basis(hunt: Hunt) -> list[str]:
    """What the outcome rests on, in sentences."""
    coverage, tests = hunt.coverage, len(hunt.order)
    lines = [f"{len(coverage.alone)} of {number(tests, 'test')} ran alone."]
    if coverage.orders:
        lines.append(f"{number(len(coverage.orders), 'whole order')} ran: {_shortened(coverage.orders)}.")
    if hunt.pairs.total:
        tried = hunt.pairs.tried - hunt.pairs_observed
        lines.append(
            f"{number(hunt.pairs.total, 'pair')} of a test that leaves something and one that reads it: "
            f"{hunt.pairs_observed} met in the observed run, {tried} in trials."
        )
    lines.append(f"{number(coverage.search, 'test')} ran in search of differences, {coverage.proof} to prove them.")
    return lines


def gaps(hunt: Hunt, stopped: str) -> list[str]:
    """What was not covered and why, in sentences."""
    coverage, tests = hunt.coverage, len(hunt.order)
    why = stopped or hunt.problem or ("" if hunt.done else "the hunt ended early")
    because = f", because {why}" if why else ""
    lines = []
    if hunt.question.not_run:
        lines.append(f"{number(hunt.question.not_run, 'test')} did not run to the end in the observed run.")
    alone = [nodeid for nodeid in hunt.order if nodeid not in coverage.alone]
    if alone:
        lines.append(f"{number(len(alone), 'test')} never ran alone{because}: {_shortened(alone)}.")
    if tests > 1 and len(coverage.moved) < tests:
        lines.append(f"{number(tests - len(coverage.moved), 'test')} never ran in another whole order{because}.")
    open_pairs = hunt.pairs.open
    if open_pairs:
        limit = because or f", because {number(hunt.question.orders, 'order')} of tests were allowed"
        lines.append(f"{number(len(open_pairs), 'pair')} of author and reader never met{limit}.")
    if hunt.pairs.left_out:
        lines.append(
            f"{number(hunt.pairs.left_out, 'further pair')} of author and reader were left to the whole orders: "
            f"many tests leave something at the same place."
        )
    if tests > 1:
        most = tests * (tests - 1)
        lines.append(f"{most - len(coverage.neighbours)} of {most} ordered pairs of tests were never neighbours.")
    lines += [f"{name} showed nothing: {problem}." for name, problem in coverage.in_vain[:NAMED]]
    lines.append("No test ran twice in a row, and sets of tests that are needed jointly were met by chance only.")
    return lines


def _shortened(words: list[str]) -> str:
    if len(words) > NAMED:
        return f"{', '.join(words[:NAMED])} and {len(words) - NAMED} more"
    return listed(words)
