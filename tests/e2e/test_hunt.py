"""``isolation-tui hunt`` as a person runs it: green suites in which tests depend on order, and clean ones."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import environments

Write = Callable[[Mapping[str, str]], Path]

GREEN = {
    "pytest.ini": "[pytest]\n",
    "rates.py": "RATES = {}\n\ndef price(amount): return amount * RATES['EUR']\n",
    "db.py": """
        from pathlib import Path

        from sqlalchemy import create_engine, delete, select
        from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

        engine = create_engine(f"sqlite:///{Path(__file__).parent / 'shop.db'}")

        class Base(DeclarativeBase): ...

        class User(Base):
            __tablename__ = "users"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str]
        """,
    "conftest.py": """
        import pytest
        from db import Base, Session, engine

        @pytest.fixture
        def session():
            Base.metadata.create_all(engine)
            with Session(engine) as session:
                yield session
        """,
    "test_shop.py": """
        import rates
        from db import User, delete, select

        def test_loads_the_rates(): rates.RATES["EUR"] = 2

        def test_a_price(): assert rates.price(2) == 4

        def test_adds_a_user(session):
            session.add(User(name="ada"))
            session.commit()

        def test_removes_all_users(session):
            session.execute(delete(User))
            session.commit()

        def test_there_are_no_users(session):
            assert session.scalars(select(User)).all() == []

        def test_neighbour(): pass
        """,
}
LOADS, PRICE, ADDS, NO_USERS = (
    f"test_shop.py::test_{name}" for name in ("loads_the_rates", "a_price", "adds_a_user", "there_are_no_users")
)

CLEAN = {
    "pytest.ini": "[pytest]\n",
    "test_clean.py": """
        import pytest

        @pytest.mark.parametrize("number", range(6))
        def test_each(number): assert number >= 0
        """,
}


def hunted(tool: Any, *words: str | Path) -> tuple[dict[str, Any], Any]:
    ended = tool.run("hunt", *words, "--json", "-", "--python", environments.CURRENT.interpreter)
    assert ended.out, ended.err
    return json.loads(ended.out), ended


def test_a_green_suite_with_a_masked_polluter_and_a_brittle_test(tool: Any, project: Write) -> None:
    root = project(GREEN)
    document, ended = hunted(tool, root, "--orders", "4", "--strict")
    found = {each["victim"]: each for each in document["order_dependent"]}
    assert {name: (each["verdict"], each["polluters"], each["setters"]) for name, each in found.items()} == {
        PRICE: ("needs-earlier-test", [], [LOADS]),
        NO_USERS: ("order-dependent", [ADDS], []),
    }
    assert {each["grade"] for each in found.values()} == {"A"}
    assert not document["unproven"]
    assert document["coverage"]["alone"] == 6
    assert document["complete"]
    assert ended.status == 1
    assert "2 of 6 tests depend on order" in ended.err
    assert not (root / "shop.db").exists()


def test_a_clean_suite_is_told_what_that_rests_on(tool: Any, project: Write) -> None:
    ended = tool.run("hunt", project(CLEAN), "--strict", "--orders", "3", "--python", environments.CURRENT.interpreter)
    assert ended.status == 0, ended.err
    assert "No dependence on order found among 6 tests" in ended.out
    assert "6 of 6 tests ran alone." in ended.out
    assert "2 whole orders ran: the reversed order and shuffled order 1 of seed 0." in ended.out
    assert "ordered pairs of tests were never neighbours" in ended.out


def test_a_hunt_that_was_interrupted_continues_where_it_was(tool: Any, project: Write) -> None:
    slow = """
        import time
        from pathlib import Path

        def test_waits():
            if Path(__file__).with_name("hunting").exists() and not Path(__file__).with_name("free").exists():
                Path(__file__).with_name("waiting").touch()
                time.sleep(300)
        """
    root = project({**CLEAN, "test_slow.py": slow})
    python = environments.CURRENT.interpreter
    process = tool.start("hunt", root, "--orders", "2", "--python", python)
    for line in process.stderr:
        if line.startswith("Hunting among"):
            (root / "hunting").touch()
            break
    until = time.monotonic() + 60
    while not (root / "waiting").exists() and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    ended = tool.end(process)
    assert ended.status == 2, ended.err
    assert "Traceback" not in ended.err
    assert "1 test never ran alone, because it was interrupted: test_slow.py::test_waits." in ended.out
    (root / "free").touch()
    document, ended = hunted(tool, root, "--orders", "2")
    assert document["resumed"] == 6
    assert document["coverage"]["alone"] == 7
    assert document["complete"]
    assert "Continuing after 6 trials of an earlier hunt." in ended.err
    (root / "test_slow.py").write_text("def test_waits(): pass\n")
    document, _ = hunted(tool, root, "--orders", "2")
    assert document["resumed"] == 0


@pytest.mark.parametrize("words", [["--budget", "soon"], ["--orders", "0"]])
def test_wrong_options_are_refused(tool: Any, project: Write, words: list[str]) -> None:
    ended = tool.run("hunt", project(CLEAN), *words)
    assert ended.status == 64
    assert words[0] in ended.err


def test_a_suite_that_cannot_be_collected_is_reported_as_a_run(tool: Any, project: Write) -> None:
    root = project({"pytest.ini": "[pytest]\n", "test_broken.py": "import no_such_module\n"})
    ended = tool.run("hunt", root, "--python", environments.CURRENT.interpreter)
    assert ended.status == 2
    assert "no_such_module" in ended.out


def test_a_folder_without_tests_has_a_status_of_its_own(tool: Any, project: Write) -> None:
    ended = tool.run("hunt", project({"pytest.ini": "[pytest]\n"}), "--python", environments.CURRENT.interpreter)
    assert ended.status == 5


def test_tests_that_the_observed_run_did_not_reach_are_not_covered(tool: Any, project: Write) -> None:
    root = project({"pytest.ini": "[pytest]\n", "test_a.py": "def test_a(): assert 0\n\ndef test_b(): pass\n"})
    ended = tool.run("hunt", root, "--python", environments.CURRENT.interpreter, "--", "-x")
    assert "1 test did not run to the end in the observed run." in ended.out
    assert "fails-alone (1)" in ended.out
    assert ended.status == 0
