"""Trials of suites whose database is on a server: each begins from the same state, or shows nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from isolation_tui.experiments.prober import Prober
from isolation_tui.experiments.restore import recover
from postgres import Server
from trial_project import said, trial, write_project

pytestmark = pytest.mark.slow

INI = "[pytest]\npythonpath = .\n"
AT_IMPORT = """
    import os
    import sqlalchemy as sa

    ENGINE = sa.create_engine(os.environ["SHOP_DATABASE"], poolclass=sa.pool.NullPool)

    def run(statement):
        with ENGINE.begin() as connection:
            result = connection.execute(sa.text(statement))
            return result.scalar() if result.returns_rows else None
    """
IN_A_FUNCTION = """
    import os
    import sqlalchemy as sa

    def run(statement):
        with sa.create_engine(os.environ["SHOP_DATABASE"]).begin() as connection:
            result = connection.execute(sa.text(statement))
            return result.scalar() if result.returns_rows else None
    """
SUITE = """
    from shop import run

    def test_adds(): run("insert into products values (1)")
    def test_is_empty(): assert run("select count(*) from products") == 0
    def test_cleans(): run("delete from products")
    """
ADDS, EMPTY, CLEANS = (f"test_shop.py::test_{name}" for name in ("adds", "is_empty", "cleans"))
DELETE = """
import os
import sqlalchemy as sa
with sa.create_engine(os.environ["SHOP_DATABASE"]).begin() as connection:
    connection.execute(sa.text("delete from products"))
"""


@pytest.fixture
def url(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of a database with one empty table, which the suite finds in its environment."""
    url = postgres.url("shop")
    with sa.create_engine(url, poolclass=sa.pool.NullPool).begin() as connection:
        connection.execute(sa.text("create table products (id integer primary key)"))
    monkeypatch.setenv("SHOP_DATABASE", url)
    return url


@pytest.mark.parametrize("shop", [AT_IMPORT, IN_A_FUNCTION], ids=["at import", "in a function"])
def test_rows_that_a_trial_left_make_the_next_one_show_nothing(tmp_path: Path, url: str, fork: bool, shop: str) -> None:
    project = write_project(tmp_path, {"pytest.ini": INI, "shop.py": shop, "test_shop.py": SUITE})
    with Prober(project, fork=fork) as prober:
        assert said(prober.run(trial(EMPTY))) == [f"{EMPTY} passed"]
        assert said(prober.run(trial(ADDS, EMPTY, CLEANS))) == [f"{ADDS} passed", f"{EMPTY} failed", f"{CLEANS} passed"]
        assert said(prober.run(trial(ADDS, EMPTY))) == [f"{ADDS} passed", f"{EMPTY} failed"]
        result = prober.run(trial(EMPTY))
    assert "table products has 1 row, had 0" in result.problem
    assert result.fresh is not fork


def test_a_restore_command_lets_each_trial_begin_alike(tmp_path: Path, url: str) -> None:
    files = {
        "pytest.ini": "[pytest]\npythonpath = .\n",
        "shop.py": AT_IMPORT,
        "test_shop.py": SUITE,
        "delete.py": DELETE,
    }
    project = write_project(tmp_path, files)
    with Prober(project, restore=[f"{project.python} delete.py"]) as prober:
        for _ in range(2):
            assert said(prober.run(trial(ADDS, EMPTY))) == [f"{ADDS} passed", f"{EMPTY} failed"]
            assert said(prober.run(trial(EMPTY))) == [f"{EMPTY} passed"]


@pytest.mark.parametrize("scope", ["session", "function"])
def test_a_suite_may_bring_its_database_to_a_known_state_itself(tmp_path: Path, url: str, scope: str) -> None:
    conftest = f"""
        import pytest
        from shop import run

        @pytest.fixture(scope="{scope}", autouse=True)
        def schema():
            run("drop table if exists orders")
            run("create table orders (id integer)")
        """
    suite = """
        from shop import run

        def test_adds(): run("insert into orders values (1)")
        def test_leaves(): run("insert into orders values (2)")
        def test_victim(): assert run("select count(*) from orders") == 0
        """
    adds, leaves, victim = (f"test_shop.py::test_{name}" for name in ("adds", "leaves", "victim"))
    files = {"pytest.ini": INI, "shop.py": AT_IMPORT, "test_shop.py": suite, "conftest.py": conftest}
    carried = "failed" if scope == "session" else "passed"
    with Prober(write_project(tmp_path, files)) as prober:
        for _ in range(2):
            assert said(prober.run(trial(victim))) == [f"{victim} passed"]
            assert said(prober.run(trial(adds, victim))) == [f"{adds} passed", f"{victim} {carried}"]
            assert said(prober.run(trial(leaves, victim))) == [f"{leaves} passed", f"{victim} {carried}"]


@pytest.mark.parametrize("shop", [AT_IMPORT, IN_A_FUNCTION], ids=["at import", "in a function"])
def test_trials_work_on_a_copy_of_the_database(tmp_path: Path, url: str, shop: str) -> None:
    project = write_project(tmp_path, {"pytest.ini": INI, "shop.py": shop, "test_shop.py": SUITE})
    with Prober(project, restore=["template"]) as prober:
        assert said(prober.run(trial(EMPTY))) == [f"{EMPTY} passed"]
        for _ in range(2):
            assert said(prober.run(trial(ADDS, EMPTY))) == [f"{ADDS} passed", f"{EMPTY} failed"]
            assert said(prober.run(trial(EMPTY))) == [f"{EMPTY} passed"]
    assert _rows(url) == 0
    assert not _databases(url, "%isolation_kept")


def test_a_database_in_use_is_not_copied(tmp_path: Path, url: str) -> None:
    project = write_project(tmp_path, {"pytest.ini": INI, "shop.py": AT_IMPORT, "test_shop.py": SUITE})
    engine = sa.create_engine(url)
    with engine.connect(), Prober(project, restore=["template"]) as prober:
        result = prober.run(trial(ADDS, EMPTY))
        assert "is being accessed by other users" in result.problem
    engine.dispose()
    assert _rows(url) == 0
    assert not _databases(url, "%isolation_kept")


def test_a_killed_run_gives_the_database_its_name_again(tmp_path: Path, url: str) -> None:
    project = write_project(tmp_path, {"pytest.ini": INI, "shop.py": AT_IMPORT, "test_shop.py": SUITE})
    script = """
import os, signal, sys
from isolation_tui.experiments.prober import Prober
from isolation_tui.experiments.trial import Trial
from isolation_tui.launch.project import find_project

with Prober(find_project(sys.argv[1], (), sys.executable), restore=["template"]) as prober:
    prober.run(Trial((sys.argv[2],), sys.argv[2]))
    os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", script, str(project.root), ADDS], check=False)
    assert _rows(url) == 1
    assert _databases(url, "%isolation_kept")
    assert recover(project) == ""
    assert _rows(url) == 0
    assert not _databases(url, "%isolation_kept")


def _rows(url: str) -> int:
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        return int(connection.execute(sa.text("select count(*) from products")).scalar_one())


def _databases(url: str, pattern: str) -> list[str]:
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        found = connection.execute(sa.text("select datname from pg_database where datname like :p"), {"p": pattern})
        return [name for (name,) in found]
