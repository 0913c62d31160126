"""Rows that others left, and the failing tests that read them: what the classes of such rows have in common."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ..model import AuthorShare, Leak, ResidueRead, Run, Test, came_of, leaks_of_rows
from ..model.authors import author_test
from . import blame
from .exceptions import failed_at
from .finding import Evidence, Finding

OTHERS_NAMED = 3
"""How many further authors a finding names."""

_READING = {
    "clash": "was refused a row with the same key there",
    "scan": "read whatever stood there",
    "key": "looked up a row there that it had not inserted",
    "match": "looked up rows there",
}


@dataclass(frozen=True, slots=True)
class Victim:
    """A failing test, where it met rows that its failure may come of, and whose they are."""

    test: Test
    met: ResidueRead
    share: AuthorShare

    @property
    def location(self) -> str:
        return f"{self.met.read.database}.{self.met.read.table}"


def victims(run: Run, unexplained: Sequence[Test], ways: Collection[str]) -> list[list[Victim]]:
    """Grouped by author, those charged with rows that escaped in one of these ways ('' for rows that did not)."""
    groups: dict[str, list[Victim]] = {}
    for test in unexplained:
        victim = _victim(run, test)
        if victim is not None and victim.share.way in ways:
            groups.setdefault(victim.share.author, []).append(victim)
    return list(groups.values())


def _victim(run: Run, test: Test) -> Victim | None:
    """Where rows of several authors stand, the first of them is charged; but a fixture that was refused a row where
    rows of its own earlier lives stand has met those."""
    mets = [met for met in test.residue_met.values() if met.shares and came_of(test, met)]
    if not mets:
        return None
    met = min(mets, key=lambda met: (met.read.how != "clash", met.since))
    share = met.shares[0]
    if met.read.how == "clash":
        itself = blame.culprit(run, test.worker, met.read.unit)
        share = next((share for share in met.shares if share.author == itself), share)
    return Victim(test, met, share)


def finding(run: Run, kind: str, code: str, title: str, remedy: str, group: Sequence[Victim]) -> Finding:
    """One author with all its victims. ``{author}`` and ``{tables}`` in title and remedy are filled in."""
    first = group[0]
    author = first.share.author
    left_by = author_test(run, author, first.location, first.test)
    tables = tuple(dict.fromkeys(victim.met.read.table for victim in group))
    words = {"author": blame.short(author), "tables": blame.names(tables)}
    failure = first.test.failure
    read = first.met.read
    evidence = [
        Evidence(
            f"{rows(first.share.rows)} of {author} stood in {read.table} when {blame.short(first.test.nodeid)} came",
            first.share.place,
            left_by.nodeid if left_by is not None else "",
        ),
        Evidence(f"{blame.short(first.test.nodeid)} {_READING[read.how]}", read.place, first.test.nodeid),
    ]
    if failure is not None:
        evidence.append(Evidence(failure.message.partition("\n")[0], failed_at(run, failure), first.test.nodeid))
    others = dict.fromkeys(share for victim in group for share in victim.met.shares if share.author != author)
    named = {share.author: share for share in reversed(others)}
    for share in list(reversed(named.values()))[:OTHERS_NAMED]:
        evidence.append(Evidence(f"rows of {share.author} stood there too", share.place))
    return Finding(
        kind=kind,
        title=title.format(**words),
        tests=tuple(victim.test.nodeid for victim in group),
        evidence=tuple(evidence),
        remedy=remedy.format(**words),
        culprit=author,
        command=blame.command(run, left_by.nodeid if left_by is not None else "", first.test.nodeid),
        tables=tables,
        code=code,
        locations=tuple(dict.fromkeys(victim.location for victim in group)),
    )


def harmless(run: Run, kind: str, code: str, title: str, remedy: str, ways: Collection[str]) -> list[Finding]:
    """Rows that later tests read although none of them failed by it: one finding for each author."""
    groups: dict[str, list[Leak]] = {}
    for leak in leaks_of_rows(run, ways):
        if leak.readers and not leak.maybe and not leak.victims:
            groups.setdefault(leak.author, []).append(leak)
    return [_harmless(run, kind, code, title, remedy, author, group) for author, group in groups.items()]


def _harmless(run: Run, kind: str, code: str, title: str, remedy: str, author: str, group: list[Leak]) -> Finding:
    readers = {test.nodeid: test for leak in group for test in leak.readers}
    tables = tuple(leak.table for leak in group)
    words = {"author": blame.short(author), "tables": blame.names(tables)}
    first = next(iter(readers.values()))
    left_by = author_test(run, author, group[0].location, first)
    return Finding(
        kind=kind,
        title=title.format(**words),
        tests=tuple(sorted(readers, key=lambda nodeid: readers[nodeid].started)),
        evidence=tuple(
            Evidence(
                f"{author} left {rows(leak.amount)} in {leak.location}, which {len(leak.readers)} later tests read",
                leak.place,
                leak.readers[0].nodeid,
            )
            for leak in group
        ),
        remedy=remedy.format(**words),
        culprit=author,
        command=blame.command(run, left_by.nodeid if left_by is not None else "", first.nodeid),
        tables=tables,
        code=code,
        locations=tuple(leak.location for leak in group),
        harmless=True,
    )


def rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number} rows"
