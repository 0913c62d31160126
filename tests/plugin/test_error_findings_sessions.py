"""One real suite whose sessions, objects, scopes, contexts and event loops outlive or miss each other: each cause is
named with its victims, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

import environments
from isolation_tui.diagnose import Finding, diagnose
from observing import Seen, observe, write
from session_suite import SUITE

A, B, C, D, E_, F, G, H = (
    "test_a_rollback.py::", "test_b_swallowed.py::", "test_c_detached.py::", "test_d_attached.py::",
    "test_e_turns.py::", "test_f_scopes.py::", "test_g_contexts.py::", "test_h_loops.py::",
)  # fmt: skip

EXPECTED = {
    (A + "test_after_it", A + "test_long_after_it"): ("F15", "fixture session"),
    (B + "test_meets_it",): ("F15", B + "test_swallows_the_error"),
    (C + "test_has_no_letters",): ("F10", C + "test_removes_the_session"),
    (C + "test_returned",): ("F10", "fixture returned"),
    (C + "TestGuest::test_has_letters",): ("F10", "fixture guest"),
    (D + "test_adds",): ("F22", "fixture author"),
    (E_ + "test_begins_twice",): ("F24", ""),
    (E_ + "test_uses_a_closed_connection",): ("F24", ""),
    (F + "test_wide", F + "test_wide_again"): ("F13", "fixture wide"),
    (G + "test_tables", G + "test_more_tables"): ("F8", "fixture tables"),
    (G + "test_another_application",): ("F8", ""),
    (G + "TestOwner::test_in_the_next_context",): ("F9", "fixture owner"),
    (H + "test_another_loop",): ("F14", ""),
    (H + "test_closed",): ("F14", ""),
}
"""Victims -> class and culprit."""

OF_OTHERS = {A + "test_the_same_again"}
"""Fails by a row that was left, not by the session."""

NO_CAUSE = {F + "test_says_so", G + "test_another_error"}
"""They merely use the words."""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    root = write(tmp_path_factory.mktemp("sessions") / "suite", SUITE)
    return observe(root, "-q")


@pytest.fixture(scope="module")
def findings(seen: Seen) -> dict[tuple[str, ...], Finding]:
    found = {finding.tests: finding for finding in diagnose(seen.run) if not finding.harmless}
    return {tests: finding for tests, finding in found.items() if not OF_OTHERS.issuperset(tests)}


def test_nothing_of_ours_failed(seen: Seen) -> None:
    assert seen.run.disabled_probes == []
    assert seen.test("::test_they_are_left_alone").failure is None


def test_each_cause_is_one_finding_with_its_victims_class_and_culprit(
    findings: dict[tuple[str, ...], Finding],
) -> None:
    assert {tests: (finding.code, finding.culprit) for tests, finding in findings.items()} == EXPECTED


@pytest.mark.slow
@pytest.mark.parametrize("environment", environments.GENERATIONS, ids=lambda each: each.name)
def test_all_generations_come_to_the_same(environment: environments.Environment, tmp_path: Path) -> None:
    """Without Flask, which is not there."""
    root = write(tmp_path / "suite", {name: text for name, text in SUITE.items() if name + "::" != G})
    seen = observe(root, "-q", python=environment.interpreter)
    found = {finding.tests: (finding.code, finding.culprit) for finding in diagnose(seen.run) if not finding.harmless}
    found = {tests: told for tests, told in found.items() if not OF_OTHERS.issuperset(tests)}
    assert found == {tests: told for tests, told in EXPECTED.items() if not tests[0].startswith(G)}


def test_who_merely_uses_the_words_is_left_unexplained(seen: Seen, findings: dict[tuple[str, ...], Finding]) -> None:
    explained = {nodeid for tests in findings for nodeid in tests}
    failed = {test.nodeid for test in seen.run.order if test.failure is not None}
    assert failed - explained - OF_OTHERS == NO_CAUSE


@pytest.mark.parametrize("victims", EXPECTED, ids=lambda victims: victims[0].rpartition("::")[2])
def test_a_finding_has_evidence_of_the_project_a_remedy_and_a_command(
    victims: tuple[str, ...], findings: dict[tuple[str, ...], Finding]
) -> None:
    finding = findings[victims]
    assert finding.title
    assert finding.remedy
    assert victims[0] in finding.command
    assert finding.files
    assert all("site-packages" not in file and "/lib/python" not in file for file in finding.files)


def test_the_first_error_is_evidence_with_its_line(findings: dict[tuple[str, ...], Finding]) -> None:
    finding = findings[A + "test_after_it", A + "test_long_after_it"]
    first = next(evidence for evidence in finding.evidence if evidence.nodeid == A + "test_the_same_again")
    assert "UNIQUE constraint failed: users.name" in first.text
    assert first.place.function == "add"
    assert finding.command == f"python -m pytest {A}test_the_same_again {A}test_after_it"


def test_an_error_that_a_passing_test_swallowed_is_charged_to_it(findings: dict[tuple[str, ...], Finding]) -> None:
    finding = findings[B + "test_meets_it",]
    assert "which passed" in finding.evidence[0].text
    assert "test_swallows_the_error call rollback()" in finding.remedy


def test_the_loss_of_a_session_is_evidence_with_its_line(findings: dict[tuple[str, ...], Finding]) -> None:
    finding = findings[C + "test_has_no_letters",]
    (lost,) = (evidence for evidence in finding.evidence if evidence.nodeid == C + "test_removes_the_session")
    assert lost.place.function == "test_removes_the_session"
    assert finding.title.startswith("The User of fixture `regular` lost its session")
