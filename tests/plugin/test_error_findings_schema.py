"""One real suite whose tables are defined twice, indexed twice, dropped, cleared and never made: each cause is named
with its victims, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

import environments
from isolation_tui.diagnose import Finding, diagnose
from observing import Seen, observe, write

SUITE = {
    "pytest.ini": "[pytest]\npythonpath = . app\n",
    "app/__init__.py": "",
    "app/base.py": """
        from sqlalchemy.orm import declarative_base
        Base = declarative_base()
        """,
    "app/users.py": """
        from sqlalchemy import Column, Integer
        from app.base import Base
        class User(Base):
            __tablename__ = "users"
            id = Column(Integer, primary_key=True)
        """,
    "app/goods.py": """
        from sqlalchemy import Column, Integer
        from app.base import Base
        class Article(Base):
            __tablename__ = "goods"
            id = Column(Integer, primary_key=True)
        """,
    "conftest.py": """
        from sqlalchemy import Column, Integer, MetaData, Table, create_engine, text
        from sqlalchemy.pool import StaticPool

        def engine_in_memory():
            return create_engine("sqlite://", poolclass=StaticPool)

        def a_table(name, metadata, *more, **options):
            return Table(name, metadata, Column("id", Integer, primary_key=True), *more, **options)

        def count(engine, table):
            with engine.connect() as connection:
                return connection.execute(text("SELECT count(*) FROM " + table)).scalar()
        """,
    # -- a table defined twice
    "test_a_defined.py": """
        import pytest
        from sqlalchemy import Column, Integer
        from sqlalchemy.exc import InvalidRequestError
        import app.users, app.goods
        from app.base import Base

        @pytest.fixture
        def sample():
            class Sample(Base):
                __tablename__ = "samples"
                id = Column(Integer, primary_key=True)

        def test_the_first_time(sample): pass
        def test_the_second_time(sample): pass
        def test_the_third_time(sample): pass

        def test_imported_under_another_name():
            import users

        def test_a_refusal_is_expected():
            with pytest.raises(InvalidRequestError):
                class Again(Base):
                    __tablename__ = "users"
                    id = Column(Integer, primary_key=True)

        def test_a_text_is_asserted():
            text = "Table 'users' is already defined for this MetaData instance"
            assert text == "", text
        """,
    "test_b_imported.py": "import goods\ndef test_never(): pass\n",
    # -- an index that exists twice
    "test_c_index.py": """
        import pytest
        from sqlalchemy import Column, Index, Integer, MetaData
        from sqlalchemy.exc import OperationalError
        from conftest import a_table, engine_in_memory

        metadata = MetaData()

        def declare(metadata, **options):
            return a_table("days", metadata, Column("day", Integer, **options), extend_existing=True)

        @pytest.fixture
        def days():
            declare(metadata, index=True)
            metadata.create_all(engine_in_memory())

        def test_declared_once(days): pass
        def test_declared_twice(days): pass
        def test_declared_thrice(days): pass

        def test_extended_without_an_index():
            own = MetaData()
            declare(own), declare(own)
            own.create_all(engine_in_memory())

        def test_one_name_for_two_tables():
            own = MetaData()
            for name in ("one", "two"):
                table = a_table(name, own)
                Index("ix_both", table.c.id)
            own.create_all(engine_in_memory())

        def test_created_twice_as_expected():
            own, engine = MetaData(), engine_in_memory()
            index = Index("ix_one", a_table("one", own).c.id)
            own.create_all(engine)
            with pytest.raises(OperationalError, match="already exists"):
                index.create(engine)
        """,
    # -- a table that is missing
    "test_d_dropped.py": """
        import pytest
        from sqlalchemy import MetaData
        from sqlalchemy.exc import OperationalError
        from conftest import a_table, count, engine_in_memory

        metadata = MetaData()
        stock = a_table("stock", metadata)
        prices = a_table("prices", metadata)
        other = engine_in_memory()

        @pytest.fixture(scope="module")
        def engine():
            engine = engine_in_memory()
            metadata.create_all(engine)
            return engine

        def test_other_databases_drop_the_same_table():
            metadata.create_all(other)
            metadata.drop_all(other)

        def test_before(engine): assert count(engine, "stock") == 0
        def test_wipes(engine): metadata.drop_all(engine)
        def test_after(engine): assert count(engine, "stock") == 0
        def test_after_in_another_table(engine): assert count(engine, "prices") == 0

        def test_a_missing_table_is_expected(engine):
            with pytest.raises(OperationalError, match="no such table"):
                count(engine, "stock")
        """,
    "test_e_cleaned.py": """
        import pytest
        from sqlalchemy import MetaData
        from conftest import a_table, count, engine_in_memory

        metadata = MetaData()
        carts = a_table("carts", metadata)
        engine = engine_in_memory()

        @pytest.fixture
        def tables():
            metadata.create_all(engine)
            yield
            metadata.drop_all(engine)

        def test_with_tables(tables): assert count(engine, "carts") == 0
        def test_without_tables(): assert count(engine, "carts") == 0
        """,
    "test_f_teardown.py": """
        import pytest
        from sqlalchemy import MetaData
        from conftest import a_table, count, engine_in_memory

        metadata = MetaData()
        parcels = a_table("parcels", metadata)

        @pytest.fixture(scope="module")
        def engine():
            engine = engine_in_memory()
            metadata.create_all(engine)
            return engine

        @pytest.fixture
        def fresh(engine):
            metadata.create_all(engine)
            yield engine
            metadata.drop_all(engine)

        def test_fresh(fresh): assert count(fresh, "parcels") == 0
        def test_shared(engine): assert count(engine, "parcels") == 0
        """,
    "test_g_cleared.py": """
        from sqlalchemy import MetaData
        from conftest import a_table, count, engine_in_memory

        metadata = MetaData()
        notes = a_table("notes", metadata)

        def test_clears(): metadata.clear()

        def test_nothing_to_create():
            engine = engine_in_memory()
            metadata.create_all(engine)
            assert count(engine, "notes") == 0
        """,
    "test_h_never.py": """
        from conftest import count, engine_in_memory
        def test_never_made(): assert count(engine_in_memory(), "nowhere") == 0
        """,
    "test_h_reflected.py": """
        import pytest
        from sqlalchemy import MetaData, Table
        from sqlalchemy.exc import NoSuchTableError
        from conftest import engine_in_memory

        def test_reflects(): Table("mirror", MetaData(), autoload_with=engine_in_memory())
        def test_expects_none():
            with pytest.raises(NoSuchTableError):
                Table("mirror", MetaData(), autoload_with=engine_in_memory())
        """,
    "test_h_late.py": """
        import pytest
        from sqlalchemy import MetaData
        from conftest import a_table, count, engine_in_memory

        metadata = MetaData()
        early = a_table("early", metadata)

        @pytest.fixture(scope="module")
        def engine():
            engine = engine_in_memory()
            metadata.create_all(engine)
            return engine

        def test_early(engine): assert count(engine, "early") == 0

        def test_late(engine):
            a_table("late", metadata)
            assert count(engine, "late") == 0
        """,
    # -- a model that another names
    "test_i_unknown.py": """
        import pytest
        from sqlalchemy import Column, ForeignKey, Integer, MetaData
        from sqlalchemy.exc import NoReferencedTableError
        from sqlalchemy.orm import declarative_base, relationship
        from conftest import a_table, engine_in_memory

        metadata = MetaData()
        parents = a_table("parents", metadata)

        def children(metadata):
            a_table("children", metadata, Column("parent", ForeignKey("parents.id")))
            metadata.create_all(engine_in_memory())

        def test_takes_the_parents_out(): metadata.remove(parents)
        def test_needs_the_parents(): children(metadata)

        def test_expects_no_parents():
            with pytest.raises(NoReferencedTableError):
                children(MetaData())

        def test_names_a_class_that_never_came():
            Base = declarative_base()
            class Basket(Base):
                __tablename__ = "baskets"
                id = Column(Integer, primary_key=True)
                owner = relationship("Nobody")
            Basket()
        """,
}

A, C, D, E_, F, G, H, J = (
    "test_a_defined.py::", "test_c_index.py::", "test_d_dropped.py::", "test_e_cleaned.py::", "test_f_teardown.py::",
    "test_g_cleared.py::", "test_h_never.py::", "test_i_unknown.py::",
)  # fmt: skip

EXPECTED = {
    (A + "test_the_second_time", A + "test_the_third_time"): ("F2", "fixture sample"),
    (A + "test_imported_under_another_name",): ("F2", A + "test_imported_under_another_name"),
    ("test_b_imported.py",): ("F2", ""),
    (C + "test_declared_twice", C + "test_declared_thrice"): ("F3", "fixture days"),
    (C + "test_one_name_for_two_tables",): ("F3", ""),
    (D + "test_after", D + "test_after_in_another_table"): ("F4", D + "test_wipes"),
    (E_ + "test_without_tables",): ("F4", ""),
    (F + "test_shared",): ("F4", "fixture fresh"),
    (G + "test_nothing_to_create",): ("F4", G + "test_clears"),
    (H + "test_never_made",): ("F4", ""),
    ("test_h_reflected.py::test_reflects",): ("F4", ""),
    ("test_h_late.py::test_late",): ("F4", ""),
    (J + "test_needs_the_parents",): ("F4", J + "test_takes_the_parents_out"),
    (J + "test_names_a_class_that_never_came",): ("F4", ""),
}
"""Victims -> class and culprit."""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    root = write(tmp_path_factory.mktemp("schema") / "suite", SUITE)
    return observe(root, "-q", "--continue-on-collection-errors")


@pytest.fixture(scope="module")
def findings(seen: Seen) -> dict[tuple[str, ...], Finding]:
    return {finding.tests: finding for finding in diagnose(seen.run) if not finding.harmless}


def test_nothing_of_ours_failed(seen: Seen) -> None:
    assert seen.run.disabled_probes == []


def test_each_cause_is_one_finding_with_its_victims_class_and_culprit(
    findings: dict[tuple[str, ...], Finding],
) -> None:
    assert {tests: (finding.code, finding.culprit) for tests, finding in findings.items()} == EXPECTED


@pytest.mark.slow
@pytest.mark.parametrize("environment", environments.GENERATIONS, ids=lambda each: each.name)
def test_all_generations_come_to_the_same(environment: environments.Environment, tmp_path: Path) -> None:
    root = write(tmp_path / "suite", SUITE)
    seen = observe(root, "-q", "--continue-on-collection-errors", python=environment.interpreter)
    found = {finding.tests: (finding.code, finding.culprit) for finding in diagnose(seen.run) if not finding.harmless}
    assert found == EXPECTED


def test_only_the_asserted_text_is_left_unexplained(seen: Seen, findings: dict[tuple[str, ...], Finding]) -> None:
    explained = {nodeid for tests in findings for nodeid in tests}
    failed = {test.nodeid for test in seen.run.order if test.failure is not None}
    assert failed - explained == {A + "test_a_text_is_asserted"}


@pytest.mark.parametrize("victims", EXPECTED, ids=lambda victims: victims[0].rpartition("::")[2])
def test_a_finding_has_evidence_of_the_project_a_remedy_and_a_command(
    victims: tuple[str, ...], findings: dict[tuple[str, ...], Finding], seen: Seen
) -> None:
    finding = findings[victims]
    assert finding.title
    assert finding.remedy
    assert victims[0] in finding.command
    assert finding.files
    assert all("site-packages" not in file for file in finding.files)


def test_a_file_imported_twice_is_named_by_both_names(findings: dict[tuple[str, ...], Finding]) -> None:
    title = findings[A + "test_imported_under_another_name",].title
    assert title.endswith("one file, imported as app.users and as users")


def test_a_file_that_cannot_be_collected_is_repeated_with_the_one_that_came_first(
    findings: dict[tuple[str, ...], Finding],
) -> None:
    assert findings["test_b_imported.py",].command == "python -m pytest test_a_defined.py test_b_imported.py"


def test_a_fixtures_definition_is_distinguished_from_a_double_import(findings: dict[tuple[str, ...], Finding]) -> None:
    assert "defined inside fixture `sample`" in findings[next(iter(EXPECTED))].remedy


def test_the_author_of_a_missing_table_runs_first_in_the_command(findings: dict[tuple[str, ...], Finding]) -> None:
    finding = findings[D + "test_after", D + "test_after_in_another_table"]
    assert finding.command == f"python -m pytest {D}test_wipes {D}test_after"
    assert finding.tables == ("stock", "prices")


def test_a_model_defined_after_create_all_is_described_so(findings: dict[tuple[str, ...], Finding]) -> None:
    assert findings["test_h_late.py::test_late",].title == "Table `late` is missing: registered after create_all()"


def test_evidence_is_in_order_of_time(findings: dict[tuple[str, ...], Finding]) -> None:
    finding = findings[D + "test_after", D + "test_after_in_another_table"]
    assert [evidence.text.split(" ", 1)[1].split(" in ")[0] for evidence in finding.evidence] == [
        "created", "dropped", "query for `stock` failed",
    ]  # fmt: skip
