"""The shop, a project that the conftest recipe fixes, and the bytes of all its files."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from shop_project import SHOP

API = "backend/tests/integration/test_api_integration.py"
DATABASE = "backend/src/database.py"
CONFTEST = "backend/tests/conftest.py"

Tree = dict[str, tuple[bytes, int]]


def write_files(root: Path, files: Mapping[str, str]) -> Path:
    for relative, text in files.items():
        path = root / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(textwrap.dedent(text).encode())
    return root


def tree_of(root: Path) -> Tree:
    """Every file's bytes and permission bits, Python's caches left out."""
    return {
        path.relative_to(root).as_posix(): (path.read_bytes(), path.stat().st_mode & 0o7777)
        for path in sorted(root.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(autouse=True)
def state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "state"
    monkeypatch.setenv("ISOLATION_TUI_STATE", str(folder))
    return folder


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The root of a project whose test module holds one app for all tests and registers models twice."""
    return write_files(tmp_path / "shop", SHOP)


@pytest.fixture
def shop_with(tmp_path: Path) -> Callable[[Mapping[str, str | None]], Path]:
    """The same project with some files replaced, added or (None) left out."""

    def build(files: Mapping[str, str | None]) -> Path:
        return write_files(tmp_path / "shop", {k: v for k, v in {**SHOP, **files}.items() if v is not None})

    return build


@pytest.fixture
def tree() -> Callable[[Path], Tree]:
    return tree_of
