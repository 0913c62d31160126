"""Isolation TUI's pytest plugin: states facts about a suite to whoever launched it. PYTEST_DONT_REWRITE

Loaded by ``-p pytest_isolation`` or as an installed ``pytest11`` plugin. Without an address to talk to
(:mod:`pytest_isolation.settings`) it does nothing at all. It imports the standard library and pytest alone, and works
when its folder alone is put on another environment's ``PYTHONPATH``.
"""

from .settings import Settings, read_settings

__all__ = ["Settings", "pytest_configure"]

_plugin = None


def pytest_configure(config):  # type: ignore[no-untyped-def]
    """Join the first session of this process; one that a test runs inside it (pytester) is none of ours."""
    global _plugin
    plugin, _plugin = _plugin, None
    if plugin is not None:
        plugin.join(config)


_settings = read_settings()
if _settings is not None:
    from .plugin import start
    from .unmeasured import hide

    hide()
    # At import, which for `-p` is before any conftest: the probes must stand when the project's models are defined,
    # and the socket must be open before a plugin such as pytest-socket forbids it.
    _plugin = start(_settings)
