"""The entry point for pytest: the options, and the start of the observer and the guard. PYTEST_DONT_REWRITE

Without a listener's address (:mod:`pytest_isolation.settings`) and without ``--isolation`` it does nothing. It imports
the standard library and pytest alone, and works if only its folder is on another environment's ``PYTHONPATH``.
"""

import contextlib
import os
from typing import Any

import pytest

from .startup.skip_assert_rewrite import plain_import

with plain_import():
    from .startup.collection_counts import kept

__all__ = ["Settings", "pytest_addoption", "pytest_configure", "pytest_load_initial_conftests"]

_OPTIONS = ("isolation", "isolation_baseline", "isolation_update_baseline", "isolation_kinds")
_JOINED = object()

_plugin: Any = None
_guard: Any = None
"""Set until they have joined a session."""


def pytest_addoption(parser):  # type: ignore[no-untyped-def]
    """Add four options, without importing anything for them."""
    group = parser.getgroup("isolation", "what tests leave behind (isolation-tui)")
    try:
        group.addoption(
            "--isolation",
            choices=("report", "strict"),
            help="report what tests leave behind in databases, MetaData and the process; strict: fail those that do",
        )
        group.addoption("--isolation-baseline", metavar="FILE", help="accept the leaks in FILE, fail on new ones")
        group.addoption(
            "--isolation-update-baseline", action="store_true", help="write that file: accept the leaks there are now"
        )
        group.addoption(
            "--isolation-kinds",
            metavar="KINDS",
            help="of: rows,tables,metadata,transactions,process (strict: the first 4)",
        )
    except ValueError:
        pass  # another plugin has them, or this one under another name


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config):  # type: ignore[no-untyped-def]
    """Start the guard before the project's conftest imports its models; ini files and PYTEST_ADDOPTS are read."""
    _guard_if_asked(early_config, early_config.known_args_namespace)
    outcome = yield
    if outcome.excinfo is not None and _plugin is not None:
        _plugin.conftest_failed(early_config, outcome.excinfo[1])


def _guard_if_asked(config: Any, options: Any) -> None:
    global _guard, _plugin
    if any(vars(options).get(name) for name in _OPTIONS):
        if _guard is _JOINED:
            raise pytest.UsageError("--isolation guards one session of a process, and this is another one inside it.")
        if _guard is None:
            with plain_import():
                from . import guard_hooks
                from .startup.hide_from_coverage import hide

            _plugin, _guard = guard_hooks.begin(config, options, _plugin)
            hide()


def pytest_configure(config):  # type: ignore[no-untyped-def]
    """Join the first session of this process, and no session that a test runs inside it (pytester)."""
    global _guard, _plugin
    if _guard is None:
        _guard_if_asked(config, config.option)  # `-p` in pytest-xdist's workers loads it after the conftests
    plugin, _plugin = _plugin, None
    if plugin is not None:
        plugin.join(config)
    if _guard is not None and _guard is not _JOINED:
        _guard.join(config)
        _guard = _JOINED


# The settings import the contract, which makes 2,600 objects: they must not count either.
# Therefore SETTINGS_VARIABLE is spelled out here.
with kept() if os.environ.get("ISOLATION_TUI") else contextlib.nullcontext():
    with plain_import():
        from .settings import Settings, read_settings

    _settings = read_settings()
    if _settings is not None:
        with plain_import():
            from .hooks import start
            from .startup.hide_from_coverage import hide

        hide()
        # At import, which for `-p` is before any conftest: the probes must be armed before the project defines its
        # models, and the socket must be open before a plugin such as pytest-socket forbids it.
        _plugin = start(_settings)
