"""Trials of suites whose database is on a server: each begins from the same state, or shows nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from isolation_tui.experiments.prober import Prober
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
    with sa.create_engine(url).begin() as connection:
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
