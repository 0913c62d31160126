"""A green suite in which 50 units leave rows: 40 that no test reads, 10 that a later test reads.

Each row of ``PLANTS`` is a table, how it gets its rows, and what later tests do with it.
"""

from __future__ import annotations

import pytest

from isolation_tui.diagnose import diagnose
from isolation_tui.model import Leak, leaks
from observing import Seen, observe, write

HARMFUL = (
    "selects all", "counts", "joins", "looks into a view", "inserts from a select", "updates by a condition",
    "asks whether one exists", "gets a row by its key", "reads as text", "reads in a fixture",
)  # fmt: skip
BENIGN = (
    *["leaves it alone"] * 14,
    *["empties it and reads"] * 6,
    *["drops it and reads"] * 4,
    *["only inserts"] * 5,
    *["looks up its own by name"] * 4,
    *["refreshes its own"] * 3,
    *["cleans it in teardown"] * 4,
)
WRITERS = ("orm", "core", "many", "text", "fixture")
PLANTS = [
    (f"t{number:02}", WRITERS[number % len(WRITERS)], later)
    for number, later in enumerate(sorted((*HARMFUL, *BENIGN), key=lambda later: later[::-1]))
]

CONFTEST = """
    import pytest
    from sqlalchemy import Column, Integer, String, create_engine, insert, select, text
    from sqlalchemy.orm import Session, declarative_base
    from sqlalchemy.pool import StaticPool

    Base = declarative_base()
    MODELS = {
        name: type(name, (Base,), {
            "__tablename__": name,
            "id": Column(Integer, primary_key=True),
            "name": Column(String(20), unique=True),
            "size": Column(Integer),
        })
        for name in ["t%02d" % number for number in range(50)] + ["meant"]
    }

    @pytest.fixture(scope="session")
    def engine():
        engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
        Base.metadata.create_all(engine)
        with engine.begin() as connection:
            for name in MODELS:
                connection.execute(text("CREATE VIEW v_%s AS SELECT * FROM %s" % (name, name)))
        return engine

    @pytest.fixture(scope="session", autouse=True)
    def meant(engine):
        with Session(engine) as session:
            session.add(MODELS["meant"](name="seed"))
            session.commit()

    @pytest.fixture
    def session(engine):
        with Session(engine) as session:
            yield session
            session.rollback()
"""

PLANTING = """
    import pytest
    from sqlalchemy import insert, select, text
    from conftest import MODELS

    PLANTS = %r

    @pytest.fixture
    def planted(request, session):
        session.add(request.param(name="planted", size=1))
        session.commit()

    @pytest.mark.parametrize("name", [name for name, how, _ in PLANTS if how == "orm"])
    def test_orm(session, name):
        session.add(MODELS[name](name="planted", size=1))
        session.commit()
        assert session.execute(select(MODELS[name])).all()

    @pytest.mark.parametrize("name", [name for name, how, _ in PLANTS if how == "core"])
    def test_core(engine, name):
        with engine.begin() as connection:
            connection.execute(insert(MODELS[name]).values(name="planted", size=1))

    @pytest.mark.parametrize("name", [name for name, how, _ in PLANTS if how == "many"])
    def test_many(session, name):
        session.add_all([MODELS[name](name="planted", size=1), MODELS[name](name="planted too", size=1)])
        session.commit()

    @pytest.mark.parametrize("name", [name for name, how, _ in PLANTS if how == "text"])
    def test_text(session, name):
        session.execute(text("INSERT INTO %%s (name, size) VALUES ('planted', 1)" %% name))
        session.commit()

    @pytest.mark.parametrize("planted", [
        pytest.param(MODELS[name], id=name) for name, how, _ in PLANTS if how == "fixture"
    ], indirect=True)
    def test_fixture(planted):
        pass
"""

