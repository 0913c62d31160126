"""Every trial begins from the same start, and the user's files are at the end as they were."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from isolation_tui.experiments.prober import Prober
from isolation_tui.experiments.restore import recover
from isolation_tui.launch.project import Project
from trial_project import said, trial, write_project

SUITE = {
    "pytest.ini": "[pytest]\npythonpath = .\n",
    "shop.py": """
        from sqlalchemy import create_engine
        from sqlalchemy.pool import NullPool

        ENGINE = create_engine("sqlite:///shop.db", poolclass=NullPool)

        def run(statement):
            with ENGINE.begin() as connection:
                result = connection.exec_driver_sql(statement)
                return result.scalar() if result.returns_rows else None
        """,
    "test_shop.py": """
        import time
        from pathlib import Path
        from shop import run

        def test_adds(): run("insert into products values (1)")
        def test_is_empty(): assert run("select count(*) from products") == 0

        def test_adds_and_hangs():
            test_adds()
            Path("../hangs").touch()
            time.sleep(600)
        """,
}
ADDS, EMPTY, HANGS = (f"test_shop.py::test_{name}" for name in ("adds", "is_empty", "adds_and_hangs"))


def shop(folder: Path, journal_mode: str = "delete") -> tuple[Project, Path]:
    """A project with a database file, and that file. In WAL mode there are files beside it."""
    folder = folder / "project"
    project = write_project(folder, SUITE)
    file = folder / "shop.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"pragma journal_mode = {journal_mode}")
        connection.execute("create table products (id integer)")
        connection.commit()
    os.utime(file, (1_000_000_000, 1_000_000_000))
    return project, file


def content(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    """Each file with its content, mode and time."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mode, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.parametrize("journal_mode", ["delete", "wal"])
@pytest.mark.parametrize("known", [True, False], ids=["known", "found"])
def test_a_database_file_is_put_back_after_each_trial(
    tmp_path: Path, fork: bool, journal_mode: str, known: bool
) -> None:
    project, file = shop(tmp_path, journal_mode)
    before = content(project.root)
    starts = set()
    with Prober(project, fork=fork, databases=[file] if known else []) as prober:
        for _ in range(2):
            result = prober.run(trial(ADDS, EMPTY))
            assert said(result) == [f"{ADDS} passed", f"{EMPTY} failed"]
            assert content(project.root) == before
            alone = prober.run(trial(EMPTY))
            assert said(alone) == [f"{EMPTY} passed"]
            assert result.fresh is not fork
            starts |= {result.start, alone.start}
        assert said(prober.confirm(trial(ADDS, EMPTY))) == [f"{ADDS} passed", f"{EMPTY} failed"]
    assert len(starts) == 1
    assert content(project.root) == before


def test_a_database_that_is_not_there_is_put_aside_when_a_trial_makes_it(tmp_path: Path, state_folder: Path) -> None:
    files = {
        **SUITE,
        "conftest.py": """
            import pytest
            from shop import run

            @pytest.fixture(scope="session", autouse=True)
            def schema():
                run("create table if not exists products (id integer)")
            """,
    }
    project = write_project(tmp_path, files)
    with Prober(project) as prober:
        for _ in range(2):
            assert said(prober.run(trial(ADDS, EMPTY))) == [f"{ADDS} passed", f"{EMPTY} failed"]
            assert not (tmp_path / "shop.db").exists()
            assert said(prober.run(trial(EMPTY))) == [f"{EMPTY} passed"]
    assert [path.name for path in state_folder.rglob("*shop.db")]


def test_files_of_the_project_are_put_back_or_aside(tmp_path: Path, state_folder: Path, fork: bool) -> None:
    project = write_project(
        tmp_path,
        {
            "kept.txt": "kept",
            "gone.txt": "gone",
            "renamed.txt": "renamed",
            "empty/deep.txt": "deep",
            "test_files.py": """
                import os, pathlib, shutil

                def test_writes():
                    with open("kept.txt", "a") as file:
                        file.write(" and changed")
                    pathlib.Path("gone.txt").unlink()
                    os.rename("renamed.txt", "other.txt")
                    shutil.rmtree("empty")
                    os.makedirs("new/folder", exist_ok=True)
                    os.makedirs("new/folder", exist_ok=True)
                    pathlib.Path("new/folder/file.txt").write_text("new")

                def test_is_as_it_was():
                    assert sorted(os.listdir()) == NAMES
                    assert open("kept.txt").read() == "kept"

                NAMES = sorted(os.listdir())
                """,
        },
    )
    before = content(tmp_path)
    writes, reads = "test_files.py::test_writes", "test_files.py::test_is_as_it_was"
    with Prober(project, fork=fork) as prober:
        assert said(prober.run(trial(reads))) == [f"{reads} passed"]
        for _ in range(2):
            assert said(prober.run(trial(writes, reads))) == [f"{writes} passed", f"{reads} failed"]
            assert content(tmp_path) == before
            assert said(prober.run(trial(reads))) == [f"{reads} passed"]
    assert [path.read_text() for path in state_folder.rglob("file.txt")] == ["new", "new"]


