"""Whether trials begin with the same databases on servers, which only a command of the user can restore.

A suite may bring its database to a known state itself, in a fixture. So where the rows differ when a trial begins, they
are compared once more when the fixtures of its first test are set up, with another trial that began with this test.
"""

from __future__ import annotations

from enum import Enum

Counts = dict[str, dict[str, int]]
"""URL of a database, with its password -> table -> rows."""


class Start(Enum):
    """How a trial began."""

    EQUAL = "equal"
    UNEQUAL = "unequal"
    UNKNOWN = "unknown"
    """Other rows than the first one, and no other trial began with the same test."""


class ServerStarts:
    """What the trials of one prober began with."""

    def __init__(self) -> None:
        self._begun: Counts = {}
        self._at_call: dict[str, Counts] = {}
        self._resets_itself = False
        self.difference = ""
        """Of the last trial that did not begin as the first one, for people."""

    @property
    def urls(self) -> tuple[str, ...]:
        """The databases that trials are known to use."""
        return tuple(self._begun)

    def can_compare(self, test: str) -> bool:
        """Whether a trial began with this test before."""
        return test in self._at_call

    def learn_used(self, urls: list[str]) -> None:
        """A trial sent statements to these."""
        for url in urls:
            self._begun.setdefault(url, {})

    def compare(self, first: str, begun: Counts, at_call: Counts) -> Start:
        """How a trial began whose first test is ``first``."""
        difference = _difference(self._begun, begun)
        for url, counts in begun.items():
            self._begun[url] = self._begun.get(url) or counts
        if difference:
            self.difference = difference
            before = self._at_call.get(first)
            if before is not None and at_call:
                self._resets_itself = not _difference(before, at_call)
                return Start.EQUAL if self._resets_itself else Start.UNEQUAL
            if not self._resets_itself:
                return Start.UNKNOWN
        if at_call:
            self._at_call.setdefault(first, at_call)
        return Start.EQUAL


def _difference(before: Counts, now: Counts) -> str:
    for url in before:
        if before[url] and url in now:
            for table in sorted({*before[url], *now[url]}):
                if difference := _of_table(table, before[url].get(table), now[url].get(table)):
                    return f"in the database {_without_secrets(url)} {difference}"
    return ""


def _of_table(table: str, before: int | None, now: int | None) -> str:
    if now == before:
        return ""
    if now is None:
        return f"table {table} is gone"
    if before is None:
        return f"table {table} is new"
    return f"table {table} has {now} row{'s' if now != 1 else ''}, had {before}"


def _without_secrets(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    return scheme + separator + rest.rpartition("@")[2].partition("?")[0]
