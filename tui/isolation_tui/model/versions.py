"""Versions of a mapping that grows during a run: what each test found costs one small object, not a copy.

A suite in which every test leaves a table would otherwise keep one copy of all names for each test.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
T = TypeVar("T")  # what the contents are frozen to

SMALL = 64
"""Up to so many entries a version is a copy."""
RECENT_KEPT = 16
"""Of how many larger versions the contents are kept once they were asked for."""


class _Log(Generic[K, V]):
    """What happened to each key, by version. Keys are in the order in which they came."""

    __slots__ = ("records", "version")

    def __init__(self, contents: dict[K, V]) -> None:
        self.version = 0
        self.records: dict[K, list[tuple[int, V | None]]] = {key: [(0, value)] for key, value in contents.items()}

    def record(self, key: K, value: V | None) -> None:
        """Record that the key has that value from this version on; None if it is gone."""
        records = self.records.setdefault(key, [])
        if records and records[-1][0] == self.version:
            records[-1] = (self.version, value)
        else:
            records.append((self.version, value))

    def at(self, version: int) -> Iterator[tuple[K, V]]:
        """The keys of that version, and their values."""
        for key, records in self.records.items():
            if records[0][0] > version:
                return
            value = _value(records, version)
            if value is not None:
                yield key, value

    def get(self, key: K, version: int) -> V | None:
        return _value(self.records.get(key, []), version)


def _value(records: list[tuple[int, V | None]], version: int) -> V | None:
    number = bisect_right(records, version, key=_version)
    return records[number - 1][1] if number else None


def _version(record: tuple[int, object]) -> int:
    return record[0]


class Version(Generic[K, V, T]):
    """The contents at one moment. Those of a large mapping are put together when they are asked for."""

    __slots__ = ("_contents", "_entries", "_freeze", "_log", "_number", "_recent")

    def __init__(self, of: Versioned[K, V, T], log: _Log[K, V] | None) -> None:
        self._freeze = of.freeze
        self._recent = of.recent
        self._log = log
        self._number = log.version if log is not None else 0
        self._entries = dict(of.current) if log is None else {}
        self._contents: T | None = None

    @property
    def contents(self) -> T:
        """All of it; do not change it."""
        if self._contents is None:
            entries = self._entries.items() if self._log is None else self._log.at(self._number)
            self._contents = self._freeze(entries)
            if self._log is not None:
                self._recent.append(self)
                if len(self._recent) > RECENT_KEPT:
                    self._recent.pop(0)._contents = None
        return self._contents

    def get(self, key: K) -> V | None:
        """One value, without the others; None if the key is not there."""
        return self._entries.get(key) if self._log is None else self._log.get(key, self._number)


class Versioned(Generic[K, V, T]):
    """A mapping that hands out versions of itself. ``freeze`` makes the contents of a version from its entries."""

    __slots__ = ("_latest", "_log", "current", "freeze", "recent")

    def __init__(self, freeze: Callable[[Iterable[tuple[K, V]]], T]) -> None:
        self.current: dict[K, V] = {}
        self.freeze = freeze
        self.recent: list[Version[K, V, T]] = []
        """Large versions that were asked for last."""
        self._latest: Version[K, V, T] | None = None
        self._log: _Log[K, V] | None = None
        """None while the mapping is small."""

    def set(self, key: K, value: V) -> None:
        self.current[key] = value
        self._changed(key, value)

    def remove(self, key: K) -> None:
        """Remove the key, if it is there."""
        if self.current.pop(key, None) is not None:
            self._changed(key, None)

    def _changed(self, key: K, value: V | None) -> None:
        self._latest = None
        log, size = self._log, len(self.current)
        if size <= SMALL:
            self._log = None
        elif log is None or len(log.records) > 2 * size + SMALL:  # most keys of the log are gone
            self._log = _Log(self.current)
        else:
            log.record(key, value)

    @property
    def latest(self) -> Version[K, V, T]:
        """The version of this moment: the same object until something changes."""
        if self._latest is None:
            self._latest = Version(self, self._log)
            if self._log is not None:
                self._log.version += 1
        return self._latest
