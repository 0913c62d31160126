"""What the conftest recipe plans, read off its plan."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from isolation_tui.fix import FixError, NothingToFix, Plan, apply_fix, plan_fix

API = "backend/tests/integration/test_api_integration.py"
DATABASE = "backend/src/database.py"
CONFTEST = "backend/tests/conftest.py"
Build = Callable[[Mapping[str, str | None]], Path]


def after(plan: Plan, relative: str) -> str:
    return next(change.after for change in plan.changes if change.relative == relative).decode()


def functions(source: str) -> dict[str, str]:
    """Each function's source by name, decorators left out."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    return {node.name: ast.get_source_segment(source, node) or "" for node in nodes}


def api_with(shop: Path, old: str, new: str) -> None:
    path = shop / API
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_three_files_change_and_no_other(shop: Path) -> None:
    plan = plan_fix(shop)
    assert [(change.kind, change.relative) for change in plan.changes] == [
        ("NEW", CONFTEST),
        ("MODIFY", API),
        ("MODIFY", DATABASE),
    ]


def test_planning_writes_nothing(shop: Path, tree: Callable[[Path], object]) -> None:
    before = tree(shop)
    plan_fix(shop)
    assert tree(shop) == before


def test_line_counts_are_those_of_the_diff(shop: Path) -> None:
    plan = plan_fix(shop)
    lines = plan.diff.splitlines()
    assert plan.added == sum(line.startswith("+") and not line.startswith("+++") for line in lines)
    assert plan.removed == sum(line.startswith("-") and not line.startswith("---") for line in lines)
    counted = [int(part) for row in plan.summary for part in row.lines.split()]
    assert sum(n for n in counted if n > 0) == plan.added
    assert -sum(n for n in counted if n < 0) == plan.removed


def test_the_diff_is_one_that_patch_applies(shop: Path, tree: Callable[[Path], object]) -> None:
    plan = plan_fix(shop)
    subprocess.run(["git", "apply", "-"], cwd=shop, input=plan.diff, text=True, check=True)
    assert [change.path.read_bytes() for change in plan.changes] == [change.after for change in plan.changes]


def test_the_summary_has_the_rows_of_the_table(shop: Path) -> None:
    rows = [(row.change_type, row.file, row.what) for row in plan_fix(shop).summary]
    assert rows == [
        ("NEW", CONFTEST, "Create pytest hooks and function-scoped fixtures"),
        ("MODIFY", API, "Change fixture scope module → function"),
        ("MODIFY", API, "Remove redundant clean-up"),
        ("ADD", DATABASE, "Add clear_test_database()"),
        ("ADD", DATABASE, "Add guards against double registration"),
    ]


def test_the_same_files_give_the_same_plan_and_others_another(shop: Path) -> None:
    first = plan_fix(shop)
    assert plan_fix(shop) == first
    api_with(shop, '"mug"', '"cup"')
    assert plan_fix(shop) != first


def test_the_module_fixtures_move_into_the_conftest_for_one_test_each(shop: Path) -> None:
    plan = plan_fix(shop)
    conftest = after(plan, CONFTEST)
    assert "scope=" not in conftest
    assert functions(conftest)["test_app"] == (
        "def test_app():\n    app.config['TESTING'] = True\n    with app.app_context():\n        yield app"
    )
    assert functions(conftest)["client"] == "def client(test_app):\n    return test_app.test_client()"
    assert {"pytest_configure", "fresh_database", "db_session"} <= functions(conftest).keys()
    assert not {"test_app", "client"} & functions(after(plan, API)).keys()


def test_comments_on_a_moved_fixture_go_with_it_and_headings_stay(shop: Path) -> None:
    plan = plan_fix(shop)
    assert "# One app for\n# all tests.\n@pytest.fixture\ndef test_app():" in after(plan, CONFTEST)
    assert "# ---- fixtures ----\n\n@pytest.fixture\ndef sample_role" in after(plan, API)
    assert "One app for" not in after(plan, API)


def test_every_other_function_keeps_its_bytes(shop: Path) -> None:
    plan = plan_fix(shop)
    for change in plan.changes[1:]:
        assert change.before is not None
        old, new = functions(change.before.decode()), functions(change.after.decode())
        kept = old.keys() - {"test_app", "client", "load_models"}
        assert {name: old[name] for name in kept} == {name: new[name] for name in kept}


def test_imports_that_only_moved_fixtures_used_go_and_others_stay(shop: Path) -> None:
    text = after(plan_fix(shop), API)
    assert "from src.app import app" not in text
    assert "from src.database import create_tables, db\n" in text
    assert "import pytest\n" in text


@pytest.mark.parametrize("use", ["\n\ndef test_name(): assert app.name\n", '\n\n__all__ = ["app"]\n'])
def test_an_import_that_something_else_uses_stays(shop: Path, use: str) -> None:
    (shop / API).write_text((shop / API).read_text() + use)
    assert "from src.app import app" in after(plan_fix(shop), API)


