"""Every listener of the plugin fails, in every way it can, and the suite runs as it would without it."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import environments
from isolation_tui.model import Outcome
from observing import as_last_line, bare, comparable, observe, write

pytestmark = pytest.mark.slow

SUITE = {
    "models.py": """
        from sqlalchemy import Column, Integer, String
        from sqlalchemy.orm import declarative_base

        Base = declarative_base()

        class User(Base):
            __tablename__ = "users"
            id = Column(Integer, primary_key=True)
            name = Column(String(50))
        """,
    "test_it.py": """
        import os
        import warnings
        import pytest
        from sqlalchemy import Column, Integer, MetaData, Table, create_engine, func, select, text
        from sqlalchemy.orm import Session, clear_mappers
        import models

        LIMITS = {}

        @pytest.fixture(scope="module")
        def engine():
            engine = create_engine("sqlite:///it.db")
            models.Base.metadata.create_all(engine)
            yield engine
            models.Base.metadata.drop_all(engine)

        @pytest.fixture
        def session(engine):
            session = Session(engine)
            yield session
            session.close()

        @pytest.mark.parametrize("n", range(2))
        def test_writes(session, n):
            session.add(models.User(name="x"))
            session.commit()
            assert session.scalar(select(func.count()).select_from(models.User)) == n + 1

        def test_rolls_back(session):
            with session.begin_nested():
                session.add(models.User(name="x"))
            session.rollback()

        def test_raw(engine):
            with engine.begin() as connection:
                connection.execute(text("CREATE TABLE raw (id int)"))
                connection.execute(text("DROP TABLE raw"))

        def test_refused():
            class User(models.Base):
                __tablename__ = "users"
                id = Column(Integer, primary_key=True)

        def test_no_such_table(engine):
            with engine.connect() as connection: connection.execute(text("SELECT * FROM nothing"))

        def test_metadata():
            metadata = MetaData()
            metadata.remove(Table("one", metadata, Column("id", Integer, primary_key=True)))
            metadata.clear()

        def test_state(monkeypatch):
            os.environ["LEFT"] = "behind"
            LIMITS["left"] = "behind"

        def test_warns(): warnings.warn("old")

        @pytest.mark.xfail(reason="known")
        def test_expected(session): assert 0

        def test_disposes(): clear_mappers()
        """,
}

BREAK = """
    import gc, json, os
    import sqlalchemy, sqlalchemy.orm

    called = set()

    def break_listeners():
        '''Put a failing function in the place of each listener that is guarded.'''
        for safe in gc.get_objects():
            if getattr(safe, "__name__", "") == "safe" and safe.__module__ == "pytest_isolation.recorder":
                cells = dict(zip(safe.__code__.co_freevars, safe.__closure__))
                cells["listener"].cell_contents = failing(cells["probe"].cell_contents)

    def failing(probe):
        def fails(*args, **kwargs):
            called.add(probe)
            raise ERROR("a defect of ours")
        return fails

    def pytest_unconfigure():
        with open(os.environ["CALLED"], "w") as file: json.dump(sorted(called), file)

    break_listeners()
    """


@pytest.mark.parametrize("error", ["RuntimeError", "MemoryError", "RecursionError"])
def test_each_listener_that_fails_is_reported_once_and_the_suite_runs_unchanged(tmp_path: Path, error: str) -> None:
    files = {**SUITE, "conftest.py": BREAK.replace("ERROR", error)}
    one = write(tmp_path / "bare" / "suite", {**SUITE, "conftest.py": "import sqlalchemy, sqlalchemy.orm\n"})
    other = write(tmp_path / "seen" / "suite", files)
    python, called = environments.CURRENT.interpreter, tmp_path / "called.json"
    with ThreadPoolExecutor(1) as beside:
        running = beside.submit(bare, one, "-q", python=python)
        seen = observe(other, "-q", python=python, env={"CALLED": str(called)})
        alone = running.result()
    assert comparable(seen.output, other) == comparable(alone.output, one)
    assert as_last_line(seen.run.counts) == alone.last_line == {"failed": 2, "passed": 8, "xfailed": 1, "warnings": 1}
    broken = json.loads(called.read_text())
    assert {"metadata", "rows", "schema"} <= set(broken)
    disabled = Counter(fact.probe for fact in seen.run.disabled_probes if fact.why == f"{error}: a defect of ours")
    assert disabled == Counter(broken)


INTERRUPTED = {
    "conftest.py": """
        from pathlib import Path
        import pytest
        from pytest_isolation.hooks import IsolationPlugin
        from pytest_isolation.probes.fixtures import FixtureProbe

        def interrupt(owner, name):
            '''Ctrl-C reaches Python while it is in that function, in the second test.'''
            original = getattr(owner, name)
            def method(*args, **kwargs):
                if Path("second").exists():
                    setattr(owner, name, original)
                    raise KeyboardInterrupt
                return original(*args, **kwargs)
            setattr(owner, name, method)

        interrupt(WHERE)

        @pytest.fixture(scope="module")
        def wide():
            yield
            Path("torn down").touch()

        @pytest.fixture
        def own(wide): yield
        """,
    "test_it.py": """
        from pathlib import Path
        import pytest

        @pytest.fixture
        def late():
            Path("second").touch()
            yield

        def test_first(own): pass
        def test_second(own, late): pass
        def test_third(own): pass
        """,
}


@pytest.mark.parametrize("where", ["FixtureProbe, 'set_up'", "FixtureProbe, 'finalized'", "IsolationPlugin, '_log'"])
def test_ctrl_c_within_a_hook_of_the_plugin_is_ctrl_c(tmp_path: Path, where: str) -> None:
    files = {**INTERRUPTED, "conftest.py": INTERRUPTED["conftest.py"].replace("WHERE", where)}
    root = write(tmp_path / "suite", files)
    seen = observe(root, "-q", python=environments.CURRENT.interpreter)
    assert (seen.status, seen.run.crashed, seen.run.stopped) == (2, False, False)
    assert seen.run.interrupted.startswith("KeyboardInterrupt")
    assert not seen.run.internal_errors
    assert not seen.run.disabled_probes
    assert (root / "torn down").exists()
    assert {test.name: test.outcome for test in seen.run.tests.values()}["test_third"] is Outcome.NOT_RUN


def test_three_thousand_tests_of_one_file_are_all_reported(tmp_path: Path) -> None:
    files = {
        "test_many.py": """
            import pytest

            @pytest.fixture(scope="module", params=range(200))
            def wide(request): return request.param

            @pytest.fixture
            def own(wide): yield wide

            @pytest.mark.parametrize("n", range(15))
            def test_it(own, n): assert own != 150 or n
            """
    }
    root = write(tmp_path / "suite", files)
    seen = observe(root, "-q", "-p", "no:cacheprovider", "--tb=no", python=environments.CURRENT.interpreter)
    assert as_last_line(seen.run.counts) == {"failed": 1, "passed": 2_999}
    assert (seen.run.dropped, seen.run.disabled_probes) == (0, [])
    wide = [life for life in seen.run.lives if life.definition.name == "wide"]
    assert [len(life.users) for life in wide] == [15] * 200
    assert all(life.torn_down is not None for life in seen.run.lives)
