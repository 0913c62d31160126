"""``random`` and ``numpy.random`` that the suite has seeded, so that later numbers are the same in every run.

Drawing numbers changes the state all the time, so the state is not compared. Instead the calls are observed:
``seed(x)`` fixes the state; ``seed()`` and restoring a state end that. A ``seed`` that was imported by
``from random import seed`` before pytest started is not seen.
"""

import functools
import random
import sys
from typing import Any, Dict

from .changes import Changes


class RandomSeeds:
    """Wraps the functions that set a generator's state, and counts the calls that fix it."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._fixed: Dict[str, int] = {}
        """Module -> number of the call that fixed it, 0 if it is not fixed."""
        self._calls = 0
        self._seen: Dict[str, int] = {}
        self._wrap(random, "random", "setstate")

    def begin(self) -> None:
        self.observe()
        self._seen = dict(self._fixed)

    def observe(self) -> None:
        if "numpy.random" not in self._fixed and "numpy.random" in sys.modules:
            self._wrap(sys.modules["numpy.random"], "numpy.random", "set_state")
        if self._fixed == self._seen:
            return
        for name, now in self._fixed.items():
            before = self._seen.get(name, 0)
            if before != now:
                self._changes.note("random", name, before, now, "seeded")
        self._seen = dict(self._fixed)

    def _wrap(self, module: Any, name: str, setstate_name: str) -> None:
        self._fixed[name] = 0
        names = vars(module)
        seed, setstate = names.get("seed"), names.get(setstate_name)
        if not callable(seed) or not callable(setstate):
            return

        @functools.wraps(seed)
        def seeding(*args: Any, **kwargs: Any) -> Any:
            result = seed(*args, **kwargs)
            chosen = args[0] if args else next(iter(kwargs.values()), None)
            self._calls += 1
            self._fixed[name] = 0 if chosen is None else self._calls
            return result

        @functools.wraps(setstate)
        def restoring(*args: Any, **kwargs: Any) -> Any:
            result = setstate(*args, **kwargs)
            self._fixed[name] = 0
            return result

        module.seed = seeding
        setattr(module, setstate_name, restoring)
