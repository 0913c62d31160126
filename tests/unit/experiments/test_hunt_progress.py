"""A hunt's progress on disk: it comes back as it was, and only for the same code."""

from __future__ import annotations

from pathlib import Path

import pytest

from isolation_tui.experiments.hunt.progress import VERSION, Beginning, Progress, digest
from isolation_tui.experiments.hunt.question import HuntQuestion, LeftBehind, ObservedTest
from isolation_tui.experiments.question import Candidate
from isolation_tui.experiments.trial import Location, Outcome, TestOutcome, Trial, TrialResult
from isolation_tui.launch import Project

ROWS = Location("rows", "users", "shop.db", ("id=1",))
BEGINNING = Beginning(
    VERSION,
    HuntQuestion(
        (ObservedTest("test_a.py::test_a", suspects=(Candidate(("test_a.py::test_b",), ROWS, "left rows", 70.5),)),),
        (LeftBehind("test_a.py::test_a", "rows shop.db.users", ROWS),),
        {"test_a.py::test_a": ("rows shop.db.users",)},
    ),
    1.5,
    ("sqlite:///shop.db",),
)
RESULT = TrialResult(
    Trial(("test_a.py::test_a",), "test_a.py::test_a", undo=ROWS, why="alone"),
    (TestOutcome("test_a.py::test_a", Outcome.FAILED, "call: AssertionError: ü\x1b[31m", "call"),),
    0.25,
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("ISOLATION_TUI_STATE", str(tmp_path / "state"))
    root = tmp_path / "suite"
    (root / ".venv").mkdir(parents=True)
    (root / "test_a.py").write_text("def test_a(): pass\n")
    return Project(root, root, (), "python")


def begun(project: Project) -> Progress:
    with Progress(project, 0) as progress:
        progress.begin(BEGINNING)
        progress.add(RESULT)
        progress.add(RESULT)
    return progress


def test_what_is_kept_comes_back_equal(project: Project) -> None:
    begun(project)
    with Progress(project, 0) as again:
        assert (again.beginning, again.known) == (BEGINNING, [RESULT, RESULT])


def test_a_line_that_was_cut_off_is_left_out_and_the_next_one_is_whole(project: Project) -> None:
    path = begun(project).path
    path.write_bytes(path.read_bytes()[:-20])
    with Progress(project, 0) as again:
        assert again.known == [RESULT]
        again.add(RESULT)
    with Progress(project, 0) as third:
        assert third.known == [RESULT, RESULT]


@pytest.mark.parametrize("content", [b"", b"{}\n", b"\xff\n", b'{"version":0}\n', b"[1]\n[2]\n"])
def test_a_damaged_file_starts_a_new_hunt(project: Project, content: bytes) -> None:
    begun(project).path.write_bytes(content)
    with Progress(project, 0) as again:
        assert again.beginning is None
        assert again.known == []


@pytest.mark.parametrize("name", ["test_a.py", "conftest.py", "pytest.ini", "src/shop.py"])
def test_a_changed_file_starts_a_new_hunt(project: Project, name: str) -> None:
    before = digest(project, 0)
    file = project.root / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("import os\n")
    assert digest(project, 0) != before


def test_other_arguments_and_another_seed_start_a_new_hunt_other_files_do_not(project: Project) -> None:
    before = digest(project, 0)
    assert digest(project, 1) != before
    assert digest(Project(project.root, project.cwd, ("-k", "b"), "python"), 0) != before
    (project.root / "notes.txt").write_text("x")
    (project.root / ".venv" / "new.py").write_text("x")
    assert digest(project, 0) == before


def test_a_folder_that_cannot_be_written_is_reported_and_the_hunt_goes_on(project: Project, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    progress = begun(project)
    assert "the progress cannot be kept" in progress.failure
    assert progress.known == [RESULT, RESULT]
