"""Which interpreter runs the suite: --python, the project's own environment, the activated one, ours."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from isolation_tui.launch import find_project
from isolation_tui.launch.project import describe_interpreter


def environment(folder: Path) -> str:
    """Create an environment whose interpreter is a script that starts this one; its path."""
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return str(python)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the project ``services/shop`` in it; nothing is activated."""
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    root = tmp_path / "repository"
    (root / ".git").mkdir(parents=True)
    (root / "services" / "shop" / "tests").mkdir(parents=True)
    (root / "services" / "shop" / "pyproject.toml").touch()
    return root


@pytest.fixture
def shop(repository: Path) -> Path:
    return repository / "services" / "shop"


@pytest.fixture
def activated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An environment elsewhere is activated; its interpreter."""
    python = environment(tmp_path / "activated")
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "activated"))
    return python


@pytest.mark.parametrize("name", [".venv", "venv"])
def test_the_own_environment_of_a_project_wins_over_the_activated_one(shop: Path, activated: str, name: str) -> None:
    own = environment(shop / name)
    assert find_project(str(shop)).python == own
    assert find_project(str(shop / "tests")).python == own


def test_python_given_by_the_user_wins_over_everything(shop: Path, activated: str, tmp_path: Path) -> None:
    environment(shop / ".venv")
    given = environment(tmp_path / "given")
    assert find_project(str(shop), python=given).python == given


def test_in_a_monorepo_the_nearest_environment_wins_up_to_the_root_of_the_repository(
    repository: Path, shop: Path, activated: str
) -> None:
    shared = environment(repository / ".venv")
    assert find_project(str(shop)).python == shared
    own = environment(shop / ".venv")
    assert find_project(str(shop)).python == own


def test_a_project_without_an_environment_uses_the_activated_one(shop: Path, activated: str) -> None:
    assert find_project(str(shop)).python == activated


def test_an_environment_above_the_repository_loses_to_the_activated_one(
    repository: Path, shop: Path, activated: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    above = environment(repository.parent / ".venv")
    assert find_project(str(shop)).python == activated
    monkeypatch.delenv("VIRTUAL_ENV")
    assert find_project(str(shop)).python == above


def test_outside_a_repository_the_search_ends_at_the_configuration_of_the_project(
    tmp_path: Path, activated: str
) -> None:
    tests = tmp_path / "home" / "shop" / "tests"
    tests.mkdir(parents=True)
    (tests.parent / "setup.cfg").touch()
    environment(tmp_path / "home" / ".venv")
    assert find_project(str(tests)).python == activated
    own = environment(tests.parent / ".venv")
    assert find_project(str(tests)).python == own


def test_the_user_is_informed_where_the_activated_environment_is_not_used(
    shop: Path, activated: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert describe_interpreter(find_project(str(shop))) == ""
    own = environment(shop / ".venv")
    sentence = describe_interpreter(find_project(str(shop)))
    assert own in sentence
    assert "--python" in sentence
    assert describe_interpreter(find_project(str(shop), python=activated)) == ""
    assert describe_interpreter(find_project(str(shop), python=own), own) == ""
    (shop.parent / "link").symlink_to(shop, target_is_directory=True)
    monkeypatch.setenv("VIRTUAL_ENV", str(shop.parent / "link" / ".venv"))
    assert describe_interpreter(find_project(str(shop))) == ""
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)  # ours: no user expects the suite to run in it
    assert describe_interpreter(find_project(str(shop))) == ""
