"""pytest-xdist with two workers: a database for each, and one file that both write to."""

from __future__ import annotations

import pytest

import environments
from isolation_tui.model import Outcome
from isolation_tui.model import Test as ObservedTest
from observing import Seen, as_last_line, observe, write

pytestmark = pytest.mark.slow

CONFTEST = """
    import time
    from pathlib import Path
    import pytest
    from sqlalchemy import Column, Integer, MetaData, Table, create_engine, text

    metadata = MetaData()
    notes = Table("notes", metadata, Column("id", Integer, primary_key=True))

    def insert(engine):
        with engine.begin() as connection: connection.execute(notes.insert())

    @pytest.fixture(scope="session")
    def own(worker_id):
        engine = create_engine("sqlite:///own-%s.db" % worker_id)
        metadata.create_all(engine)
        insert(engine)
        yield engine
        metadata.drop_all(engine)

    @pytest.fixture(scope="session")
    def shared():
        engine = create_engine("sqlite:///shared.db", connect_args={"timeout": 60})
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY)"))
        return engine

    @pytest.fixture(scope="module")
    def both_run(request, worker_id):
        '''Each worker is in a file of its own before either goes on.'''
        Path("running-" + request.module.__name__).touch()
        until = time.monotonic() + 240
        while len(list(Path().glob("running-*"))) < 2:
            assert time.monotonic() < until
            time.sleep(0.01)
    """

TESTS = """
    import pytest
    from conftest import insert

    pytestmark = pytest.mark.usefixtures("both_run")

    def test_own_first(own): insert(own)
    def test_own_again(own): insert(own)
    def test_shared_first(shared): insert(shared)
    def test_shared_again(shared):
        insert(shared)
        assert 0
    """


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    files = {"conftest.py": CONFTEST, "test_a.py": TESTS, "test_b.py": TESTS}
    root = write(tmp_path_factory.mktemp("workers") / "suite", files)
    args = ("-q", "-n2", "--dist=loadfile", "-p", "no:randomly", "-p", "no:asyncio")
    return observe(root, *args, python=environments.PLUGINS.interpreter)


def rows(test: ObservedTest) -> tuple[list[tuple[str, int, str]], dict[str, int]]:
    written = [(row.database, row.inserted, "fixture" if row.unit.life else "test") for row in test.rows_written]
    return written, {share.author.label: share.rows for found in test.rows_found for share in found.shares}


def test_each_file_has_a_worker_and_its_tests_end_as_they_should(seen: Seen) -> None:
    assert {test.worker for test in seen.run.tests.values()} == {"gw0", "gw1"}
    assert as_last_line(seen.run.counts) == seen.last_line == {"failed": 2, "passed": 6}
    failed = {test.name for test in seen.run.tests.values() if test.outcome is Outcome.FAILED}
    assert failed == {"test_shared_again"}
    assert not seen.run.disabled_probes


@pytest.mark.parametrize("file", ["test_a.py", "test_b.py"])
def test_rows_in_a_workers_own_database_are_charged_there(seen: Seen, file: str) -> None:
    first, again = (seen.run.tests[f"{file}::test_own_{which}"] for which in ("first", "again"))
    own = f"sqlite:///own-{first.worker}.db"
    assert rows(first) == ([(own, 1, "fixture"), (own, 1, "test")], {})
    assert rows(again) == ([(own, 1, "test")], {"fixture own": 1, first.nodeid: 1})
    assert {again.worker} == {life.worker for life in again.lives}


@pytest.mark.parametrize("file", ["test_a.py", "test_b.py"])
def test_rows_in_a_shared_database_are_charged_to_who_wrote_them(seen: Seen, file: str) -> None:
    first, again = (seen.run.tests[f"{file}::test_shared_{which}"] for which in ("first", "again"))
    assert rows(first)[0] == rows(again)[0] == [("sqlite:///shared.db", 1, "test")]
    assert rows(again)[1][first.nodeid] == 1


def test_a_database_that_both_workers_write_to_is_reported_as_partly_known(seen: Seen) -> None:
    (limit,) = [limit for limit in seen.run.limits if "shared.db" in limit]
    assert "gw0" in limit
    assert "gw1" in limit
    assert not [limit for limit in seen.run.limits if "own-" in limit]