def test_what_another_process_changes_is_left_alone_and_reported(tmp_path: Path) -> None:
    project, file = shop(tmp_path)
    with Prober(project, databases=[file]) as prober:
        assert said(prober.run(trial(EMPTY))) == [f"{EMPTY} passed"]
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("insert into products values (7)")
            connection.commit()
        changed = content(project.root)
        result = prober.run(trial(EMPTY))
        assert result.problem == f"{file} changed though no trial touched it"
        assert [each.outcome.value for each in result.outcomes] == []
    assert content(project.root) == changed


def test_a_database_in_use_is_not_touched(tmp_path: Path) -> None:
    project, file = shop(tmp_path)
    script = "import sys; file = open(sys.argv[1], 'rb'); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        with Prober(project, databases=[file]) as prober:
            assert prober.run(trial(EMPTY)).problem == f"{file} is in use by another process ({other.pid})"
        assert other.stdin is not None
        other.stdin.close()


def test_an_import_that_changes_a_database_makes_trials_fresh(tmp_path: Path) -> None:
    project, file = shop(tmp_path)
    (project.root / "conftest.py").write_text("from shop import run\nrun('insert into products values (9)')\n")
    before = content(project.root)
    with Prober(project, databases=[file]) as prober:
        for _ in range(2):
            result = prober.run(trial(EMPTY))
            assert said(result) == [f"{EMPTY} failed"]
            assert "assert 1 == 0" in result.outcomes[0].message
            assert result.fresh
        assert prober.fork_refused == f"collecting the tests changes {file}"
    assert content(project.root) == before


def test_restore_commands_run_before_each_trial(tmp_path: Path) -> None:
    project, _ = shop(tmp_path)
    with Prober(project, restore=["echo restored >> ../log", "true"]) as prober:
        for _ in range(2):
            assert said(prober.run(trial(EMPTY))) == [f"{EMPTY} passed"]
    assert (tmp_path / "log").read_text() == "restored\n" * 2


def test_a_restore_command_that_fails_is_a_problem(tmp_path: Path) -> None:
    project, _ = shop(tmp_path)
    with Prober(project, restore=["echo no server; exit 3"]) as prober:
        assert prober.run(trial(EMPTY)).problem == "the restore command failed with status 3: no server"


PROVE = """
import sys
from pathlib import Path
from isolation_tui.experiments.prober import Prober
from isolation_tui.experiments.restore import recover
from isolation_tui.experiments.trial import Trial
from isolation_tui.launch.project import find_project

project = find_project(sys.argv[1], (), sys.executable)
try:
    with Prober(project, databases=[Path(sys.argv[1], "shop.db")], fork=sys.argv[2] == "fork") as prober:
        prober.run(Trial((sys.argv[3],), sys.argv[3]))
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize("signal_", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "killed"])
def test_a_run_cut_off_in_the_middle_loses_nothing(tmp_path: Path, fork: bool, signal_: signal.Signals) -> None:
    project, file = shop(tmp_path)
    before = content(project.root)
    command = [sys.executable, "-c", PROVE, str(project.root), "fork" if fork else "fresh", HANGS]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as prover:
        _wait_until(lambda: (tmp_path / "hangs").exists())
        assert file.read_bytes() != before["shop.db"][0]
        prover.send_signal(signal_)
        prover.wait()
    if signal_ == signal.SIGKILL:
        assert file.read_bytes() != before["shop.db"][0]
        assert recover(project) == ""
    assert content(project.root) == before
    _wait_until(lambda: not _processes(project.root))
    with Prober(project) as prober:
        assert said(prober.run(trial(EMPTY))) == [f"{EMPTY} passed"]
    assert content(project.root) == before


def _processes(folder: Path) -> list[str]:
    """Those with this working directory."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(place / "cwd") == str(folder) and "pytest" in (place / "cmdline").read_text():
                found.append(place.name)
        except OSError:
            continue
    return found


def _wait_until(condition: object) -> None:
    assert callable(condition)
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)