LATER = """
    import pytest
    from sqlalchemy import exists, func, select, text, update
    from sqlalchemy.orm import Session
    from conftest import MODELS

    PLANTS = %r

    def plants(later):
        return pytest.mark.parametrize("name", [name for name, _, what in PLANTS if what == later])

    @pytest.fixture
    def number(session, name):
        return session.execute(text("SELECT count(*) FROM %%s" %% name)).scalar()

    @pytest.fixture
    def clean(session, name):
        yield
        for row in session.execute(select(MODELS[name])).scalars():
            session.delete(row)
        session.commit()

    @plants("selects all")
    def test_selects(session, name):
        assert session.execute(select(MODELS[name])).all()

    @plants("counts")
    def test_counts(session, name):
        assert session.execute(select(func.count()).select_from(MODELS[name])).scalar()

    @plants("joins")
    def test_joins(session, name):
        meant = MODELS["meant"]
        session.execute(select(meant.name, MODELS[name].name).outerjoin(MODELS[name], meant.id == MODELS[name].id))

    @plants("looks into a view")
    def test_view(session, name):
        assert session.execute(text("SELECT * FROM v_%%s" %% name)).all()

    @plants("inserts from a select")
    def test_inserts_from_a_select(session, name):
        session.execute(text("INSERT INTO meant (name) SELECT name || 'x' FROM %%s" %% name))

    @plants("updates by a condition")
    def test_updates(session, name):
        assert session.execute(update(MODELS[name]).where(MODELS[name].size < 5).values(size=3)).rowcount

    @plants("asks whether one exists")
    def test_exists(session, name):
        assert session.execute(select(exists().where(MODELS[name].size == 1))).scalar()

    @plants("gets a row by its key")
    def test_gets(session, name):
        assert session.get(MODELS[name], 1)

    @plants("reads as text")
    def test_text(session, name):
        assert session.execute(text("select size from %%s order by 1" %% name)).all()

    @plants("reads in a fixture")
    def test_fixture(number):
        assert number

    @plants("leaves it alone")
    def test_alone(session, name):
        assert session.execute(select(MODELS["meant"])).all()

    @plants("empties it and reads")
    def test_empties(session, name):
        session.execute(text("DELETE FROM %%s" %% name))
        assert not session.execute(select(MODELS[name])).all()

    @plants("drops it and reads")
    def test_drops(engine, name):
        MODELS[name].__table__.drop(engine)
        MODELS[name].__table__.create(engine)
        with Session(engine) as session:
            assert not session.execute(select(MODELS[name])).all()

    @plants("only inserts")
    def test_inserts(session, name):
        session.add(MODELS[name](name="own"))
        session.flush()

    @plants("looks up its own by name")
    def test_looks_up(session, name):
        session.add(MODELS[name](name="own"))
        session.flush()
        assert session.execute(select(MODELS[name]).where(MODELS[name].name == "own")).scalar_one()

    @plants("refreshes its own")
    def test_refreshes(session, name):
        own = MODELS[name](name="own")
        session.add(own)
        session.commit()
        assert own.name == "own"
        session.delete(own)
        session.commit()

    @plants("cleans it in teardown")
    def test_cleans(clean, name):
        pass
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    files = {"conftest.py": CONFTEST, "test_a.py": PLANTING % (PLANTS,), "test_b.py": LATER % (PLANTS,)}
    seen = observe(write(tmp_path_factory.mktemp("planted") / "suite", files), "-q", "-p", "no:cacheprovider")
    assert (seen.status, seen.run.counts.passed) == (0, 100), seen.output
    return seen


@pytest.fixture(scope="module")
def found(seen: Seen) -> list[Leak]:
    return [leak for leak in leaks(seen.run) if leak.what == "rows"]


def table(leak: Leak) -> str:
    return leak.location.rpartition(".")[2]


def test_each_plant_is_a_leak_of_its_author(found: list[Leak]) -> None:
    planted = {
        table(leak) for leak in found if "test_a.py" in leak.author.label or leak.author.label == "fixture planted"
    }
    assert len(planted & {name for name, _, _ in PLANTS}) >= 0.95 * len(PLANTS)
    for leak in found:
        how = next((how for name, how, _ in PLANTS if name == table(leak)), "")
        if how == "fixture":
            assert leak.author.label == "fixture planted"


def test_leaks_that_were_read_are_distinguished_from_the_benign(found: list[Leak]) -> None:
    harmful = {name for name, _, later in PLANTS if later in HARMFUL}
    called = {table(leak) for leak in found if not leak.benign and not leak.maybe}
    assert len(harmful) == 10
    assert len(called & harmful) >= 0.95 * len(harmful), f"missed: {sorted(harmful - called)}"
    assert len(called & harmful) >= 0.9 * len(called), f"falsely called harmful: {sorted(called - harmful)}"


def test_rows_that_were_meant_to_be_there_are_no_leak(found: list[Leak]) -> None:
    assert all(leak.benign for leak in found if table(leak) == "meant")


def test_what_was_read_is_a_harmless_finding_of_each_author(seen: Seen) -> None:
    findings = diagnose(seen.run)
    assert findings
    assert all(finding.harmless for finding in findings)
    tables = {name for finding in findings if finding.kind == "rows-left-behind" for name in finding.tables}
    assert tables == {name for name, _, later in PLANTS if later in HARMFUL}
    culprits = [finding.culprit for finding in findings]
    assert len(culprits) == len(set(culprits))


def test_without_a_failure_there_are_no_victims(found: list[Leak]) -> None:
    assert not any(leak.victims for leak in found)
