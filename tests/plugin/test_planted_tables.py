"""A suite in which 50 units leave a table behind, in a database or in a MetaData that all share: 40 that no test meets,
10 that a later test reads, creates, or cannot define again.

Each plant is a table, how it comes into being, and what a later test does with it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import environments
from isolation_tui.diagnose import diagnose
from isolation_tui.model import Leak, leaks
from observing import Seen, observe, write

HARMFUL_TABLES = ("selects", "counts", "joins", "reads as text", "reads in a fixture")
HARMFUL_METADATA = (
    "defines it again",
    "defines it as a model",
    "creates all",
    "creates all in a fixture",
    "defines it",
)
BENIGN_TABLES = (
    *["leaves it alone"] * 8,
    *["drops it and makes its own"] * 6,
    *["was before it"] * 3,
    *["reads its own elsewhere"] * 3,
)
BENIGN_METADATA = (
    *["leaves it alone"] * 8,
    *["has a MetaData of its own"] * 6,
    *["was before it"] * 3,
    *["puts it back"] * 3,
)
IN_DATABASE = ("text", "core", "model", "all", "fixture")
IN_METADATA = ("table", "declared", "in a fixture", "in a function", "to metadata")


def planted(harmful: tuple[str, ...], benign: tuple[str, ...], ways: tuple[str, ...], letter: str) -> list[list[str]]:
    """[table, way, what a later test does] of 25 plants; a test that restores it comes second."""
    later = sorted((*harmful, *benign), key=lambda each: each[::-1])
    return [[f"{letter}{number:02}", ways[number % len(ways)], each] for number, each in enumerate(later)]


TABLES = planted(HARMFUL_TABLES, BENIGN_TABLES, IN_DATABASE, "t")
METADATA = planted(HARMFUL_METADATA, BENIGN_METADATA, IN_METADATA, "m")

SHARED = """
    import pytest
    from sqlalchemy import Column, Integer, MetaData, Table, create_engine, func, select, text
    from sqlalchemy.orm import declarative_base
    from sqlalchemy.pool import StaticPool

    Base = declarative_base()
    TABLES = %r
    METADATA = %r

    class Meant(Base):
        __tablename__ = "meant"
        id = Column(Integer, primary_key=True)

    def table(name, metadata=None):
        return Table(name, MetaData() if metadata is None else metadata, Column("id", Integer, primary_key=True))

    def model(name, base=None):
        kept = {"__tablename__": name, "id": Column(Integer, primary_key=True)}
        return type(name, (declarative_base() if base is None else base,), kept)

    def plants(known, column, what):
        return pytest.mark.parametrize("name", [plant[0] for plant in known if plant[column] == what])
"""

CONFTEST = """
    import pytest
    from shared import *

    @pytest.fixture(scope="session")
    def engine():
        engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
        Base.metadata.create_all(engine)
        return engine
"""

BEFORE = """
    from shared import *

    @plants(TABLES, 2, "was before it")
    def test_reads_before(engine, name):
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE %s (id INTEGER)" % name))
            assert not connection.execute(text("SELECT * FROM %s" % name)).all()
            connection.execute(text("DROP TABLE %s" % name))

    @plants(METADATA, 2, "was before it")
    def test_has_it_before(name):
        Base.metadata.remove(table(name, Base.metadata))
"""

PLANTING = """
    from shared import *

    @plants(TABLES, 1, "text")
    def test_text(engine, name):
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE %s (id INTEGER PRIMARY KEY)" % name))

    @plants(TABLES, 1, "core")
    def test_core(engine, name):
        table(name).create(engine)

    @plants(TABLES, 1, "model")
    def test_model(engine, name):
        model(name).__table__.create(engine)

    @plants(TABLES, 1, "all")
    def test_all(engine, name):
        table(name).metadata.create_all(engine)

    @pytest.fixture
    def made(engine, name):
        table(name).create(engine)

    @plants(TABLES, 1, "fixture")
    def test_fixture(made, name):
        pass

    @plants(METADATA, 1, "table")
    def test_table(name):
        table(name, Base.metadata)

    @plants(METADATA, 1, "declared")
    def test_declared(name):
        model(name, Base)

    @pytest.fixture
    def defined(name):
        return model(name, Base)

    @plants(METADATA, 1, "in a fixture")
    def test_in_a_fixture(defined, name):
        pass

    @plants(METADATA, 1, "in a function")
    def test_in_a_function(name):
        def app():
            class Model(Base):
                __tablename__ = name
                id = Column(Integer, primary_key=True)

        app()

    @plants(METADATA, 1, "to metadata")
    def test_to_metadata(name):
        copied = getattr(Meant.__table__, "to_metadata", None) or Meant.__table__.tometadata
        copied(Base.metadata, name=name)
