"""The guard for CI: finds leaks within pytest's own process, without a dashboard.

With ``--isolation``, the plugin loads this package by name and hands it the facts
(``pytest_isolation/guard_hooks.py``). Everything here runs in the suite's process, so it imports nothing heavier than
the model.
"""

from ..settings import SettingsError
from .baseline import BaselineError
from .judge import Judge
from .session import GuardSession, open_session

MISUSES = (BaselineError, SettingsError)
"""What :func:`open_session` raises for wrong options or settings."""

__all__ = ["MISUSES", "GuardSession", "Judge", "open_session"]
