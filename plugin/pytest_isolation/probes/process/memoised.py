"""How many results a memoised function (``functools.lru_cache``, ``functools.cache``) holds."""

import weakref
from typing import Any, List

from .changes import Changes
from .fingerprints import CacheWrapper, name_of_cache

_info = CacheWrapper.cache_info if hasattr(CacheWrapper, "cache_info") else None


class Memoised:
    """One memoised function, held weakly. Its fingerprint is its size and how often it was emptied, 0 if empty.

    A function that is emptied and filled again counts its misses from 0 again: it is charged to the unit that filled it
    last. Misses without growth are calls that raised, and add nothing.
    """

    __slots__ = ("_misses", "_reference", "_seen", "_times", "module", "name")

    def __init__(self, wrapper: Any) -> None:
        self._reference = weakref.ref(wrapper)
        self.module, name = name_of_cache(wrapper)
        self.name = "%s.%s" % (self.module, name)
        self._times = 0
        _, self._misses, _, self._seen = _info(wrapper) if _info is not None else (0, 0, None, 0)

    @property
    def alive(self) -> bool:
        return self._reference() is not None

    def is_of(self, wrapper: Any) -> bool:
        return self._reference() is wrapper

    def observe(self, changes: Changes, among: "List[str]") -> None:
        wrapper = self._reference()
        if wrapper is None or _info is None:
            return
        _, misses, most, size = _info(wrapper)
        if misses == self._misses and size == self._seen:
            return
        before = self._fingerprint(self._seen)
        was, self._seen = self._seen, size
        emptied, self._misses = misses < self._misses, misses
        if emptied or (size == was and size == most):
            self._times += 1
        now = self._fingerprint(size)
        if now != before:
            changes.note("cache", self.name, before, now, "holds %d, was %d" % (size, was), among, True)

    def _fingerprint(self, size: int) -> Any:
        return (size, self._times) if size else 0
