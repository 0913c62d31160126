"""One location is put back right before the victim: it passes if that was what carried its failure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from isolation_tui.experiments.prober import Prober
from isolation_tui.experiments.trial import Location
from postgres import Server
from trial_project import said, trial, write_project

FILES = {
    "pytest.ini": "[pytest]\npythonpath = .\n",
    "shop.py": """
        import functools
        RATES = {"EUR": {"low": [1]}}
        MODE = "test"

        class Basket:
            limit = 3

        class State:
            def __init__(self): self.user = None

        STATE = State()

        @functools.lru_cache(maxsize=None)
        def rate(name): return MODE
        """,
    "test_state.py": """
        import logging, os, random, sys
        import shop

        def test_global(): shop.RATES["EUR"]["low"].append(2)
        def test_global_victim(): assert shop.RATES == {"EUR": {"low": [1]}}

        def test_binding(): shop.MODE = "live"
        def test_binding_victim(): assert shop.MODE == "test"

        def test_object(): shop.STATE.user = "me"
        def test_object_victim(): assert shop.STATE.user is None

        def test_class(): shop.Basket.limit = 9
        def test_class_victim(): assert shop.Basket.limit == 3

        def test_env(): os.environ["SHOP_MODE"] = "live"
        def test_env_victim(): assert "SHOP_MODE" not in os.environ

        def test_memoised():
            shop.MODE = "live"
            shop.rate("EUR")
            shop.MODE = "test"
        def test_memoised_victim(): assert shop.rate("EUR") == "test"

        def test_logging(): logging.getLogger("shop").setLevel(50)
        def test_logging_victim(): assert logging.getLogger("shop").isEnabledFor(40)

        def test_cwd(): os.chdir("/")
        def test_cwd_victim(): assert os.path.exists("shop.py")

        def test_module(): sys.modules["shop.stub"] = shop
        def test_module_victim(): assert "shop.stub" not in sys.modules

        def test_path(): sys.path.insert(0, "/nowhere")
        def test_path_victim(): assert "/nowhere" not in sys.path

        def test_random(): random.seed(1)
        def test_random_victim():
            drawn = random.random()
            random.seed(1)
            assert drawn != random.random()
        """,
    "test_metadata.py": """
        import pytest
        import sqlalchemy as sa

        METADATA = sa.MetaData()

        def define(): sa.Table("products", METADATA, sa.Column("id", sa.Integer, primary_key=True))
        def test_defines(): define()
        def test_defines_victim(): define()
        """,
    "test_rows.py": """
        import pytest
        import sqlalchemy as sa
        from sqlalchemy.pool import StaticPool

        METADATA = sa.MetaData()
        PRODUCTS = sa.Table(
            "products", METADATA, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(9))
        )

        @pytest.fixture(scope="session", params=["memory", "file", "server"])
        def engine(request):
            import os
            urls = {"memory": "sqlite://", "file": "sqlite:///shop.db", "server": os.environ.get("SHOP_DATABASE", "")}
            if not urls[request.param]:
                pytest.skip("no server")
            pool = {"poolclass": StaticPool} if request.param == "memory" else {}
            engine = sa.create_engine(urls[request.param], **pool)
            METADATA.drop_all(engine)
            METADATA.create_all(engine)
            with engine.begin() as connection:
                connection.execute(PRODUCTS.insert(), [{"id": 1, "name": "seed"}])
            yield engine
            engine.dispose()

        @pytest.fixture
        def customer(engine):
            with engine.begin() as connection:
                connection.execute(PRODUCTS.insert(), [{"id": 2, "name": "left"}])

        def names(engine):
            with engine.begin() as connection:
                return [each[1] for each in connection.execute(PRODUCTS.select().order_by(PRODUCTS.c.id))]

        def test_leaves(customer): pass
        def test_changes(engine):
            with engine.begin() as connection:
                connection.execute(PRODUCTS.update().values(name="other"))
        def test_deletes(engine):
            with engine.begin() as connection:
                connection.execute(PRODUCTS.delete())
        def test_drops(engine): METADATA.drop_all(engine)
        def test_victim(engine): assert names(engine) == ["seed"]
        """,
}


@pytest.fixture(scope="module")
def prober(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prober]:
    """One process that has collected, for all tests of this file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ISOLATION_TUI_STATE", str(tmp_path_factory.mktemp("state")))
        with Prober(write_project(tmp_path_factory.mktemp("project"), FILES)) as prober:
            yield prober


