"""``random`` and ``numpy.random`` seeded by the suite, and left so: what follows is the same in every run.

Numbers drawn change the state all the time and say nothing. So the calls are watched: ``seed(x)`` fixes the state,
``seed()`` and a state that is put back end that. A ``seed`` taken by ``from random import seed`` before pytest has
started would not be seen.
"""

import functools
import random
import sys
from typing import Any, Dict

from .changes import Changes


class Seeds:
    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._fixed: Dict[str, int] = {}
        """Module -> how many calls have fixed it, 0 where it is not."""
        self._calls = 0
        self._seen: Dict[str, int] = {}
        self._watch(random, "random", "setstate")

    def begin(self) -> None:
        self.look()
        self._seen = dict(self._fixed)

    def look(self) -> None:
        if "numpy.random" not in self._fixed and "numpy.random" in sys.modules:
            self._watch(sys.modules["numpy.random"], "numpy.random", "set_state")
        if self._fixed == self._seen:
            return
        for name, now in self._fixed.items():
            before = self._seen.get(name, 0)
            if before != now:
                self._changes.saw("random", name, before, now, "seeded")
        self._seen = dict(self._fixed)

    def _watch(self, module: Any, name: str, put_back: str) -> None:
        self._fixed[name] = 0
        names = vars(module)
        seed, setstate = names.get("seed"), names.get(put_back)
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
        def putting_back(*args: Any, **kwargs: Any) -> Any:
            result = setstate(*args, **kwargs)
            self._fixed[name] = 0
            return result

        module.seed = seeding
        setattr(module, put_back, putting_back)
