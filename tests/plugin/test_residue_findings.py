"""Rows that others left, as the cause of a failure: real suites that fail by it, and near misses that must not be
explained so."""

from __future__ import annotations

from pathlib import Path

import pytest

import environments
from isolation_tui.diagnose import Finding, diagnose
from isolation_tui.model import leaks
from observing import Seen, observe, write
from postgres import Server
from residue_suite import CONFTEST, SUITE

EXPLAINED = {
    "test_clashes": ("F7", "fixture customer"),
    "test_clashes_too": ("F7", "fixture customer"),
    "test_counts_too_many": ("F7", "test_counts.py::test_leaves_two"),
    "test_lists_too_many": ("F7", "test_counts.py::test_leaves_two"),
    "test_registers_a_taken_address": ("F7", "test_counts.py::test_leaves_two"),
    "test_expects_one": ("F7", "test_counts.py::test_leaves_two"),
    "test_counts_the_closed_shop": ("F7", "fixture shop"),
    "test_counts_what_escaped": ("F1", "test_savepoint.py::test_commits_in_a_savepoint"),
    "test_counts_what_was_committed_beside": ("F6", "test_beside.py::test_commits_beside"),
    "test_counts_what_a_thread_committed": ("F6", "test_beside.py::test_commits_in_a_thread"),
    "test_expects_the_first_id": ("F19", "test_ids.py::test_notes_and_forgets"),
}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    root = write(tmp_path_factory.mktemp("residue") / "suite", SUITE)
    return observe(root, "-q", "-p", "no:cacheprovider")


@pytest.fixture(scope="module")
def findings(seen: Seen) -> dict[str, Finding]:
    """By the name of each victim."""
    causes = [finding for finding in diagnose(seen.run) if not finding.harmless]
    return {nodeid.rpartition("::")[2]: finding for finding in causes for nodeid in finding.tests}


def failing(seen: Seen) -> set[str]:
    return {test.nodeid.rpartition("::")[2] for test in seen.run.order if test.failure is not None}


def test_the_suite_fails_where_it_should(seen: Seen) -> None:
    names = failing(seen)
    assert names >= set(EXPLAINED), seen.output
    near = {test.nodeid.rpartition("::")[2] for test in seen.run.order if "::test_near_" in test.nodeid}
    assert names - set(EXPLAINED) == near


@pytest.mark.parametrize("name", EXPLAINED)
def test_the_class_and_the_author(findings: dict[str, Finding], name: str) -> None:
    assert name in findings
    finding = findings[name]
    assert (finding.code, finding.culprit) == EXPLAINED[name]
    assert finding.grade == "D"


@pytest.mark.slow
@pytest.mark.parametrize("environment", environments.GENERATIONS, ids=lambda each: each.name)
def test_all_generations_come_to_the_same(environment: environments.Environment, tmp_path: Path) -> None:
    left_out = {"test_savepoint.py": ("test_counts_what_escaped",)} if environment is environments.OLD else {}
    root = write(tmp_path / "suite", {name: text for name, text in SUITE.items() if name not in left_out})
    seen = observe(root, "-q", "-p", "no:cacheprovider", python=environment.interpreter)
    causes = [finding for finding in diagnose(seen.run) if not finding.harmless]
    found = {
        nodeid.rpartition("::")[2]: (finding.code, finding.culprit) for finding in causes for nodeid in finding.tests
    }
    unheard = {victim for victims in left_out.values() for victim in victims}  # Session(join_transaction_mode=...)
    assert found == {victim: told for victim, told in EXPLAINED.items() if victim not in unheard}
    assert seen.run.disabled_probes == []


def test_near_misses_stay_unexplained(seen: Seen, findings: dict[str, Finding]) -> None:
    assert {name for name in failing(seen) if name.startswith("test_near_")} & set(findings) == set()


def test_one_author_is_one_finding(findings: dict[str, Finding]) -> None:
    assert findings["test_clashes"] is findings["test_clashes_too"]
    assert findings["test_counts_too_many"] is findings["test_lists_too_many"]
    assert findings["test_counts_too_many"] is not findings["test_clashes"]


def test_a_finding_shows_where_rows_were_left_and_where_they_were_met(findings: dict[str, Finding]) -> None:
    finding = findings["test_counts_too_many"]
    assert [evidence.nodeid.rpartition("::")[2] for evidence in finding.evidence[:3]] == [
        "test_leaves_two", "test_counts_too_many", "test_counts_too_many",
    ]  # fmt: skip
    assert all(evidence.place.line for evidence in finding.evidence[:3])
    assert finding.tables == ("users",)
    assert finding.locations[0].endswith(".users")
    assert "test_leaves_two" in finding.command
    assert "test_counts_too_many" in finding.command


def test_others_with_rows_in_the_table_are_named(findings: dict[str, Finding]) -> None:
    assert any("test_somebody_else" in evidence.text for evidence in findings["test_clashes"].evidence)


def test_a_leak_has_those_as_victims_whose_failure_may_come_of_it(seen: Seen) -> None:
    (leak,) = [leak for leak in leaks(seen.run) if leak.author.label.endswith("::test_leaves_two")]
    readers = {test.nodeid.rpartition("::")[2] for test in leak.readers}
    victims = {test.nodeid.rpartition("::")[2] for test in leak.victims}
    assert victims == {name for name in EXPLAINED if EXPLAINED[name][1].endswith("::test_leaves_two")}
    assert {"test_near_counts_too_few", "test_near_fails_otherwise"} <= readers - victims
    assert {
        "test_near_reads_nothing",
        "test_near_reads_another_table",
        "test_near_empties_it_before",
    } & readers == set()


SERVER = {
    "conftest.py": CONFTEST.replace(
        'create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})',
        "create_engine(__import__('os').environ['SHOP'])",
    ),
    "test_it.py": """
        import pytest
        from sqlalchemy import select
        from conftest import Note, User, count

        @pytest.fixture
        def customer(session):
            session.add(User(email="carla@example.com"))
            session.commit()

        def test_first(customer):
            pass

        def test_clashes(customer):
            pass

        def test_counts(session):
            assert count(session) == 0

        def test_notes_and_rolls_back(session):
            session.add(Note(text="a"))
            session.flush()

        def test_expects_the_first_id(session):
            note = Note(text="b")
            session.add(note)
            session.flush()
            assert note.id == 1

        def test_near_reads_its_own_row(session):
            session.add(User(email="own@x", name="Wrong"))
            session.commit()
            assert session.execute(select(User.name).where(User.email == "own@x")).scalar() == "Right"
    """,
}


def test_a_server_s_own_words_are_understood(tmp_path: Path, postgres: Server) -> None:
    """Other messages, keys that come with RETURNING, and sequences that no rollback takes back."""
    pytest.importorskip("psycopg")
    seen = observe(
        write(tmp_path / "suite", SERVER), "-q", "-p", "no:cacheprovider", env={"SHOP": postgres.url("shop")}
    )
    assert failing(seen) == {
        "test_clashes", "test_counts", "test_expects_the_first_id", "test_near_reads_its_own_row",
    }, seen.output  # fmt: skip
    said = {
        nodeid.rpartition("::")[2]: (finding.code, finding.culprit)
        for finding in diagnose(seen.run)
        for nodeid in finding.tests
        if not finding.harmless
    }
    assert said == {
        "test_clashes": ("F7", "fixture customer"),
        "test_counts": ("F7", "fixture customer"),
        "test_expects_the_first_id": ("F19", "test_it.py::test_notes_and_rolls_back"),
    }
