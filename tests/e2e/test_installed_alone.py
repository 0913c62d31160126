"""The built distributions, each installed into an environment with nothing beside it, as README says to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path

import pytest

import environments

REPOSITORY = Path(__file__).parents[2]
INSTALLED_WITH = ["3.11", "3.12", "3.13"]


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """The wheel and the sdist of this tree, by the end of their names."""
    folder = tmp_path_factory.mktemp("dist")
    _done([sys.executable, "-m", "build", "--outdir", str(folder), str(REPOSITORY)])
    return {"whl": next(folder.glob("*.whl")), "tar.gz": next(folder.glob("*.tar.gz"))}


def _done(command: list[str], **options: object) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return str(done.stdout)


def _installed(base: str, folder: Path, distribution: Path) -> Path:
    """The ``isolation-tui`` of a fresh environment that holds ``distribution`` and what it requires."""
    _done([base, "-m", "venv", str(folder)], env=_environment(folder))
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    _done([*pip, str(distribution)], env=_environment(folder))
    return folder / "bin" / "isolation-tui"


def _environment(state: Path) -> dict[str, str]:
    left_out = ("PYTEST", "PYTHONPATH", "ISOLATION", "COV", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return {**kept, "ISOLATION_TUI_STATE": str(state / "state")}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["whl", "tar.gz"])
@pytest.mark.parametrize("version", INSTALLED_WITH)
def test_it_runs_where_only_its_own_requirements_are(
    distributions: Mapping[str, Path], tmp_path: Path, shop: Path, version: str, kind: str
) -> None:
    base = environments.find_interpreter(version)
    if base is None:
        pytest.skip(f"needs Python {version}, which is neither on PATH nor under PYENV_ROOT")
    tool = _installed(base, tmp_path / "tool", distributions[kind])
    without_pytest = [str(tool.with_name("python")), "-c", "import importlib.util as u; print(u.find_spec('pytest'))"]
    assert _done(without_pytest).strip() == "None"
    before = {path: path.read_bytes() for path in shop.rglob("*") if path.is_file()}

    def run(*words: str) -> tuple[int, str]:
        done = subprocess.run(
            [str(tool), *words], cwd=tmp_path, env=_environment(tmp_path), capture_output=True, text=True, check=False
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout

    own = environments.USUAL.interpreter
    status, summary = run("launch", str(shop), "--headless", "--python", own, "--record", "run.ndjson")
    assert status == 1
    assert "failed" in summary
    status, document = run("replay", "run.ndjson", "--headless", "--json", "-")
    assert status == 1
    assert json.loads(document)["counts"]["failed"] > 0
    status, document = run("launch", str(shop), "--headless", "--fix", "--python", own, "--json", "-")
    compared = json.loads(document)
    assert compared["after"]["counts"]["failed"] < compared["before"]["counts"]["failed"]
    assert {path: path.read_bytes() for path in before} == before


def test_the_contract_is_read_without_pytest(tmp_path: Path) -> None:
    """Quicker than an installation: an interpreter that has nothing of the environment's site-packages."""
    venv.create(tmp_path / "bare", with_pip=False)
    plugin = Path(__import__("pytest_isolation").__file__).parents[1]
    python = str(tmp_path / "bare" / "bin" / "python")
    code = "import pytest_isolation.events as e, sys; print(len(e.KINDS) > 40, 'pytest' in sys.modules)"
    assert _done([python, "-c", code], env={**_environment(tmp_path), "PYTHONPATH": str(plugin)}) == "True False\n"