def test_one_name_of_an_import_goes_alone(shop: Path) -> None:
    api_with(shop, "from src.app import app\n", "from src.app import app, create_app\n")
    api_with(shop, "class TestRoles:", "assert create_app\n\n\nclass TestRoles:")
    assert "from src.app import create_app\n" in after(plan_fix(shop), API)


def test_the_reload_is_guarded_and_its_comments_stay(shop: Path) -> None:
    text = after(plan_fix(shop), DATABASE)
    assert (
        "        # Take up the newest definitions.\n"
        "        if not models_registered(module):\n"
        "            importlib.reload(module)  # on purpose\n"
    ) in text
    assert "def models_registered(module):" in text
    assert "def clear_test_database():" in text


def test_new_imports_stand_where_a_sorter_would_put_them(shop: Path) -> None:
    assert (
        "import importlib\nimport os\n\nfrom flask import current_app\n"
        "from flask_sqlalchemy import SQLAlchemy\nfrom sqlalchemy import Table\n"
    ) in after(plan_fix(shop), DATABASE)


def test_the_result_is_clean_to_a_linter_and_formatted(shop: Path) -> None:
    apply_fix(plan_fix(shop))
    files = [CONFTEST, DATABASE]
    rules = ["--isolated", "--select=E,F,I,W,B,PT,UP,SIM", "--config=src=['backend']"]
    ruff = [sys.executable, "-m", "ruff"]
    checked = subprocess.run([*ruff, "check", *rules, *files], cwd=shop, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
    formatted = subprocess.run(
        [*ruff, "format", "--isolated", "--diff", CONFTEST], cwd=shop, capture_output=True, text=True
    )
    assert "test_app" in (shop / CONFTEST).read_text()
    assert [line for line in formatted.stdout.splitlines() if line.startswith("+ ")] in (
        [],
        ['+    app.config["TESTING"] = True'],
    )


def test_a_typed_database_module_gets_typed_functions(shop: Path) -> None:
    path = shop / DATABASE
    path.write_text(path.read_text().replace("def create_tables(*areas):", "def create_tables(*areas: str) -> None:"))
    text = after(plan_fix(shop), DATABASE)
    assert "def clear_test_database() -> None:" in text
    assert "def models_registered(module: ModuleType) -> bool:" in text
    assert "import importlib\nimport os\nfrom types import ModuleType\n" in text


def test_a_wide_fixture_that_needs_the_app_but_is_no_client_is_narrowed_where_it_is(shop: Path) -> None:
    api_with(
        shop,
        "@pytest.fixture\ndef sample_role",
        "@pytest.fixture(scope='module', name='names')\ndef read_names(client):\n"
        "    # as they come\n    return client.get( '/products' ).json\n\n\n@pytest.fixture\ndef sample_role",
    )
    api_with(
        shop,
        "class TestRoles:\n",
        "class TestRoles:\n    @pytest.fixture(scope='class')\n    def one(self, names):\n        return names[:1]\n\n",
    )
    plan = plan_fix(shop)
    text = after(plan, API)
    assert (
        "@pytest.fixture(name='names')\ndef read_names(client):\n"
        "    # as they come\n    return client.get( '/products' ).json\n" in text
    )
    assert "    @pytest.fixture\n    def one(self, names):\n        return names[:1]\n" in text
    assert "names() becomes function-scoped" in plan.changes[1].what


def test_an_empty_finally_goes_with_the_clean_up_it_held(shop: Path) -> None:
    api_with(
        shop,
        "        yield app\n        db.session.remove()\n        db.drop_all()\n",
        "        try:\n            yield app\n        finally:\n            db.drop_all()\n"
        "    with app.app_context():\n        db.session.remove()\n",
    )
    assert functions(after(plan_fix(shop), CONFTEST))["test_app"].endswith(
        "    with app.app_context():\n        yield app"
    )


def test_other_set_up_and_clean_up_of_the_app_fixture_is_kept(shop: Path) -> None:
    api_with(shop, "        yield app\n", "        app.started = START\n        yield app\n        del app.started\n")
    api_with(shop, "# ---- fixtures ----", "START = (1, 2)\n\n# ---- fixtures ----")
    conftest = after(plan_fix(shop), CONFTEST)
    assert "        app.started = START\n        yield app\n        del app.started" in conftest
    assert "\nSTART = (1, 2)\n" in conftest


def test_a_module_that_changes_the_path_and_environment_gets_a_conftest_that_does_so_too(shop: Path) -> None:
    api_with(
        shop,
        "import pytest\n\nfrom src",
        "import os\nimport sys\n\nimport pytest\n\nos.environ['DATABASE_URL'] = 'sqlite://'\n"
        "sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', '..'))\nfrom src",
    )
    conftest = after(plan_fix(shop), CONFTEST)
    assert "\nos.environ['DATABASE_URL'] = 'sqlite://'\n" in conftest
    assert "\nsys.path.insert(0, str(Path(__file__).resolve().parents[1]))\n" in conftest
    assert "from src.app import app  # noqa: E402\n" in conftest


def test_the_same_fixtures_in_two_modules_are_moved_once(shop: Path) -> None:
    second = "backend/tests/integration/test_second_api.py"
    (shop / second).write_text((shop / API).read_text())
    plan = plan_fix(shop)
    assert [change.relative for change in plan.changes] == [CONFTEST, API, second, DATABASE]
    assert "def test_app" not in after(plan, second)
    assert after(plan, CONFTEST).count("def test_app") == 1


def test_other_fixtures_in_a_second_module_are_narrowed_where_they_are(shop: Path) -> None:
    second = "backend/tests/integration/test_second_api.py"
    (shop / second).write_text((shop / API).read_text().replace("['TESTING'] = True", "['PAGE_SIZE'] = 3"))
    text = after(plan_fix(shop), second)
    assert "@pytest.fixture\ndef test_app():\n    app.config['PAGE_SIZE'] = 3\n" in text
    assert "db.create_all()" not in text


def test_virtual_environments_and_hidden_folders_are_not_read(shop: Path) -> None:
    for folder in (".venv", "venv", "node_modules", "lib/site-packages", "build", ".cache", "mine"):
        (shop / folder).mkdir(parents=True)
        (shop / folder / "test_api.py").write_text("def create_all(: no Python\n")
    (shop / "mine" / "pyvenv.cfg").write_text("home = /usr\n")
    assert len(plan_fix(shop).changes) == 3


def test_a_fixed_project_has_nothing_to_fix(shop: Path) -> None:
    apply_fix(plan_fix(shop))
    with pytest.raises(NothingToFix, match="already"):
        plan_fix(shop)


def test_a_project_without_the_shape_gets_a_message_about_what_is_missing(shop_with: Build) -> None:
    root = shop_with({API: "def test_one():\n    pass\n"})
    with pytest.raises(NothingToFix, match="nothing registers models twice") as caught:
        plan_fix(root)
    assert "held()" in caught.value.reason


def test_an_empty_folder_is_reported(tmp_path: Path) -> None:
    with pytest.raises(NothingToFix, match=r"has a module-scoped fixture that calls the project's db\.create_all\(\)"):
        plan_fix(tmp_path)


def test_an_existing_conftest_is_never_overwritten(shop: Path) -> None:
    (shop / CONFTEST).write_text("mine = 1\n")
    with pytest.raises(NothingToFix, match=r"backend/tests/conftest\.py already exists"):
        plan_fix(shop)


def test_invalid_python_is_named_by_file_and_line(shop: Path) -> None:
    (shop / API).write_text((shop / API).read_text() + "def broken(:\n")
    line = len((shop / API).read_text().splitlines())
    with pytest.raises(FixError, match=rf"test_api_integration\.py:{line}:"):
        plan_fix(shop)


def test_a_file_that_is_not_text_is_named(shop: Path) -> None:
    (shop / API).write_bytes(b"# create_all, scope\n\n\nname = '\xff'\n")
    with pytest.raises(FixError, match=r"test_api_integration\.py:4: not utf-8"):
        plan_fix(shop)


def test_a_fixture_that_needs_a_function_of_its_module_is_refused(shop: Path) -> None:
    api_with(shop, "    app.config['TESTING'] = True\n", "    configure(app)\n")
    api_with(shop, "# ---- fixtures ----", "def configure(app):\n    app.testing = True\n\n# ---- fixtures ----")
    with pytest.raises(NothingToFix, match="uses configure of its own module"):
        plan_fix(shop)


def test_models_made_inside_a_function_are_kept_from_the_first_call(shop: Path) -> None:
    path = shop / DATABASE
    text = path.read_text()
    text = (
        text[: text.index("def load_models")]
        + ("def load_models(db):\n    class Role(db.Model):\n        id = db.Column(db.Integer)\n\n\n")
        + text[text.index("def create_tables") :].replace("load_models(*areas)", "load_models(db)")
    )
    path.write_text(text)
    changed = after(plan_fix(shop), DATABASE)
    assert "@cache  # the models are registered once\ndef load_models(db):" in changed
    assert "from functools import cache\n" in changed


def test_a_function_that_makes_models_among_other_things_is_refused(shop: Path) -> None:
    path = shop / DATABASE
    path.write_text(
        path.read_text().replace(
            "def load_models(*areas):\n",
            "def load_models(*areas):\n    class Role(db.Model):\n        pass\n",
        )
    )
    with pytest.raises(NothingToFix, match=r"load_models\(\) does other work besides defining models"):
        plan_fix(shop)
