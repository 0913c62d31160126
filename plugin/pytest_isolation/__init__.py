"""Isolation TUI's pytest plugin and the contract of its facts. PYTEST_DONT_REWRITE

``-p pytest_isolation`` and the installed ``pytest11`` entry point load this module; pytest then loads
:mod:`pytest_isolation.plugin`, which holds the hooks. Nothing is imported here: the dashboard reads the contract
(:mod:`pytest_isolation.events`) from an environment that may have no pytest.
"""

pytest_plugins = ["pytest_isolation.plugin"]
