"""Findings about databases, connections and mappings: each from a suite that has it, beside near misses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import environments
from connection_suite import MODELS, SUITE
from isolation_tui.diagnose import Finding, diagnose
from isolation_tui.model import mapped_twice
from observing import Seen, observe, write
from postgres import Server

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    return observe(write(tmp_path_factory.mktemp("findings") / "suite", SUITE), "-q")


@pytest.fixture(scope="module")
def found(seen: Seen) -> Callable[[str], list[Finding]]:
    return finder(seen)


def finder(seen: Seen) -> Callable[[str], list[Finding]]:
    """The findings in which the test of that name is a victim."""
    findings = diagnose(seen.run)

    def of(name: str) -> list[Finding]:
        return [
            finding
            for finding in findings
            if not finding.harmless and any(nodeid.endswith(f"::{name}") for nodeid in finding.tests)
        ]

    return of


def codes(findings: list[Finding]) -> list[str]:
    return [finding.code for finding in findings]


def told(finding: Finding) -> str:
    return "\n".join(item.text for item in finding.evidence)


@pytest.mark.slow
@pytest.mark.parametrize("environment", environments.GENERATIONS, ids=lambda each: each.name)
def test_all_generations_come_to_the_same(environment: environments.Environment, tmp_path: Path) -> None:
    seen = observe(write(tmp_path / "suite", SUITE), "-q", python=environment.interpreter)
    check_classes(seen, finder(seen))


def test_each_failure_has_its_class_and_no_near_miss_has(seen: Seen, found: Callable[[str], list[Finding]]) -> None:
    check_classes(seen, found)


def check_classes(seen: Seen, found: Callable[[str], list[Finding]]) -> None:
    assert {
        name: codes(found(name))
        for name in (
            "test_thread", "test_other_engine", "test_file", "test_dropped", "test_locked", "test_drop_locked",
            "test_committed", "test_exhausted", "test_other_timeout", "test_own_thread", "test_any_thread",
            "test_defined_again", "test_imported_twice", "test_mapped_again", "test_same_name_elsewhere",
        )
    } == {
        "test_thread": ["F5"],
        "test_other_engine": ["F5"],
        "test_file": ["F4"],
        "test_dropped": ["F4"],
        "test_locked": ["F12"],
        "test_drop_locked": ["F12"],
        "test_committed": [],
        "test_exhausted": ["F16"],
        "test_other_timeout": [],
        "test_own_thread": ["F21"],
        "test_any_thread": [],
        "test_defined_again": ["F23"],
        "test_imported_twice": ["F23"],
        "test_mapped_again": ["F23"],
        "test_same_name_elsewhere": [],
    }  # fmt: skip
    assert seen.run.disabled_probes == []


def test_the_evidence_names_who_held_what_and_where(found: Callable[[str], list[Finding]]) -> None:
    (locked,) = found("test_locked")
    (exhausted,) = found("test_exhausted")
    assert [nodeid.partition("::")[2] for nodeid in locked.tests] == ["test_locked", "test_drop_locked"]
    assert locked.culprit == "fixture session"
    assert told(locked).splitlines()[0] == "a connection with an open transaction, taken by fixture session"
    assert locked.evidence[0].place.function == "session"
    assert exhausted.culprit == "fixture greedy"
    assert told(exhausted).splitlines()[0] == "2 connections, taken by fixture greedy"
    assert exhausted.evidence[1].place.function == "test_exhausted"


def test_the_remedy_fits_how_the_databases_came_to_be_two(found: Callable[[str], list[Finding]]) -> None:
    (thread,), (other,), (own_thread,) = found("test_thread"), found("test_other_engine"), found("test_own_thread")
    assert "StaticPool" in thread.remedy
    assert "StaticPool" not in other.remedy
    assert "on which engine() creates the tables" in other.remedy
    assert "sqlite:// (2)" in told(other)
    assert "`users` created in sqlite:// in fixture `engine`" in told(other)
    assert "StaticPool" in own_thread.remedy
    assert own_thread.evidence[0].place.function == "ask"


def test_both_mappings_are_named_and_how_they_came_about(seen: Seen, found: Callable[[str], list[Finding]]) -> None:
    (defined,), (imported,), (again,) = (
        found("test_defined_again"),
        found("test_imported_twice"),
        found("test_mapped_again"),
    )
    assert [item.place.function for item in defined.evidence] == ["define", "define", "test_defined_again"]
    assert "in fixture `first`" in told(defined)
    assert "metadata.clear() removes tables" in defined.remedy
    assert "two names, shelf.book and book" in imported.remedy
    assert [item.place.line for item in imported.evidence[:2]] == [6, 6]
    assert "mapped as test_mapped.test_mapped_again.<locals>.Thing, to `things`" in told(again)
    assert {(twice.name, twice.how) for twice in mapped_twice(seen.run)} == {
        ("Tag", "inside a function"), ("Note", "inside a function"),
        ("Author", "imported twice"), ("Book", "imported twice"),
    }  # fmt: skip


WORKERS = {
    "models.py": MODELS,
    "conftest.py": """
        import os
        import pathlib
        import time

        import pytest
        from sqlalchemy import create_engine

        HERE = pathlib.Path(__file__).parent

        def say(what):
            (HERE / what).touch()

        def hear(what):
            give_up = time.monotonic() + 60
            while not (HERE / what).exists():
                assert time.monotonic() < give_up, what
                time.sleep(0.005)

        @pytest.fixture(scope="session")
        def shared():
            return create_engine(f"sqlite:///{HERE / 'shared.db'}", connect_args={"timeout": 0.05})

        @pytest.fixture(scope="session")
        def own(worker_id):
            return create_engine(f"sqlite:///{HERE / worker_id}.db")
        """,
    "test_one.py": """
        from conftest import hear, say
        from models import Base, User
        from sqlalchemy import insert

        def test_make(shared):
            Base.metadata.create_all(shared)
            say("made")
            hear("exists")

        def test_drop(shared):
            Base.metadata.drop_all(shared)
            say("dropped")
            hear("missing")

        def test_rows(shared):
            Base.metadata.create_all(shared)
            with shared.begin() as connection:
                connection.execute(insert(User.__table__), {"id": 1})
            say("rows")
            hear("unique")

        def test_hold(shared):
            with shared.connect() as connection:
                connection.execute(insert(User.__table__), {"id": 2})
                say("held")
                hear("locked")
        """,
    "test_two.py": """
        import pytest
        from conftest import hear, say
        from models import Base, User
        from sqlalchemy import insert, select

        @pytest.fixture
        def answer(request):
            yield
            say(request.node.name.partition("_")[2])

        def run(engine, statement):
            with engine.begin() as connection:
                connection.execute(statement)

        def test_exists(shared, answer):
            hear("made")
            Base.metadata.create_all(shared, checkfirst=False)

        def test_missing(shared, answer):
            hear("dropped")
            run(shared, select(User.__table__))

        def test_unique(shared, answer):
            hear("rows")
            run(shared, insert(User.__table__).values(id=1))

        def test_locked(shared, answer):
            hear("held")
            run(shared, insert(User.__table__).values(id=3))

        def test_own_twice(own):
            Base.metadata.create_all(own)
            Base.metadata.create_all(own, checkfirst=False)

        def test_own_locked_by_itself(own):
            with own.connect() as connection:
                connection.execute(insert(User.__table__).values(id=1))
                connection.execute(insert(User.__table__).values(id=1))
        """,
}


def test_workers_that_share_a_database_are_distinguished_from_a_worker_that_fails_by_itself(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    root = write(tmp_path_factory.mktemp("workers") / "suite", WORKERS)
    seen = observe(root, "-q", "-n", "2", "--dist", "loadfile")
    (finding,) = [finding for finding in diagnose(seen.run) if finding.code == "F18"]
    names = [nodeid.partition("::")[2] for nodeid in finding.tests]
    assert names == ["test_exists", "test_missing", "test_unique", "test_locked"], seen.output
    assert finding.locations == (f"sqlite:///{root / 'shared.db'}",)
    assert "`users` created by worker" in told(finding)
    assert "test_one.py::test_make" in told(finding)
    assert "worker_id" in finding.remedy
    assert finding.command.endswith("-n 2")


SERVER = {
    "models.py": MODELS,
    "conftest.py": """
        import os

        import pytest
        from models import Base
        from sqlalchemy import create_engine

        @pytest.fixture
        def engine():
            engine = create_engine(os.environ["SHOP"], connect_args={"options": "-c lock_timeout=100"})
            Base.metadata.create_all(engine)
            yield engine
            engine.dispose()
        """,
    "test_drop.py": """
        import pytest
        from models import Base, User
        from sqlalchemy import select, text
        from sqlalchemy.orm import Session

        @pytest.fixture
        def reader(engine):
            session = Session(engine)
            session.execute(select(User))
            yield session
            session.close()

        def test_waits(engine, reader):
            Base.metadata.drop_all(engine)

        def test_after_rollback(engine, reader):
            reader.rollback()
            Base.metadata.drop_all(engine)

        def test_elsewhere(engine):
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))
                Base.metadata.drop_all(engine)
        """,
    "test_database.py": """
        import os

        import pytest
        from sqlalchemy import create_engine, text

        @pytest.fixture(scope="module")
        def server():
            engine = create_engine(os.environ["SHOP"], isolation_level="AUTOCOMMIT")
            yield engine
            engine.dispose()

        @pytest.fixture
        def other(server):
            with server.connect() as connection:
                connection.execute(text("CREATE DATABASE branch"))
            engine = create_engine(os.environ["SHOP"].replace("/" + os.environ["NAME"], "/branch"))
            yield engine
            engine.dispose()
            with server.connect() as connection:
                connection.execute(text("DROP DATABASE IF EXISTS branch"))

        @pytest.fixture
        def customer(other):
            with other.connect() as connection:
                connection.execute(text("SELECT 1"))
                yield connection

        def drop(server):
            with server.connect() as connection:
                connection.execute(text("DROP DATABASE branch"))

        def test_held(server, customer):
            drop(server)

        def test_disposed(server, other):
            with other.connect() as connection:
                connection.execute(text("SELECT 1"))
            other.dispose()
            drop(server)
        """,
}


def test_a_server_that_waits_or_refuses_names_who_is_in_the_way(
    tmp_path_factory: pytest.TempPathFactory, postgres: Server
) -> None:
    url = postgres.url("shop")
    name = url.partition("?")[0].rpartition("/")[2]
    root = write(tmp_path_factory.mktemp("server") / "suite", SERVER)
    seen = observe(root, "-q", env={"SHOP": url, "NAME": name})
    findings = diagnose(seen.run)
    by_test = {
        nodeid.partition("::")[2]: finding
        for finding in findings
        if finding.code in ("F11", "F17")
        for nodeid in finding.tests
    }
    assert {name: (finding.code, finding.harmless) for name, finding in by_test.items()} == {
        "test_waits": ("F11", False),
        "test_elsewhere": ("F11", True),
        "test_held": ("F17", False),
    }, seen.output
    waits, held = by_test["test_waits"], by_test["test_held"]
    assert waits.culprit == "fixture reader"
    assert waits.evidence[0].place.function == "reader"
    assert by_test["test_elsewhere"].culprit.endswith("::test_elsewhere")
    assert held.culprit == "fixture customer"
    assert "`branch`" in held.title
    assert "dispose()" in held.remedy
    assert seen.run.disabled_probes == []
