"""The suites that overhead is measured on, written to a folder."""

from __future__ import annotations

from pathlib import Path

TRIVIAL = "trivial"
DATABASE = "database"
INSERTS = "inserts"


def write_trivial(folder: Path, tests: int = 5_000) -> Path:
    """``tests`` tests in 50 files, three function-scoped fixtures each, which do nothing."""
    folder.mkdir(parents=True)
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "conftest.py").write_text(
        "import pytest\n\n"
        "@pytest.fixture\ndef one():\n    return 1\n\n"
        "@pytest.fixture\ndef two(one):\n    yield one + 1\n\n"
        "@pytest.fixture\ndef three(two):\n    return two + 1\n"
    )
    per_file = tests // 50
    for number in range(50):
        body = "".join(f"def test_{n}(three):\n    assert three == 3\n\n" for n in range(per_file))
        (folder / f"test_trivial_{number:02}.py").write_text(body)
    return folder


def write_database(folder: Path, tests: int = 500) -> Path:
    """``tests`` tests on Flask-SQLAlchemy, 18 tables with foreign keys and indexes, dropped and created for each."""
    folder.mkdir(parents=True)
    (folder / "pytest.ini").write_text("[pytest]\n")
    models = "".join(
        f"class Model{n}(db.Model):\n"
        f"    __tablename__ = 'table_{n}'\n"
        f"    id = db.Column(db.Integer, primary_key=True)\n"
        f"    name = db.Column(db.String(50), index={n % 2 == 0})\n"
        f"    parent_id = db.Column(db.Integer, db.ForeignKey('table_{max(n - 1, 0)}.id'))\n\n"
        for n in range(18)
    )
    (folder / "shop.py").write_text(
        "from flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\n\n"
        "db = SQLAlchemy()\n\n" + models + "app = Flask(__name__)\n"
        "app.config['SQLALCHEMY_DATABASE_URI'] = 'sqlite:///:memory:'\ndb.init_app(app)\n"
    )
    (folder / "conftest.py").write_text(
        "import pytest\nfrom shop import app, db\n\n"
        "@pytest.fixture\ndef session():\n"
        "    with app.app_context():\n        db.drop_all()\n        db.create_all()\n"
        "        yield db.session\n        db.session.remove()\n"
    )
    per_file = tests // 10
    for number in range(10):
        body = "from shop import Model0, Model1\n\n" + "".join(
            f"def test_{n}(session):\n"
            f"    session.add(Model0(name='a{n}'))\n    session.add(Model1(name='b{n}'))\n    session.commit()\n"
            f"    assert session.query(Model0).count() == 1\n\n"
            for n in range(per_file)
        )
        (folder / f"test_database_{number}.py").write_text(body)
    return folder


def write_inserts(folder: Path, inserts: int = 100_000) -> Path:
    """Two tests: half of the rows by Core, half by flushes of the ORM; a statement for each."""
    folder.mkdir(parents=True)
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_inserts.py").write_text(
        "from sqlalchemy import Column, Integer, create_engine, insert\n"
        "from sqlalchemy.orm import Session, declarative_base\n\n"
        "Base = declarative_base()\n\n"
        "class Row(Base):\n    __tablename__ = 'rows'\n"
        "    id = Column(Integer, primary_key=True)\n    number = Column(Integer)\n\n"
        "def empty():\n"
        "    engine = create_engine('sqlite://', use_insertmanyvalues=False)\n"
        "    Base.metadata.create_all(engine)\n    return engine\n\n"
        "def test_core():\n    with empty().begin() as connection:\n"
        f"        for number in range({inserts // 2}):\n"
        "            connection.execute(insert(Row.__table__), {'number': number})\n\n"
        "def test_orm():\n    with Session(empty()) as session:\n"
        f"        for first in range(0, {inserts // 2}, 1000):\n"
        "            session.add_all([Row(number=first + n) for n in range(1000)])\n            session.flush()\n"
        "        session.commit()\n"
    )
    return folder
