"""The contract: the facts that a suite's process sends to its listener (:mod:`.encoding` writes the lines).

The stream is newline-delimited JSON in UTF-8. A line is an array: the worker, then one or more facts in the order in
which they happened. A fact is an array too: its kind, its moment, and the values of its fields in order::

    ["main", ["TestStarted", 1763856000123456, "test_a.py::test_b", 1, "test_a.py", 12], ...]

* The worker is ``main``, or pytest-xdist's ``gw0``, ``gw1``... Facts of the observer itself carry ``observer``.
* Moments are whole microseconds since the epoch, and never go backwards within a process. Durations are whole
  nanoseconds. (To write a float takes five times as long.)
* Nested :class:`Place` and :class:`Unit` values are arrays in field order.

The first line of a connection is the handshake (:mod:`.encoding`), which is never recorded. A reader ignores kinds that
it does not know, and values beyond the fields that it knows; a field without a value has its default, so new fields
come last. ``PROTOCOL`` grows for any other change.

A kind of fact is a plain named tuple with ``@fact`` above it, in the module of its subject: built in half a
microsecond, immutable, and the same on every version of Python. Both sides import this package, and it imports the
standard library alone. Readers take every name from here.
"""

from .database import *
from .models import *
from .observer import *
from .origin import *
from .process import *
from .registry import *
from .session import *
from .tests import *

SETTINGS_VARIABLE = "ISOLATION_TUI"
"""The one environment variable: a JSON object, see :mod:`pytest_isolation.settings`. Without it the plugin sleeps."""

OBSERVER = "observer"
"""The ``worker`` of facts that the observer states itself: the command, the output, the end of the process."""
