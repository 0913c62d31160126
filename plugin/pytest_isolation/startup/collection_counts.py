"""Keep the garbage collector's counts, so that it collects at the same points of the suite as without the plugin.

The collector counts objects that are made and kept. Importing the plugin makes some thousands of them, which would let
every later collection come earlier, and with it what a suite does when an object in a reference cycle is freed: close a
connection that holds a lock, for instance.
"""

import contextlib
import gc
import sys
from typing import Any, Iterator, List

_ballast: List[Any] = []
"""Objects that are kept only to be counted."""


@contextlib.contextmanager
def kept() -> Iterator[None]:
    """Restore the counts when the context ends; no collection happens within.

    Collecting sets a generation's count to 0 and adds 1 to that of the next one. So the counts are rebuilt from the
    oldest to the youngest, and the youngest one by new objects.
    """
    if not gc.isenabled() or sys.implementation.name != "cpython":
        yield
        return
    youngest, middle, oldest = gc.get_count()
    gc.disable()
    try:
        yield
        gc.collect(2)
        for _ in range(oldest):
            gc.collect(1)
        for _ in range(middle):
            gc.collect(0)
        _ballast.extend([] for _ in range(youngest - gc.get_count()[0]))
    finally:
        gc.enable()
