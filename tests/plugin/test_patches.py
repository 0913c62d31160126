"""The register of patches is complete: nothing of another library is replaced that it does not name."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

import environments
import patches_table
from observing import clean_environment, observe, write
from pytest_isolation.probes.database import patches as database

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "plugin"
DATABASE = PLUGIN / "pytest_isolation" / "probes" / "database"

SNAPSHOTS = """
    import importlib, json, pkgutil, sys
    sys.path.insert(0, PLUGIN)
    import os, random, pytest, sqlalchemy, sqlalchemy.orm
    from sqlalchemy.dialects import sqlite, postgresql, mysql, oracle
    for optional in ("flask.app", "numpy.random"):
        try:
            importlib.import_module(optional)
        except ImportError:
            pass

    OTHERS = ("sqlalchemy", "flask", "werkzeug", "numpy", "_pytest", "pytest", "pluggy", "os", "random")

    def owners():
        for name, module in sorted(sys.modules.items()):
            if name.partition(".")[0] in OTHERS:
                yield module
                for thing in list(vars(module).values()):
                    if isinstance(thing, type) and thing.__module__.partition(".")[0] in OTHERS:
                        yield thing

    def snapshot():
        return {id(owner): (owner, dict(vars(owner))) for owner in owners()}

    def differences(before, now):
        found = set()
        for key, (owner, held) in before.items():
            for name in {**held, **now[key][1]}:
                if held.get(name, None) is not now[key][1].get(name, None):
                    module = owner.__module__ + "." if isinstance(owner, type) else ""
                    found.add(module + owner.__name__ + "." + name)
        return sorted(found)

    class Sink:
        offset, clock = 0.0, staticmethod(lambda: 0.0)
        def emit(self, *given): pass
        now = emit_always = yield_to_sender = encode_pending = flush_now = close = emit

    from pytest_isolation.hooks import observe
    from pytest_isolation.recorder import Recorder
    from pytest_isolation.settings import Settings

    before = snapshot()
    recorder = Recorder(Sink())
    plugin = observe(recorder, Settings("", "", "main", off=OFF))
    plugin.process.test_boundary()
    armed = snapshot()
    installed = [[owner.__name__, name] for owner, name in recorder.patches.names()]
    recorder.patches.undo()
    after = snapshot()
    engine = sqlalchemy.create_engine("sqlite://", echo=False)
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("SELECT 1"))
    print(json.dumps({
        "armed": differences(before, armed),
        "undone": differences(before, after),
        "installed": installed,
        "meta_path": [type(finder).__module__ for finder in sys.meta_path if "isolation" in type(finder).__module__],
    }))
    """


def snapshots(python: str, folder: Path, *off: str) -> dict[str, list[str]]:
    script = f"PLUGIN, OFF = {str(PLUGIN)!r}, {off!r}\n" + textwrap.dedent(SNAPSHOTS)
    command = [python, "-c", script]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=clean_environment(), check=False)
    assert ended.returncode == 0, ended.stderr
    found: dict[str, list[str]] = json.loads(ended.stdout)
    return found


EVENTS_OF_SQLALCHEMY = re.compile(r"^sqlalchemy\..*\.(_has_events|dispatch|_sa_event_.*)$")
"""What SQLAlchemy itself notes of a listener, and what it forgets only with it."""

ALSO_OF_THEM = ("post_exec", "__new__")
"""Replaced on subclasses of what the register names, and left as a plain function."""


def names_of_attributes(found: list[str]) -> set[str]:
    return {name.rpartition(".")[2] for name in found if not EVENTS_OF_SQLALCHEMY.match(name)}


@pytest.mark.slow
@pytest.mark.parametrize("environment", environments.GENERATIONS, ids=lambda environment: environment.name)
def test_nothing_is_replaced_but_what_the_register_names_and_all_is_restored(
    environment: environments.Environment, tmp_path: Path
) -> None:
    found = snapshots(environment.interpreter, tmp_path)
    registered = {patch.target for patch in patches_table.all_patches()}
    stray = [
        name
        for name in found["armed"]
        if name not in registered and not EVENTS_OF_SQLALCHEMY.match(name) and not name.endswith(".post_exec")
    ]
    assert stray == []
    assert "os.putenv" in found["armed"]
    assert "sqlalchemy.sql.schema.MetaData.clear" in found["armed"]
    assert names_of_attributes(found["undone"]) <= {"__new__"}


NO_NAMES_OF_SQLALCHEMY = {"_getframe", "_replace", "_id"}
"""Python's own, and the end of a column's name."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "environment", [environments.OLD, environments.NEWEST], ids=lambda environment: environment.name
)
def test_safe_mode_replaces_nothing(environment: environments.Environment, tmp_path: Path) -> None:
    found = snapshots(environment.interpreter, tmp_path, "patches")
    assert found["installed"] == []
    assert names_of_attributes(found["armed"]) == set()


@pytest.mark.slow
def test_safe_mode_is_asked_for_by_the_environment_too(tmp_path: Path) -> None:
    root = write(tmp_path, {"test_it.py": "import sqlalchemy\ndef test_it(): pass\n"})
    asked, not_asked = (observe(root, env={"ISOLATION_TUI_SAFE": value}) for value in ("1", "0"))
    assert any(limit.startswith("safe mode") for limit in asked.run.limits)
    assert not_asked.run.limits == []


def private_names(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Private names that a module reads from an object or names in a text, with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and re.fullmatch(r"_[a-zA-Z]\w*", node.attr):
            yield node.attr, node.lineno
        elif isinstance(node, ast.Constant) and re.fullmatch(r"_[a-zA-Z]\w*", str(node.value)):
            yield str(node.value), node.lineno


def own_names(tree: ast.AST) -> Iterator[str]:
    """Names that a module defines, also as attributes of ``self``."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            if isinstance(node.value, ast.Name) and node.value.id == "self":
                yield node.attr
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def test_private_names_of_sqlalchemy_are_in_the_register_and_in_drivers_only() -> None:
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in PLUGIN.rglob("*.py")}
    own = {name for tree in trees.values() for name in own_names(tree)}
    watched = [*DATABASE.glob("*.py"), DATABASE.parent / "fixture_values.py"]
    found = [
        f"{path.name}:{line}: {name}"
        for path in watched
        if path.name not in ("patches.py", "drivers.py")
        for name, line in private_names(trees[path])
        if name not in own | NO_NAMES_OF_SQLALCHEMY
    ]
    assert found == []


def test_every_patch_says_what_it_is_for_in_a_sentence_and_is_named_once() -> None:
    patches = patches_table.all_patches()
    for patch in patches:
        assert re.fullmatch(r"[A-Z][^\n]+\.", patch.why), patch
    assert len({(patch.target, patch.why) for patch in patches}) == len(patches)


def test_readme_lists_the_register() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert patches_table.in_readme(readme) == patches_table.table(), "run: python tests/patches_table.py"


@pytest.mark.slow
def test_the_engine_of_the_newest_sqlalchemy_is_known() -> None:
    """Else its events are listened to, which costs the suite more."""
    import sqlalchemy

    context = sqlalchemy.engine.default.DefaultExecutionContext
    assert database.engine_fits(sqlalchemy.engine.base.Connection, context)
