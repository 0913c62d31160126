"""``warnings.filters``. Where pytest's own warnings plugin is on, each test has a copy that is thrown away, and nothing
can be left behind: then nobody looks."""

import warnings
from typing import Any, List

from .changes import Changes


class WarningFilters:
    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._seen: List[int] = []
        self._kept: Any = []
        """The filters that are known: pieces of the interpreter's own making, kept so that their ids stay theirs."""

    def begin(self) -> None:
        self._remember()

    def look(self) -> None:
        filters: Any = warnings.filters
        if type(filters) is not list or list(map(id, filters)) == self._seen:
            return
        before = tuple(self._seen)
        self._remember()
        detail = "%d filters, was %d" % (len(self._seen), len(before))
        self._changes.saw("warnings", "warnings.filters", before, tuple(self._seen), detail)

    def _remember(self) -> None:
        filters: Any = warnings.filters
        self._kept = list(filters) if type(filters) is list else []
        self._seen = list(map(id, self._kept))
