"""Isolation TUI: see which fixture, table or row leaks between pytest + SQLAlchemy tests."""

import sys

__version__ = "0.1.0"

# The distribution installs on Python 3.9 because the plugin runs there; without this, a SyntaxError would be shown.
if sys.version_info < (3, 11):  # noqa: UP036
    raise SystemExit(
        "isolation-tui: the dashboard needs Python 3.11 or newer. Install it in an environment of its own "
        "and point it here with: --python " + sys.executable
    )