@pytest.mark.parametrize(
    ("name", "location"),
    [
        ("global", Location("global", "shop.RATES")),
        ("binding", Location("global", "shop.MODE")),
        ("object", Location("global", "shop.STATE")),
        ("class", Location("class_attribute", "shop.Basket.limit")),
        ("env", Location("environment", "SHOP_MODE")),
        ("memoised", Location("memoised", "shop.rate")),
        ("logging", Location("logging", "shop.level")),
        ("cwd", Location("cwd", "cwd")),
        ("module", Location("module", "shop.stub")),
        ("path", Location("path", "sys.path")),
        ("random", Location("random", "random")),
    ],
)
def test_process_state_is_undone(prober: Prober, name: str, location: Location) -> None:
    polluter, victim = f"test_state.py::test_{name}", f"test_state.py::test_{name}_victim"
    _heals(prober, polluter, victim, location)
    other = prober.run(replace(trial(polluter, victim), undo=Location("environment", "SHOP_OTHER")))
    assert other.problem == "environment variable SHOP_OTHER could not be undone: it is as it was when the trial began"
    assert other.victim is not None
    assert other.victim.outcome.bad


def test_an_entry_of_metadata_is_undone(prober: Prober) -> None:
    ids = "test_metadata.py::test_defines", "test_metadata.py::test_defines_victim"
    _heals(prober, *ids, Location("metadata", "products"))


@pytest.mark.parametrize("database", ["memory", "file"])
@pytest.mark.parametrize(
    ("polluter", "location"),
    [
        ("leaves", Location("rows", "products", keys=("id=2",))),
        ("leaves", Location("rows", "products")),
        ("changes", Location("rows", "products")),
        ("deletes", Location("rows", "products")),
    ],
)
def test_rows_are_undone(prober: Prober, database: str, polluter: str, location: Location) -> None:
    ids = f"test_rows.py::test_{polluter}[{database}]", f"test_rows.py::test_victim[{database}]"
    _heals(prober, *ids, location)


def test_what_cannot_be_undone_is_reported(prober: Prober) -> None:
    pair = trial("test_state.py::test_env", "test_state.py::test_env_victim")
    for location, why in [
        (Location("tide", "high"), "there is no way to undo it"),
        (Location("global", "nowhere.NAME"), "the module of nowhere.NAME is not imported when the trial begins"),
        (Location("app_config", "shop.DEBUG"), "there is no application shop when the trial begins"),
        (Location("rows", "products"), "no database was open when the trial began"),
    ]:
        result = prober.run(replace(pair, undo=location))
        assert result.problem == f"{location.label} could not be undone: {why}"


def _heals(prober: Prober, polluter: str, victim: str, location: Location) -> None:
    pair = trial(polluter, victim)
    alone, after = prober.run(trial(victim)), prober.run(pair)
    assert (said(alone), said(after)) == ([f"{victim} passed"], [f"{polluter} passed", f"{victim} failed"])
    assert said(prober.run(replace(pair, undo=location))) == [f"{polluter} passed", f"{victim} passed"]


@pytest.mark.slow
def test_rows_of_a_server_are_undone(
    tmp_path: Path, postgres: Server, monkeypatch: pytest.MonkeyPatch, fork: bool
) -> None:
    url = postgres.url("shop")
    monkeypatch.setenv("SHOP_DATABASE", url)
    with Prober(write_project(tmp_path, FILES), fork=fork) as prober:
        for polluter in ("leaves", "changes", "deletes"):
            ids = f"test_rows.py::test_{polluter}[server]", "test_rows.py::test_victim[server]"
            _heals(prober, *ids, Location("rows", "products"))
