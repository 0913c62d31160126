"""Two fixtures of one name, in two conftests, are two authors: each is named, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from guarded import guarded
from isolation_tui.diagnose import diagnose
from isolation_tui.model import leaks
from isolation_tui.report.json.document import run_document
from observing import Seen, observe, write

CONFTEST = """
    import pytest, db

    @pytest.fixture
    def user():
        with db.Session(db.engine) as session:
            session.add(db.User(name="x"))
            session.commit()
        yield
    """
TEST = """
    import db

    def test_it(user):
        with db.Session(db.engine) as session:
            assert session.query(db.User).count() == 1

    def test_again(user):
        with db.Session(db.engine) as session:
            assert session.query(db.User).count() == 1
    """
SUITE = {
    "conftest.py": "",
    "db.py": """
        from sqlalchemy import Column, Integer, String, create_engine
        from sqlalchemy.orm import Session, declarative_base
        from sqlalchemy.pool import StaticPool

        Base = declarative_base()

        class User(Base):
            __tablename__ = "users"
            id = Column(Integer, primary_key=True)
            name = Column(String(20))

        engine = create_engine("sqlite://", poolclass=StaticPool)
        Base.metadata.create_all(engine)
    """,
    "orders/__init__.py": "",
    "orders/conftest.py": CONFTEST,
    "orders/test_orders.py": TEST,
    "shops/__init__.py": "",
    "shops/conftest.py": "\n" + CONFTEST,
    "shops/test_shops.py": TEST.replace("test_again", "test_shop_again").replace("def test_it", """
    @__import__("pytest").fixture(autouse=True, scope="module")
    def empty():
        with db.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM users")

    def test_shop"""),
}  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("namesakes") / "suite", SUITE)


@pytest.fixture(scope="module")
def seen(root: Path) -> Seen:
    return observe(root)


def test_each_is_the_culprit_of_its_own_victims(seen: Seen) -> None:
    found = {finding.tests: finding for finding in diagnose(seen.run) if finding.kind == "rows-left-behind"}
    assert {tests: (finding.author.place.file[-18:], finding.culprit) for tests, finding in found.items()} == {
        ("orders/test_orders.py::test_again",): ("orders/conftest.py", "fixture user"),
        ("shops/test_shops.py::test_shop_again",): ("/shops/conftest.py", "fixture user"),
    }
    titles = [finding.title for finding in found.values()]
    assert any("fixture `user` in orders/conftest.py:" in title.lower() for title in titles)
    assert any("fixture `user` in shops/conftest.py:" in title.lower() for title in titles)


def test_each_has_its_own_leak(seen: Seen) -> None:
    found = [leak for leak in leaks(seen.run) if leak.what == "rows"]
    assert sorted(leak.author.place.file.rpartition("suite/")[2] for leak in found) == [
        "orders/conftest.py",
        "shops/conftest.py",
    ]


def test_the_document_names_both_by_their_label(seen: Seen) -> None:
    told = [leak for leak in run_document(seen.run)["leaks"] if leak["what"] == "rows"]
    assert [leak["author"] for leak in told] == ["fixture user"] * 2
    assert {leak["file"] for leak in told} == {"orders/conftest.py", "shops/conftest.py"}


def test_the_guard_fails_each_once_and_names_its_place(root: Path) -> None:
    ended = guarded(root, "--isolation=strict")
    assert set(ended.errors) == {"test_it", "test_shop"}
    assert any("orders/conftest.py:" in line for line in ended.section)
    assert any("shops/conftest.py:" in line for line in ended.section)