"""

LATER = """
    import pytest
    from sqlalchemy.exc import InvalidRequestError
    from shared import *

    @pytest.fixture
    def number(engine, name):
        with engine.connect() as connection:
            return connection.execute(text("SELECT count(*) FROM %s" % name)).scalar()

    @plants(TABLES, 2, "selects")
    def test_selects(engine, name):
        with engine.connect() as connection:
            assert connection.execute(select(table(name))).all() == []

    @plants(TABLES, 2, "counts")
    def test_counts(engine, name):
        with engine.connect() as connection:
            assert connection.execute(select(func.count()).select_from(table(name))).scalar() == 0

    @plants(TABLES, 2, "joins")
    def test_joins(engine, name):
        left, right = Meant.__table__, table(name)
        with engine.connect() as connection:
            connection.execute(select(left.c.id, right.c.id).select_from(left.join(right, left.c.id == right.c.id)))

    @plants(TABLES, 2, "reads as text")
    def test_reads_text(engine, name):
        with engine.connect() as connection:
            connection.execute(text("select id from %s order by 1" % name))

    @plants(TABLES, 2, "reads in a fixture")
    def test_reads_in_a_fixture(number):
        assert number == 0

    @plants(TABLES, 2, "leaves it alone")
    def test_alone(engine, name):
        with engine.connect() as connection:
            assert connection.execute(select(Meant.__table__)).all() == []

    @plants(TABLES, 2, "drops it and makes its own")
    def test_own(engine, name):
        table(name).drop(engine)
        table(name).create(engine)
        with engine.connect() as connection:
            assert connection.execute(select(table(name))).all() == []
        table(name).drop(engine)

    @plants(TABLES, 2, "reads its own elsewhere")
    def test_elsewhere(name):
        engine = create_engine("sqlite://", poolclass=StaticPool)
        table(name).create(engine)
        with engine.connect() as connection:
            assert connection.execute(select(table(name))).all() == []

    @plants(METADATA, 2, "defines it again")
    def test_defines_again(name):
        with pytest.raises(InvalidRequestError):
            Table(name, Base.metadata, Column("other", Integer))

    @plants(METADATA, 2, "defines it")
    def test_defines(name):
        with pytest.raises(InvalidRequestError):
            table(name, Base.metadata)

    @plants(METADATA, 2, "defines it as a model")
    def test_defines_model(name):
        with pytest.raises(InvalidRequestError):
            model(name, Base)

    @plants(METADATA, 2, "creates all")
    def test_creates(name):
        Base.metadata.create_all(create_engine("sqlite://"), tables=[Base.metadata.tables[name]])

    @pytest.fixture
    def created(name):
        Base.metadata.create_all(create_engine("sqlite://"), tables=[Base.metadata.tables[name]])

    @plants(METADATA, 2, "creates all in a fixture")
    def test_creates_in_a_fixture(created, name):
        pass

    @plants(METADATA, 2, "leaves it alone")
    def test_leaves_alone(name):
        assert "meant" in Base.metadata.tables

    @plants(METADATA, 2, "has a MetaData of its own")
    def test_has_its_own(name):
        table(name).metadata.create_all(create_engine("sqlite://"))

    @plants(METADATA, 2, "puts it back")
    def test_puts_back(name):
        Base.metadata.remove(Base.metadata.tables[name])
        Base.metadata.remove(table(name, Base.metadata))
"""


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return {
        "shared.py": SHARED % (TABLES, METADATA),
        "conftest.py": CONFTEST,
        "test_1_before.py": BEFORE,
        "test_2_plants.py": PLANTING,
        "test_3_later.py": LATER,
    }


@pytest.fixture(scope="module")
def seen(files: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Seen:
    seen = observe(write(tmp_path_factory.mktemp("planted") / "suite", files), "-q")
    assert (seen.status, seen.run.counts.passed) == (0, 100), seen.output
    return seen


def found(seen: Seen) -> dict[str, Leak]:
    """Table -> the leak of its plant."""
    kept = [leak for leak in leaks(seen.run) if leak.what in ("table", "metadata")]
    assert len({leak.table for leak in kept}) == len(kept)
    return {leak.table: leak for leak in kept}


def test_each_plant_is_a_leak_of_its_author_and_nothing_else_is(seen: Seen) -> None:
    kept = found(seen)
    assert len(TABLES) == len(METADATA) == 25
    # One that is dropped, or taken out, before any other test begins is no leak.
    assert kept.keys() == {name for name, _, _ in TABLES + METADATA}
    for name, way, _ in TABLES + METADATA:
        leak = kept[name]
        assert leak.what == ("table" if name[0] == "t" else "metadata")
        if "fixture" in way:
            assert leak.author.label in ("fixture made", "fixture defined")
        else:
            assert leak.author.label.startswith("test_2_plants.py::")
            assert leak.author.label.endswith(f"[{name}]")


def test_tables_that_a_later_test_met_are_distinguished_from_the_benign(seen: Seen) -> None:
    harmful = {name for name, _, later in TABLES + METADATA if later in HARMFUL_TABLES + HARMFUL_METADATA}
    called = {name for name, leak in found(seen).items() if not leak.benign}
    assert len(harmful) == 10
    assert called == harmful


def test_a_green_run_has_no_victims(seen: Seen) -> None:
    assert not any(leak.victims for leak in leaks(seen.run))
    assert [finding for finding in diagnose(seen.run) if not finding.harmless] == []


@pytest.mark.slow
@pytest.mark.parametrize("environment", environments.GENERATIONS, ids=lambda each: each.name)
def test_the_same_is_found_with_old_and_new_versions(
    environment: environments.Environment, seen: Seen, files: dict[str, str], tmp_path: Path
) -> None:
    other = observe(write(tmp_path / "suite", files), "-q", python=environment.interpreter)
    assert other.status == 0, other.output
    assert other.run.disabled_probes == []
    assert {name: (leak.author.label, leak.benign) for name, leak in found(other).items()} == {
        name: (leak.author.label, leak.benign) for name, leak in found(seen).items()
    }
