"""The report of a trial comes from a foreign process that may have died in the middle of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from isolation_tui.experiments.restore import sqlite_files
from isolation_tui.experiments.trial import Location, Outcome, Trial
from isolation_tui.experiments.trial_report import Ending, outcomes_and_problem, read_report

TRIAL = Trial(("test_a.py::test_a", "test_a.py::test_b"), "test_a.py::test_b")


def written(path: Path, *records: object, tail: bytes = b"") -> Path:
    path.write_bytes(b"".join(json.dumps(each).encode() + b"\n" for each in records) + tail)
    return path


def test_lines_that_are_no_records_are_passed_over(tmp_path: Path) -> None:
    records = [[], 7, None, {}, {"kind": 3}, {"kind": "end", "nodeid": 4, "outcome": "excellent", "message": []}]
    report = read_report(written(tmp_path / "report", *records, tail=b'{"kind": "done'))
    assert [each.outcome for each in report.outcomes] == [Outcome.NOT_RUN]
    assert not report.done
    assert not read_report(tmp_path / "nowhere").collected


def test_a_report_that_ends_in_a_test_names_it(tmp_path: Path) -> None:
    start = {"kind": "start", "nodeid": "test_a.py::test_a"}
    report = read_report(written(tmp_path / "report", {"kind": "collected"}, start))
    outcomes, problem = outcomes_and_problem(TRIAL, report, Ending(-11), 30)
    assert [each.outcome for each in outcomes] == [Outcome.CRASHED, Outcome.NOT_RUN]
    assert problem == "the interpreter was killed by signal 11 while test_a.py::test_a ran"


@pytest.mark.parametrize(
    ("undone", "problem"),
    [
        ([], "environment variable MODE could not be undone: it did not come so far"),
        ([{"kind": "undone", "problem": "it is gone"}], "environment variable MODE could not be undone: it is gone"),
        ([{"kind": "undone", "problem": ""}], ""),
    ],
)
def test_what_was_not_undone_shows_nothing(tmp_path: Path, undone: list[object], problem: str) -> None:
    ends = [{"kind": "end", "nodeid": nodeid, "outcome": "passed"} for nodeid in TRIAL.tests]
    report = read_report(written(tmp_path / "report", {"kind": "collected"}, *undone, *ends, {"kind": "done"}))
    trial = Trial(TRIAL.tests, TRIAL.victim, undo=Location("environment", "MODE"))
    assert outcomes_and_problem(trial, report, Ending(0), 30)[1] == problem


def test_database_files_are_found_by_their_urls(tmp_path: Path) -> None:
    (tmp_path / "shop.db").touch()
    urls = [
        "sqlite:///shop.db", "sqlite+aiosqlite:///shop.db?timeout=5", f"sqlite:///{tmp_path}/shop.db", "sqlite://",
        "sqlite:///:memory:", "sqlite:///gone.db", "sqlite:///file:x?mode=memory&uri=true", "postgresql://host/shop.db",
    ]  # fmt: skip
    assert sqlite_files(urls, tmp_path) == [tmp_path / "shop.db"]
