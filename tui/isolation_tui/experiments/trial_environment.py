"""The environment of processes that trials start."""

from __future__ import annotations

import os
from pathlib import Path

from pytest_isolation.events import SETTINGS_VARIABLE


def user_environment() -> dict[str, str]:
    """Our environment, with nothing that tells the plugin to observe."""
    env = dict(os.environ)
    env.pop(SETTINGS_VARIABLE, None)
    return env


def child_environment(inject: Path) -> dict[str, str]:
    """The user's environment with the plugin on the path; ``inject`` is the folder that holds nothing else."""
    env = user_environment()
    env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(inject), env.get("PYTHONPATH", "")]))
    return env
