"""The fixed project under real pytest: no table is defined twice, no row outlives its test, wherever the data lies."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from isolation_tui.fix import apply_fix, plan_fix

API = "backend/tests/integration/test_api_integration.py"
DATABASE = "backend/src/database.py"

pytest.importorskip("flask_sqlalchemy")
pytestmark = pytest.mark.slow


def pytest_says(root: Path, *options: str, url: str = "sqlite://") -> tuple[dict[str, int], str]:
    """The counts of pytest's closing line, by word, and all it printed."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "COV"))}
    environment |= {"DATABASE_URL": url, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, *options, "-m", "pytest", "-p", "no:cacheprovider", "backend"]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=120)
    closing = done.stdout.strip().splitlines()[-1]
    counts = {word.rstrip("s"): int(number) for number, word in re.findall(r"(\d+) (passed|failed|errors?)", closing)}
    return counts, done.stdout + done.stderr


@pytest.fixture(params=["memory", "file"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return "sqlite://" if request.param == "memory" else f"sqlite:///{tmp_path / 'shop.db'}"


def test_the_seed_shape_breaks_before_the_fix_and_heals_with_it(shop: Path, url: str) -> None:
    counts, output = pytest_says(shop, url=url)
    assert "is already defined for this MetaData instance" in output
    assert counts != {"passed": 7}
    apply_fix(plan_fix(shop))
    counts, output = pytest_says(shop, "-W", "error", url=url)
    assert counts == {"passed": 7}, output


def test_an_app_made_inside_the_fixture_is_made_once(shop: Path, url: str) -> None:
    (shop / "backend/tests/unit/test_roles.py").unlink()  # it has another app, and so a database of its own
    path = shop / API
    path.write_text(
        path.read_text()
        .replace("from src.app import app\n", "from src.app import create_app\n")
        .replace("def test_app():\n", "def test_app():\n    app = create_app()\n")
    )
    apply_fix(plan_fix(shop))
    assert "\napp = create_app()\n" in (shop / "backend/tests/conftest.py").read_text()
    counts, output = pytest_says(shop, "-W", "error", url=url)
    assert counts == {"passed": 4}, output


RELOADS: dict[str, Callable[[str], str]] = {
    "assigned": lambda text: text.replace("importlib.reload(module)", "module = importlib.reload(module)"),
    "by name": lambda text: text.replace(
        "import importlib\n", "import importlib\nfrom importlib import reload\n"
    ).replace("importlib.reload(module)", "reload(module)"),
    "in an expression": lambda text: text.replace("importlib.reload(module)", "print([importlib.reload(module)])"),
    "by loader": lambda text: text.replace("importlib.reload(module)", "module.__spec__.loader.exec_module(module)"),
}


@pytest.mark.parametrize("change", RELOADS.values(), ids=RELOADS.keys())
def test_each_way_to_execute_a_module_again_is_guarded(shop: Path, change: Callable[[str], str]) -> None:
    path = shop / DATABASE
    path.write_text(change(path.read_text()))
    apply_fix(plan_fix(shop))
    counts, output = pytest_says(shop)
    assert counts == {"passed": 7}, output


def test_models_made_by_a_function_are_made_once(shop: Path, url: str) -> None:
    (shop / "backend/src/models/role.py").unlink()
    (shop / "backend/src/models/product.py").unlink()
    (shop / DATABASE).write_text(
        "from flask_sqlalchemy import SQLAlchemy\n\ndb = SQLAlchemy()\n\n\n"
        "def register_models(db):\n    class Role(db.Model):\n        id = db.Column(db.Integer, primary_key=True)\n"
        "        name = db.Column(db.String(9), unique=True, index=True)\n\n    return Role\n\n\n"
        "def create_tables():\n    register_models(db)\n    db.create_all()\n"
    )
    (shop / "backend/tests/unit/test_roles.py").unlink()
    text = (shop / API).read_text()
    start = text.index("@pytest.fixture\ndef sample_role")
    (shop / API).write_text(
        text[:start].replace("from src.models.role import Role\n", "").replace("db\n\n#", "db, register_models\n\n#", 1)
        + "@pytest.mark.parametrize('n', [1, 2, 3])\ndef test_one_role(test_app, n):\n    Role = register_models(db)\n"
        "    create_tables()\n    db.session.add(Role(name='a'))\n    db.session.commit()\n"
        "    assert Role.query.count() == 1\n"
    )
    counts, output = pytest_says(shop, url=url)
    assert "already defined" in output
    assert counts == {"failed": 3}
    apply_fix(plan_fix(shop))
    counts, output = pytest_says(shop, "-W", "error", url=url)
    assert counts == {"passed": 3}, output


def test_clearing_is_refused_outside_tests(shop: Path) -> None:
    apply_fix(plan_fix(shop))
    code = "from src import app, database\nwith app.app.app_context(): database.clear_test_database()"
    environment = {k: v for k, v in os.environ.items() if k != "TESTING"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=shop / "backend", env=environment, capture_output=True, text=True
    )
    assert "RuntimeError: clear_test_database() drops all tables" in done.stderr
