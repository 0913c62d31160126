"""A verdict in words and as a document."""

from __future__ import annotations

import json

import pytest

from isolation_tui.experiments.question import Candidate
from isolation_tui.experiments.trial import Location, Outcome, TestOutcome, Trial, TrialResult
from isolation_tui.experiments.verdict import Kind, Verdict
from isolation_tui.experiments.verdict_text import (
    explanation,
    headline,
    to_document,
    trial_line,
    trial_lines,
    trials_in_one_line,
)

VICTIM = "tests/test_prices.py::test_total"
IMPORTING, EXPORTING = "tests/test_import.py::test_import", "tests/test_export.py::TestExport::test_export[a b]"
FAILURE = "call: AssertionError: assert 0 == 0"
ROW = Location("rows", "products", keys=("7",))


def result(why: str, outcome: Outcome, signature: str = "", problem: str = "") -> TrialResult:
    trial = Trial((VICTIM,), VICTIM, why=why)
    return TrialResult(trial, (TestOutcome(VICTIM, outcome, signature),), 0.5, problem=problem)


PROVEN = Verdict(
    VICTIM,
    Kind.ORDER_DEPENDENT,
    polluters=((IMPORTING,),),
    location=ROW,
    grade="A",
    refuted=(Candidate((EXPORTING,), reason="left 2 rows in products"),),
    complete=True,
    signature=FAILURE,
    trials=(
        result("alone", Outcome.PASSED),
        result("after test_import", Outcome.FAILED, FAILURE),
        result("after test_import, without row 7 of products", Outcome.PASSED),
    ),
    command=("python", "-m", "pytest", IMPORTING, VICTIM),
)


@pytest.mark.parametrize(
    ("verdict", "line"),
    [
        (PROVEN, "test_total passes alone and fails after test_import"),
        (
            Verdict(VICTIM, Kind.ORDER_DEPENDENT, polluters=((IMPORTING, EXPORTING), (VICTIM,))),
            "test_total passes alone and fails after test_import and TestExport::test_export[a b] together, "
            "or after test_total",
        ),
        (
            Verdict(VICTIM, Kind.ORDER_DEPENDENT, polluting_files=(("tests/test_models.py",),)),
            "test_total fails alone once tests/test_models.py is imported",
        ),
        (
            Verdict(VICTIM, Kind.NEEDS_EARLIER_TEST, setters=((IMPORTING,),)),
            "test_total fails alone and passes after test_import",
        ),
        (
            Verdict(VICTIM, Kind.NEEDS_EARLIER_TEST, polluters=((IMPORTING,),)),
            "test_total fails alone with another error; after test_import it fails as observed",
        ),
        (Verdict(VICTIM, Kind.FAILS_ALONE), "test_total fails alone too: no other test is to blame"),
        (Verdict(VICTIM, Kind.NON_IDEMPOTENT), "test_total passes once and fails when it runs again"),
        (Verdict(VICTIM, Kind.FLAKY, failures=2, runs=5), "test_total is flaky: 2 of 5 equal trials failed"),
        (Verdict(VICTIM, Kind.NOT_REPRODUCED, signature=FAILURE), "The failure of test_total did not happen again"),
        (Verdict(VICTIM, Kind.NOT_REPRODUCED), "test_total passes in every trial"),
        (
            Verdict(VICTIM, Kind.UNKNOWN, reason="the database is in use"),
            "Why test_total fails is unknown, because the database is in use",
        ),
    ],
)
def test_every_kind_has_a_headline(verdict: Verdict, line: str) -> None:
    assert headline(verdict) == line


def test_the_explanation_says_what_carries_it_and_who_is_refuted() -> None:
    assert explanation(PROVEN) == [
        "It is carried by row 7 of products: undone right before test_total, test_total passes.",
        "Nothing else in this order does: without it, it passes.",
        "Refuted: TestExport::test_export[a b] (left 2 rows in products).",
    ]


def test_what_is_not_certain_is_not_called_certain() -> None:
    suspected = Verdict(
        VICTIM, Kind.ORDER_DEPENDENT, polluters=((IMPORTING,),), location=ROW, grade="B", reason="no answer after 9",
        found_without_evidence=True, cleaners=((EXPORTING,),), unconfirmed="plain pytest sorts the tests",
    )  # fmt: skip
    assert explanation(suspected) == [
        "It is probably carried by row 7 of products, which could not be undone to make sure.",
        "In the observed order TestExport::test_export[a b] cleans up in between.",
        "Found without evidence, by bisection: nothing that was observed points there.",
        "Plain pytest could not confirm it in a new process: plain pytest sorts the tests.",
        "There may be others: no answer after 9.",
    ]
    assert explanation(Verdict(VICTIM, Kind.ORDER_DEPENDENT, polluters=((IMPORTING,),), grade="C")) == [
        "What carries it is not known."
    ]


def test_a_setter_is_explained_the_other_way_round() -> None:
    verdict = Verdict(
        VICTIM, Kind.NEEDS_EARLIER_TEST, setters=((IMPORTING,),), location=ROW, grade="A", complete=True
    )  # fmt: skip
    assert explanation(verdict) == [
        "It is carried by row 7 of products: undone right before test_total, test_total fails again.",
        "Nothing else in this order does: without it, it fails as it does alone.",
    ]


def test_trials_are_one_line_each() -> None:
    assert trial_lines(PROVEN) == [
        "alone ✔", "after test_import ✘", "after test_import, without row 7 of products ✔",
    ]  # fmt: skip
    assert trials_in_one_line(PROVEN.trials[:2], FAILURE) == "alone ✔ · after test_import ✘"
    assert trial_line(result("alone", Outcome.ERROR, "setup: OSError"), FAILURE) == "alone ✘ (another error)"
    torn_down = TestOutcome(VICTIM, Outcome.ERROR, "teardown: OSError", "teardown")
    ended = TrialResult(Trial((VICTIM,), VICTIM, why="alone"), (torn_down,))
    assert trial_line(ended, FAILURE) == "alone ✔ (its teardown failed)"
    assert trial_line(result("alone", Outcome.PASSED, problem="crashed"), FAILURE) == "alone ? (crashed)"


def test_the_document_is_plain_and_whole() -> None:
    document = json.loads(json.dumps(to_document(PROVEN)))
    assert document["verdict"] == "order-dependent"
    assert document["polluters"] == [IMPORTING]
    assert document["polluter_sets"] == [[IMPORTING]]
    assert document["location"]["label"] == "row 7 of products"
    assert document["grade"] == "A"
    assert [trial["outcome"] for trial in document["trials"]] == ["passed", "failed", "passed"]
    assert document["command"] == list(PROVEN.command)
    assert document["refuted"][0]["tests"] == [EXPORTING]
    assert json.loads(json.dumps(to_document(Verdict(VICTIM, Kind.UNKNOWN))))["location"] is None
