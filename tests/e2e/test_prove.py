"""``isolation-tui prove`` and ``launch --prove`` as a person runs them: real suites, real trials."""

from __future__ import annotations

import json
import shlex
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import environments

Write = Callable[[Mapping[str, str]], Path]

SHOP = {
    "pytest.ini": "[pytest]\n",
    "rates.py": "RATES = {'EUR': 1}\n\ndef price(amount): return amount * RATES['EUR']\n",
    "db.py": """
        from pathlib import Path

        from sqlalchemy import String, create_engine, select
        from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

        engine = create_engine(f"sqlite:///{Path(__file__).parent / 'shop.db'}")

        class Base(DeclarativeBase): ...

        class User(Base):
            __tablename__ = "users"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str] = mapped_column(String)
        """,
    "test_shop.py": """
        import os

        import rates
        from db import Base, Session, User, engine, select

        Base.metadata.create_all(engine)

        def test_neighbour(): pass

        def test_adds_a_user():
            with Session(engine) as session:
                session.add(User(name="ada"))
                session.commit()

        def test_doubles_the_rate(): rates.RATES["EUR"] = 2

        def test_sets_the_region(): os.environ["REGION"] = "CH"

        def test_there_are_no_users():
            with Session(engine) as session:
                assert session.scalars(select(User)).all() == []

        def test_a_price(): assert rates.price(10) == 10

        def test_the_region_is_free(): assert "REGION" not in os.environ

        def test_is_just_wrong(): assert 1 + 1 == 3
        """,
}
ADDS, DOUBLES, SETS = (f"test_shop.py::test_{name}" for name in ("adds_a_user", "doubles_the_rate", "sets_the_region"))
NO_USERS, PRICE, REGION, WRONG = (
    f"test_shop.py::test_{name}" for name in ("there_are_no_users", "a_price", "the_region_is_free", "is_just_wrong")
)


@pytest.fixture
def shop_with_leaks(project: Write) -> Path:
    """Its database file is there before, with a table and no rows."""
    root = project(SHOP)
    with closing(sqlite3.connect(root / "shop.db")) as connection:
        connection.execute("CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR NOT NULL)")
    return root


def proven(tool: Any, *words: str) -> dict[str, Any]:
    ended = tool.run("prove", *words, "--json", "-", "--python", environments.CURRENT.interpreter)
    assert ended.out, ended.err
    document: dict[str, Any] = json.loads(ended.out)
    return {**document, "status": ended.status}


def test_each_failing_test_gets_its_verdict_and_the_database_is_as_before(tool: Any, shop_with_leaks: Path) -> None:
    before = (shop_with_leaks / "shop.db").read_bytes()
    document = proven(tool, "--all", str(shop_with_leaks))
    found = {verdict["victim"]: verdict for verdict in document["verdicts"]}
    assert {name: (each["verdict"], each["polluters"], each["grade"]) for name, each in found.items()} == {
        NO_USERS: ("order-dependent", [ADDS], "A"),
        PRICE: ("order-dependent", [DOUBLES], "A"),
        REGION: ("order-dependent", [SETS], "A"),
        WRONG: ("fails-alone", [], ""),
    }
    assert found[NO_USERS]["location"]["label"] == "row id=1 of users"
    assert found[REGION]["location"]["label"] == "environment variable REGION"
    assert document["status"] == 0
    assert (shop_with_leaks / "shop.db").read_bytes() == before


def test_the_printed_command_repeats_the_failure(tool: Any, shop_with_leaks: Path) -> None:
    verdict = proven(tool, PRICE, str(shop_with_leaks))
    assert verdict["headline"] == "test_a_price passes alone and fails after test_doubles_the_rate"
    repeated = subprocess.run(verdict["command"], cwd=shop_with_leaks, capture_output=True, text=True, check=False)
    assert repeated.returncode == 1
    assert "1 failed, 1 passed" in repeated.stdout
    said = tool.run("prove", PRICE, str(shop_with_leaks), "--python", environments.CURRENT.interpreter).out
    assert shlex.join(verdict["command"]) in said


def test_a_run_is_corrected_by_its_trials(tool: Any, shop_with_leaks: Path) -> None:
    python = environments.CURRENT.interpreter
    ended = tool.run("launch", str(shop_with_leaks), "--prove", "--json", "-", "--python", python)
    document = json.loads(ended.out)
    assert ended.status == 1
    grades = {nodeid: finding["grade"] for finding in document["findings"] for nodeid in finding["tests"]}
    assert grades.keys() >= {NO_USERS, PRICE, REGION}
    assert {grades[nodeid] for nodeid in (NO_USERS, PRICE, REGION)} == {"A"}
    assert len(document["verdicts"]) == 4
    assert "explain 4 of 4 failing tests" in ended.err


def test_a_recording_is_proven_without_another_run(tool: Any, shop_with_leaks: Path) -> None:
    python = environments.CURRENT.interpreter
    database = (shop_with_leaks / "shop.db").read_bytes()
    recorded = tool.run("launch", str(shop_with_leaks), "--headless", "--record", "run.ndjson", "--python", python)
    assert recorded.status == 1
    (shop_with_leaks / "shop.db").write_bytes(database)
    verdict = proven(tool, REGION, str(shop_with_leaks), "--from", "run.ndjson")
    assert (verdict["verdict"], verdict["polluters"]) == ("order-dependent", [SETS]), verdict


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["test_shop.py::test_a_prize"], 66, "Did you mean test_shop.py::test_a_price"),
        ([], 64, "Name one NODEID"),
        ([PRICE, ".", "more"], 64, "Name one NODEID"),
    ],
)
def test_wrong_words_are_answered_with_a_sentence(
    tool: Any, shop_with_leaks: Path, words: list[str], status: int, said: str
) -> None:
    tool.folder = shop_with_leaks
    ended = tool.run("prove", *words, "--python", environments.CURRENT.interpreter)
    assert (ended.status, said in ended.err) == (status, True)


def test_ctrl_c_ends_the_trials_and_puts_the_database_back(tool: Any, project: Write) -> None:
    slow = {
        **SHOP,
        "test_shop.py": SHOP["test_shop.py"]
        + """
        import time
        from pathlib import Path

        def test_waits():
            if Path(__file__).with_name("observed").exists():
                Path(__file__).with_name("waiting").touch()
                time.sleep(300)
            Path(__file__).with_name("observed").touch()
            assert False, "once"
        """,
    }
    root = project(slow)
    with closing(sqlite3.connect(root / "shop.db")) as connection:
        connection.execute("CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR NOT NULL)")
    before = (root / "shop.db").read_bytes()
    process = tool.start("prove", "test_shop.py::test_waits", str(root), "--python", environments.CURRENT.interpreter)
    until = time.monotonic() + 120
    while not (root / "waiting").exists() and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    ended = tool.end(process)
    assert ended.status == 1
    assert "Traceback" not in ended.err
    assert (root / "shop.db").read_bytes() == before
