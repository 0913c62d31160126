"""A pytest plugin that runs chosen tests in a chosen order, for an experiment. PYTEST_DONT_REWRITE

Loaded by ``-p pytest_isolation.trials`` (or ``PYTEST_PLUGINS``) in the project's own interpreter. What to run is in a
file named by :data:`SPEC_VARIABLE`; without it the plugin does nothing. It is apart from the plugin that observes: it
imports the standard library and pytest alone.
"""

import os
from typing import Any

from .parent import die_with_parent
from .spec import SERVE, SPEC_VARIABLE, Spec, read_spec

__all__ = ["SPEC_VARIABLE", "Spec", "pytest_addoption"]

# Taken away at once: a pytest that a test starts is no part of the trial.
_file = os.environ.pop(SPEC_VARIABLE, "")
_spec: Any = read_spec(_file) if _file else None
if _spec is not None and _spec.mode != SERVE:  # a fork server sees its pipe close
    die_with_parent()
_touched: Any = None
if _spec is not None and _spec.keep:
    # Before any conftest: importing may write, too.
    from .touched_files import TouchedFiles

    _touched = TouchedFiles(_spec.root, _spec.keep, _spec.scratch)
    _touched.install()


def pytest_addoption(parser, pluginmanager):  # type: ignore[no-untyped-def]
    """Add no option: the first hook that is given the plugin manager registers the hooks of this trial."""
    global _spec
    spec, _spec = _spec, None
    if spec is not None:
        from .hooks import hooks_for

        for name, plugin in hooks_for(spec, _touched):
            pluginmanager.register(plugin, name)
