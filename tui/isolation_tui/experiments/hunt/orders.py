"""Orders to try: shuffled so that many different neighbours meet, and which pairs of tests they bring together."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from .question import HuntQuestion, LeftBehind

SEEN_TO_BE_READ = 100.0
"""What is added to the weight of state that the test in question was seen to read."""


MOST_AT_A_PLACE = 20_000
"""Pairs of author and reader at one place. Where all of 5,000 tests write to a table and read it, there are 25 million,
and they hardly differ."""


class Pair(NamedTuple):
    """A test that leaves something at a place, and one that reads there."""

    author: str
    reader: str
    place: str


class Pairs:
    """The pairs of author and reader in a question, and which of them trials have brought together."""

    def __init__(self, question: HuntQuestion) -> None:
        self._reads = question.reads or {}
        self._cleans = {nodeid: frozenset(places) for nodeid, places in (question.cleans or {}).items()}
        self._left = sorted(question.left, key=lambda left: -left.weight)
        self._leaves: dict[str, list[str]] = {}
        readers: dict[str, list[str]] = {}
        for test in question.tests:
            for place in self._reads.get(test.nodeid, ()):
                readers.setdefault(place, []).append(test.nodeid)
        authors: dict[str, list[LeftBehind]] = {}
        for left in self._left:
            authors.setdefault(left.place, []).append(left)
        self.left_out = 0
        """Pairs that are not even counted: too many tests leave something at the same place."""
        self._open: dict[Pair, float] = {}
        for place, readers_there in readers.items():
            chosen = _spread(authors.get(place, ()), max(MOST_AT_A_PLACE // len(readers_there), 1))
            self.left_out += (len(authors.get(place, ())) - len(chosen)) * len(readers_there)
            for left in chosen:
                self._leaves.setdefault(left.nodeid, []).append(place)
                for reader in readers_there:
                    if reader != left.nodeid:
                        self._open.setdefault(Pair(left.nodeid, reader, place), left.weight)
        self.total = len(self._open)
        self._met: Counter[tuple[str, str]] = Counter()

    @property
    def tried(self) -> int:
        """How many pairs were brought together."""
        return self.total - len(self._open)

    @property
    def open(self) -> list[Pair]:
        """The pairs that were not."""
        return list(self._open)

    def cover(self, order: Iterable[str]) -> None:
        """Note that the tests ran in this order: each reader has met the authors before it, unless a test in between
        cleaned up there."""
        present: dict[str, list[str]] = {}
        for nodeid in order:
            for place in self._reads.get(nodeid, ()):
                for author in present.get(place, ()):
                    if self._open.pop(Pair(author, nodeid, place), None) is not None:
                        self._met[nodeid, place] += 1
            for place in self._cleans.get(nodeid, ()):
                present.pop(place, None)
            for place in self._leaves.get(nodeid, ()):
                present.setdefault(place, []).append(nodeid)

    def authors_first(self, order: Sequence[str]) -> list[str]:
        """The order with those that leave anything in front, and those that clean up at the end: it brings together
        all pairs at once, except those among the authors or the cleaners themselves."""
        authors = {left.nodeid for left in self._left}
        return sorted(order, key=lambda nodeid: 2 if nodeid in self._cleans else 0 if nodeid in authors else 1)

    def fans(self) -> Iterator[tuple[str, ...]]:
        """Short orders that bring the open pairs together: an author, then its readers. Readers that leave something
        themselves, or clean up, get an order of their own. First those that have met no author at the place yet."""
        ranked = sorted(self._open, key=lambda pair: (self._met[pair.reader, pair.place], -self._open[pair]))
        groups: dict[str, list[str]] = {}
        for pair in ranked:
            groups.setdefault(pair.author, []).append(pair.reader)
        for author, readers in groups.items():
            distinct = [*dict.fromkeys(readers)]
            together = [reader for reader in distinct if self._neutral(reader)]
            if together:
                yield (author, *together)
            for reader in distinct:
                if not self._neutral(reader):
                    yield (author, reader)

    def left_for(self, reader: str) -> Iterator[tuple[LeftBehind, float]]:
        """What others left that the test read in the observed run, or that it may read, with the weight of that."""
        places = self._reads.get(reader, ())
        for left in self._left:
            if left.nodeid == reader:
                continue
            if left.place in places:
                yield left, left.weight + SEEN_TO_BE_READ
            elif not left.place.startswith("rows "):  # reads of tables are observed, those of the process are not
                yield left, left.weight

    def _neutral(self, nodeid: str) -> bool:
        return nodeid not in self._leaves and nodeid not in self._cleans


def _spread(authors: Sequence[LeftBehind], most: int) -> Sequence[LeftBehind]:
    """At most so many of them, from all over the suite."""
    if len(authors) <= most:
        return authors
    return [authors[number * len(authors) // most] for number in range(most)]


def shuffled(items: Sequence[str], seed: int) -> list[str]:
    """The items in an order that the seed decides on, the same with every version of Python."""

    def number(item: str) -> bytes:
        return hashlib.sha256(f"{seed} {item}".encode("utf-8", "surrogatepass")).digest()

    return sorted(items, key=number)


def tuscan_orders(items: Sequence[str], seed: int) -> Iterator[list[str]]:
    """Orders in which each two items are neighbours in each direction once, the labels shuffled.

    They are the rows of a row-complete Latin square. That exists for an even number of items; of an odd number one
    place stays empty, so that a few neighbours meet more than once.
    """
    labels: list[str | None] = [*shuffled(items, seed)]
    if len(labels) % 2:
        labels.append(None)
    count = len(labels)
    zigzag = [(number + 1) // 2 if number % 2 else -(number // 2) for number in range(count)]
    for row in shuffled([str(row) for row in range(count)], seed):
        picked = (labels[(step + int(row)) % count] for step in zigzag)
        yield [label for label in picked if label is not None]
