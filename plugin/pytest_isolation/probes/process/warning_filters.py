"""``warnings.filters``, observed only without pytest's own warnings plugin, which restores them after each test."""

import warnings
from typing import Any, List

from .changes import Changes


class WarningFilters:
    """Compares the filters by identity."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._seen: List[int] = []
        self._kept: Any = []
        """The filters themselves, kept so that their ids are not reused; the interpreter makes them, not the suite."""

    def begin(self) -> None:
        self._remember()

    def observe(self) -> None:
        filters: Any = warnings.filters
        if type(filters) is not list or list(map(id, filters)) == self._seen:
            return
        before = tuple(self._seen)
        self._remember()
        detail = "%d filters, was %d" % (len(self._seen), len(before))
        self._changes.note("warnings", "warnings.filters", before, tuple(self._seen), detail)

    def _remember(self) -> None:
        filters: Any = warnings.filters
        self._kept = list(filters) if type(filters) is list else []
        self._seen = list(map(id, self._kept))
