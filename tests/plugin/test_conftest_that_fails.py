"""A conftest that pytest cannot load ends the run before collection: the cause is reported all the same."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest

import environments
from isolation_tui.diagnose import diagnose
from isolation_tui.diagnose.conclusions import conclude
from isolation_tui.report.findings import draw_causes
from isolation_tui.report.output import rendered
from observing import bare, observe, write

pytestmark = pytest.mark.slow

MODELS = """
    from sqlalchemy import Column, Integer
    from base import Base

    class Product(Base):
        __tablename__ = "products"
        id = Column(Integer, primary_key=True)
    """

SUITE = {
    "base.py": "from sqlalchemy.orm import declarative_base\nBase = declarative_base()\n",
    "app/__init__.py": "",
    "app/models.py": MODELS,
    "conftest.py": """
        import os, sys
        here = os.path.dirname(os.path.abspath(__file__))
        sys.path[:0] = [here, os.path.join(here, "app")]
        from app.models import Product
        import models
        """,
    "test_it.py": "def test_it(): pass\n",
}


@pytest.mark.parametrize("environment", environments.GENERATIONS, ids=lambda each: each.name)
def test_a_table_that_a_conftest_defines_twice_is_a_finding(
    environment: environments.Environment, tmp_path: Path
) -> None:
    seen = observe(write(tmp_path / "suite", SUITE), python=environment.interpreter)
    assert seen.status == 4
    (error,) = seen.run.collection_errors
    assert (error.nodeid, error.ends_pytest, error.place.file[-9:]) == ("conftest.py", True, "models.py")
    assert seen.run.counts.errors == 0  # pytest counts nothing
    (finding,) = diagnose(seen.run)
    assert (finding.code, finding.tests, finding.command) == ("F2", ("conftest.py",), "python -m pytest")
    assert "app.models and as models" in finding.title
    assert finding.evidence[-1].place.file.endswith("conftest.py")
    told = rendered(StringIO(), lambda console: draw_causes(console, seen.run, conclude(seen.run)))
    assert "1 cause may explain what could not be collected" in told
    assert seen.run.disabled_probes == []


@pytest.mark.parametrize(
    "conftest",
    ["raise ValueError('no')", "import nowhere", "def (", "class E(Exception):\n    __str__ = None\nraise E()"],
    ids=["raises", "imports", "is no Python", "hostile"],
)
def test_pytest_ends_as_it_does_without_us(conftest: str, tmp_path: Path) -> None:
    root = write(tmp_path / "suite", {"conftest.py": conftest, "test_it.py": "def test_it(): pass\n"})
    alone = bare(root, python=environments.CURRENT.interpreter)
    seen = observe(root, python=environments.CURRENT.interpreter)
    assert seen.status == alone.status
    assert seen.output.splitlines()[:2] == alone.output.splitlines()[:2]
    assert diagnose(seen.run) == []
    assert seen.run.disabled_probes == []
