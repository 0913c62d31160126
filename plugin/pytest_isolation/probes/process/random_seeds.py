"""``random`` and ``numpy.random`` that the suite has seeded, so that later numbers are the same in every run.

Drawing numbers changes the state all the time, so the state is not compared. Instead the calls are observed:
``seed(x)`` fixes the state; ``seed()`` and restoring a state end that. A ``seed`` that was imported by
``from random import seed`` before pytest started is not seen.
"""

import functools
import random
import sys
from typing import Any, Dict

from ...patches import Patch, Patches
from .changes import Changes
from .patches import NUMPY_SEED, NUMPY_SET_STATE, SEED, SETSTATE


class RandomSeeds:
    """Wraps the functions that set a generator's state, and counts the calls that fix it."""

    def __init__(self, changes: Changes, patches: Patches) -> None:
        self._changes = changes
        self._patches = patches
        self._fixed: Dict[str, int] = {}
        """Module -> number of the call that fixed it, 0 if it is not fixed."""
        self._calls = 0
        self._seen: Dict[str, int] = {}
        self._wrap(random.__name__, SEED, SETSTATE)

    def begin(self) -> None:
        self.observe()
        self._seen = dict(self._fixed)

    def observe(self) -> None:
        if "numpy.random" not in self._fixed and "numpy.random" in sys.modules:
            self._wrap("numpy.random", NUMPY_SEED, NUMPY_SET_STATE)
        if self._fixed == self._seen:
            return
        for name, now in self._fixed.items():
            before = self._seen.get(name, 0)
            if before != now:
                self._changes.note("random", name, before, now, "seeded")
        self._seen = dict(self._fixed)

    def _wrap(self, module: str, seed: Patch, setstate: Patch) -> None:
        self._fixed[module] = 0

        def seeding(original: Any) -> Any:
            @functools.wraps(original)
            def seed(*args: Any, **kwargs: Any) -> Any:
                __tracebackhide__ = True
                result = original(*args, **kwargs)
                chosen = args[0] if args else next(iter(kwargs.values()), None)
                self._calls += 1
                self._fixed[module] = 0 if chosen is None else self._calls
                return result

            return seed

        def restoring(original: Any) -> Any:
            @functools.wraps(original)
            def setstate(*args: Any, **kwargs: Any) -> Any:
                __tracebackhide__ = True
                result = original(*args, **kwargs)
                self._fixed[module] = 0
                return result

            return setstate

        if seed.fits() and setstate.fits():
            self._patches.install(seed, seeding)
            self._patches.install(setstate, restoring)
