"""A guard for CI: judges what tests leave behind, within pytest's own process and without a dashboard.

The plugin states facts and never judges; where ``--isolation`` is given it loads this room by name and hands it the
facts (``pytest_isolation/guard.py``). So everything here may stand in a suite's own process: nothing heavier than the
model is loaded.
"""

from ..settings import SettingsError
from .baseline import BaselineError
from .judge import Judge
from .session import Court, open_court

MISUSES = (BaselineError, SettingsError)
"""What :func:`open_court` raises where the user asked for what cannot be."""

__all__ = ["MISUSES", "Court", "Judge", "open_court"]
