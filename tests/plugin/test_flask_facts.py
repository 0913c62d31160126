"""Flask-SQLAlchemy: its own frames are not the cause, its binds have names, each application its databases."""

from __future__ import annotations

from pathlib import Path

import pytest

import environments
from isolation_tui.model import TableEventKind
from observing import Seen, observe, write
from pytest_isolation.events import DatabaseSeen, MetadataSeen

pytestmark = pytest.mark.slow

SUITE = {
    "shop.py": """
        from flask import Flask
        from flask_sqlalchemy import SQLAlchemy

        db = SQLAlchemy()

        class User(db.Model):
            id = db.Column(db.Integer, primary_key=True)

        class Audit(db.Model):
            __bind_key__ = "audit"
            id = db.Column(db.Integer, primary_key=True)

        tags = db.Table("tags", db.Column("id", db.Integer, primary_key=True))

        def create_app():
            app = Flask(__name__)
            app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
            app.config["SQLALCHEMY_BINDS"] = {"audit": "sqlite://"}
            db.init_app(app)
            return app
        """,
    "test_shop.py": """
        import pytest
        import shop

        @pytest.fixture(scope="module")
        def app():
            app = shop.create_app()
            with app.app_context():
                shop.db.create_all()
                yield app
                shop.db.drop_all()

        def test_one(app): pass
        def test_two(app):
            shop.db.session.add(shop.User())
            shop.db.session.commit()
        """,
}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    root = write(tmp_path_factory.mktemp("flask") / "suite", SUITE)
    return observe(root, "-q", "-W", "error", python=environments.USUAL.interpreter)


def test_the_suite_passes_and_no_probe_gave_up(seen: Seen) -> None:
    assert (seen.status, seen.run.counts.passed, seen.run.disabled_probes) == (0, 2, [])


def test_tables_are_registered_by_the_models_own_lines(seen: Seen) -> None:
    registered = seen.events(TableEventKind.REGISTERED)
    assert [event.table for event in registered] == ["user", "audit", "tags"]
    assert {Path(event.place.file).name for event in registered} == {"shop.py"}


def test_a_bind_has_its_metadata_by_its_name(seen: Seen) -> None:
    assert sorted(fact.name for fact in seen.of(MetadataSeen)) == ["", "audit"]


def test_models_are_known(seen: Seen) -> None:
    assert set(seen.run.models.values()) == {"shop.User", "shop.Audit"}


def test_create_all_is_charged_to_the_fixture_that_called_it(seen: Seen) -> None:
    created = seen.events(TableEventKind.CREATED)
    lives = [seen.run.life_of_unit("main", event.unit) for event in created]
    assert sorted(event.table for event in created) == ["audit", "tags", "user"]
    assert {life.definition.name if life else "" for life in lives} == {"app"}
    assert {Path(event.place.file).name for event in created} == {"test_shop.py"}


def test_two_binds_in_memory_are_two_databases(seen: Seen) -> None:
    assert len(seen.of(DatabaseSeen)) == 2
