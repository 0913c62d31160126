"""The private folder that trials are run from, and the environment of their processes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest_isolation.trials.spec as trial_spec
from pytest_isolation.events import SETTINGS_VARIABLE


def plugin_folder(folder: Path) -> Path:
    """A folder with the plugin's package and nothing else: beside it in our own environment are packages that would
    shadow the project's."""
    package = Path(trial_spec.__file__).parents[1]
    inject = folder / "inject"
    inject.mkdir()
    try:
        (inject / "pytest_isolation").symlink_to(package, target_is_directory=True)
    except OSError:
        shutil.copytree(package, inject / "pytest_isolation", ignore=shutil.ignore_patterns("__pycache__"))
    return inject


def user_environment() -> dict[str, str]:
    """Our environment, with nothing that tells the plugin to observe."""
    env = dict(os.environ)
    env.pop(SETTINGS_VARIABLE, None)
    return env


def child_environment(inject: Path) -> dict[str, str]:
    """The user's environment with the plugin on the path."""
    env = user_environment()
    env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(inject), env.get("PYTHONPATH", "")]))
    return env
