"""Trials as forks of one process that has collected: where that is safe, and what is reported where it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from isolation_tui.experiments.prober import Prober
from trial_project import said, trial, write_project

SUITE = """
    import os
    from pathlib import Path

    OUTSIDE = Path(__file__).parents[1]  # what collecting writes into the project forbids forks
    with (OUTSIDE / "imported").open("a") as file:
        file.write("x")
    SEEN = []
    IMPORTED_BY = os.getpid()

    def test_fills(): SEEN.append(1)
    def test_is_empty(): assert SEEN == []
    def test_kills_the_server():
        if os.getpid() != IMPORTED_BY:
            os.kill(IMPORTED_BY, 9)
    """
FILLS, EMPTY, KILLS = (f"test_it.py::test_{name}" for name in ("fills", "is_empty", "kills_the_server"))


def test_one_process_collects_for_all_trials(tmp_path: Path) -> None:
    with Prober(write_project(tmp_path / "suite", {"test_it.py": SUITE})) as prober:
        for _ in range(3):
            assert said(prober.run(trial(FILLS, EMPTY))) == [f"{FILLS} passed", f"{EMPTY} failed"]
            assert said(prober.run(trial(EMPTY))) == [f"{EMPTY} passed"]
        assert (tmp_path / "imported").read_text() == "x"
        assert prober.run(trial(EMPTY, fresh=True)).fresh
        assert (tmp_path / "imported").read_text() == "xx"
        assert not prober.run(trial(EMPTY)).fresh  # what ends with a fresh trial is that trial's alone


def test_its_session_ends_once(tmp_path: Path) -> None:
    conftest = """
        import atexit
        from pathlib import Path

        FILE = Path(__file__).parents[1] / "ends"

        def say(text):
            with FILE.open("a") as file:
                file.write(text)

        atexit.register(say, "atexit ")

        def pytest_sessionfinish():
            say("finish ")
        """
    with Prober(write_project(tmp_path / "suite", {"test_it.py": SUITE, "conftest.py": conftest})) as prober:
        for _ in range(2):
            assert not prober.run(trial(EMPTY)).fresh
        assert not (tmp_path / "ends").exists()
    assert (tmp_path / "ends").read_text() == "finish atexit "


@pytest.mark.parametrize(
    ("conftest", "why"),
    [
        ("import threading\nthreading.Thread(target=threading.Event().wait, daemon=True, name='poller').start()\n",
         "a thread runs: poller"),
        ("import socket\nSERVER = socket.create_server(('127.0.0.1', 0))\n", "a socket is open after collection"),
        ("import asyncio\nLOOP = asyncio.new_event_loop()\n", "is open after collection"),
        ("import subprocess, sys\nP = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE)\n",
         "a child process runs"),
        ("import sqlalchemy as sa\nENGINE = sa.create_engine('sqlite:///shop.db')\n"
         "with ENGINE.begin() as c: c.exec_driver_sql('create table if not exists t (id int)')\n",
         "the database file shop.db is open after collection"),
    ],
    ids=["thread", "socket", "loop", "child", "database"],
)  # fmt: skip
def test_what_a_fork_would_share_is_refused(tmp_path: Path, conftest: str, why: str) -> None:
    with Prober(write_project(tmp_path / "suite", {"test_it.py": SUITE, "conftest.py": conftest})) as prober:
        result = prober.run(trial(FILLS, EMPTY))
        assert result.fresh
        assert said(result) == [f"{FILLS} passed", f"{EMPTY} failed"]
        assert why in prober.fork_refused


def test_a_database_in_memory_is_no_reason(tmp_path: Path) -> None:
    conftest = """
        import sqlalchemy as sa
        from sqlalchemy.pool import StaticPool
        ENGINE = sa.create_engine("sqlite://", poolclass=StaticPool)
        with ENGINE.begin() as connection:
            connection.exec_driver_sql("create table products (id int)")
        """
    suite = """
        from conftest import ENGINE

        def rows():
            with ENGINE.begin() as connection:
                return connection.exec_driver_sql("select count(*) from products").scalar()

        def test_fills():
            with ENGINE.begin() as connection:
                connection.exec_driver_sql("insert into products values (1)")

        def test_is_empty():
            assert rows() == 0
        """
    files = {"test_it.py": suite, "conftest.py": conftest, "pytest.ini": "[pytest]\npythonpath = .\n"}
    with Prober(write_project(tmp_path / "suite", files)) as prober:
        for _ in range(2):
            result = prober.run(trial(FILLS, EMPTY))
            assert said(result) == [f"{FILLS} passed", f"{EMPTY} failed"]
            assert said(prober.run(trial(EMPTY))) == [f"{EMPTY} passed"]
            assert not result.fresh


def test_a_server_that_dies_is_replaced_by_fresh_processes(tmp_path: Path) -> None:
    with Prober(write_project(tmp_path / "suite", {"test_it.py": SUITE})) as prober:
        assert not prober.run(trial(EMPTY)).fresh
        prober.run(trial(KILLS, EMPTY))
        result = prober.run(trial(FILLS, EMPTY))
        assert said(result) == [f"{FILLS} passed", f"{EMPTY} failed"]
        assert result.fresh
        assert prober.fork_refused == "the process that had collected ended"
