"""Leftover rows and the failing tests that read them: four classes, which differ in how the rows were committed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..model import Author, AuthorShare, Leak, ResidueRead, Run, Test, author_of, came_of, full_label, leaks_of_rows
from ..model.authors import author_test
from ..text.wording import number
from . import blame
from .exceptions import failed_at
from .finding import Evidence, Finding
from .victims_by_cause import VictimsByCause

OTHERS_NAMED = 3
"""How many further authors a finding names."""

_READING = {
    "clash": "the INSERT of {test} hit the UNIQUE constraint",
    "scan": "{test} read the whole table",
    "key": "{test} looked up a row that it had not inserted",
    "match": "{test} looked up rows by their values",
}


@dataclass(frozen=True, slots=True)
class RowClass:
    """A class of leftover rows: ``ways`` are those of the contract's RowsWritten, '' for a plain commit.

    In title and remedy, ``{author}`` is ``fixture `customer` ``, ``{name}`` is its name alone, and
    ``{tables}`` names the tables."""

    kind: str
    code: str
    ways: tuple[str, ...]
    title: str
    remedy: str

    def find(self, run: Run, unexplained: Sequence[Test]) -> list[Finding]:
        """One finding for each author whose rows failing tests read, and for each whose rows harmed no test."""
        groups: VictimsByCause[Author, _Victim] = VictimsByCause()
        for test in unexplained:
            victim = _victim(run, test)
            if victim is not None and victim.share.way in self.ways:
                groups.add(victim.share.author, victim)
        return [_finding(run, self, group) for group in groups.values()] + self._harmless(run)

    def _harmless(self, run: Run) -> list[Finding]:
        groups: VictimsByCause[Author, Leak] = VictimsByCause()
        for leak in leaks_of_rows(run, self.ways):
            if leak.readers and not leak.maybe and not leak.victims:
                groups.add(leak.author, leak)
        return [_harmless(run, self, author, group) for author, group in groups.items()]

    def words(self, run: Run, author: Author, tables: Sequence[str]) -> tuple[str, str]:
        """Title and remedy for this author and these tables."""
        subject = blame.named(run, author) or "an import"
        name = f"`{author.label.removeprefix('fixture ')}`" if author.is_fixture else subject
        words = {"author": subject, "name": name, "tables": blame.quoted(tables)}
        return blame.sentence(self.title.format(**words)), blame.sentence(self.remedy.format(**words))


SAVEPOINT_ESCAPE = RowClass(
    kind="savepoint-escape",
    code="F1",
    ways=("savepoint",),
    title="{author} leaves rows in {tables}: releasing a savepoint committed them",
    remedy=(
        "sqlite3 sends no BEGIN before a SAVEPOINT, so releasing the savepoint commits. From Python 3.12 on, pass "
        "connect_args={{'autocommit': False}} to create_engine(); before that, set isolation_level = None on connect "
        "and emit BEGIN in a 'begin' event listener. The rollback then removes what {name} writes."
    ),
)
COMMIT_BESIDE = RowClass(
    kind="commit-beside",
    code="F6",
    ways=("beside", "thread"),
    title="{author} commits rows to {tables} outside the transaction that is rolled back",
    remedy=(
        "{name} commits on a connection of its own, which the rollback does not reach. Bind all sessions of the test "
        "to the connection that is rolled back: sessionmaker.configure(bind=connection, "
        "join_transaction_mode='create_savepoint'), and override the application's own session."
    ),
)
DDL_COMMITS = RowClass(
    kind="ddl-commits",
    code="F20",
    ways=("ddl",),
    title="{author} leaves rows in {tables}: a DDL statement committed them",
    remedy=(
        "On MySQL, MariaDB and Oracle each CREATE, ALTER, DROP and TRUNCATE commits the open transaction. Create the "
        "tables before the test's transaction begins, and empty them with DELETE; the rollback then removes what "
        "{name} writes."
    ),
)
ROWS_LEFT_BEHIND = RowClass(
    kind="rows-left-behind",
    code="F7",
    ways=("",),
    title="{author} commits rows to {tables} and never removes them",
    remedy=(
        "{name} commits, so a rollback in teardown has no effect. Delete what it added, or wrap each test in a "
        "transaction that is rolled back, or give each test fresh tables (drop_all() and create_all())."
    ),
)
CLASSES = (SAVEPOINT_ESCAPE, COMMIT_BESIDE, DDL_COMMITS, ROWS_LEFT_BEHIND)


@dataclass(frozen=True, slots=True)
class _Victim:
    """A failing test, the leftover rows that its failure may come of, and the author charged with them."""

    test: Test
    met: ResidueRead
    share: AuthorShare

    @property
    def location(self) -> str:
        return f"{self.met.read.database}.{self.met.read.table}"


def _victim(run: Run, test: Test) -> _Victim | None:
    """Of several authors the first to write is charged; but a fixture whose INSERT hit rows of its own earlier lives
    is charged itself."""
    mets = [met for met in test.residue_met.values() if met.shares and came_of(test, met)]
    if not mets:
        return None
    met = min(mets, key=lambda met: (met.read.how != "clash", met.since))
    share = met.shares[0]
    if met.read.how == "clash":
        itself = author_of(run, test.worker, met.read.unit)
        share = next((share for share in met.shares if share.author == itself), share)
    return _Victim(test, met, share)


def _finding(run: Run, row_class: RowClass, group: Sequence[_Victim]) -> Finding:
    """One author with all its victims."""
    first = group[0]
    author = first.share.author
    left_by = author_test(run, author, first.location, first.test)
    tables = tuple(dict.fromkeys(victim.met.read.table for victim in group))
    title, remedy = row_class.words(run, author, tables)
    return Finding(
        kind=row_class.kind,
        title=title,
        tests=tuple(victim.test.nodeid for victim in group),
        evidence=tuple(_evidence(run, group, left_by)),
        remedy=remedy,
        author=author,
        command=blame.command(run, left_by.nodeid if left_by is not None else "", first.test.nodeid),
        tables=tables,
        code=row_class.code,
        locations=tuple(dict.fromkeys(victim.location for victim in group)),
    )


def _evidence(run: Run, group: Sequence[_Victim], left_by: Test | None) -> list[Evidence]:
    first = group[0]
    share, read, failure = first.share, first.met.read, first.test.failure
    reader, whose = blame.short(first.test.nodeid), blame.named(run, share.author) or "an import"
    held = f"`{read.table}` already held {number(share.rows, 'row')} (from {whose}) when {reader} started"
    evidence = [
        Evidence(held, share.place, left_by.nodeid if left_by is not None else ""),
        Evidence(_READING[read.how].format(test=reader), read.place, first.test.nodeid),
    ]
    if failure is not None:
        evidence.append(Evidence(failure.message.partition("\n")[0], failed_at(run, failure), first.test.nodeid))
    others: dict[Author, AuthorShare] = {}
    for victim in group:
        for other in victim.met.shares:
            if other.author != share.author:
                others.setdefault(other.author, other)
    for other in list(others.values())[:OTHERS_NAMED]:
        evidence.append(Evidence(f"the table also held rows from {full_label(run, other.author)}", other.place))
    return evidence


def _harmless(run: Run, row_class: RowClass, author: Author, group: Sequence[Leak]) -> Finding:
    """Leftover rows that later tests read, although none of them failed by it."""
    readers = {test.nodeid: test for leak in group for test in leak.readers}
    tables = tuple(leak.table for leak in group)
    title, remedy = row_class.words(run, author, tables)
    first = next(iter(readers.values()))
    left_by = author_test(run, author, group[0].location, first)
    whose = blame.named(run, author) or "an import"
    return Finding(
        kind=row_class.kind,
        title=title,
        tests=tuple(sorted(readers, key=lambda nodeid: readers[nodeid].started)),
        evidence=tuple(
            Evidence(
                f"{whose} left {number(leak.amount, 'row')} in {leak.location}; "
                f"{number(len(leak.readers), 'later test')} read the table",
                leak.place,
                leak.readers[0].nodeid,
            )
            for leak in group
        ),
        remedy=remedy,
        author=author,
        command=blame.command(run, left_by.nodeid if left_by is not None else "", first.nodeid),
        tables=tables,
        code=row_class.code,
        locations=tuple(leak.location for leak in group),
        harmless=True,
    )
