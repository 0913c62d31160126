"""Ids that are not reset: a test expects the ids of a new table, but other tests inserted into it before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..model import Author, Run, TableBeforeFirstWrite, Test
from ..model.assertion_message import compared
from ..model.authors import author_test
from ..text.wording import number
from . import blame
from .exceptions import failed_at
from .finding import Evidence, Finding
from .victims_by_cause import VictimsByCause

KIND, CODE = "ids-that-go-on", "F19"


@dataclass(frozen=True, slots=True)
class _Case:
    test: Test
    database: str
    table: str
    before: TableBeforeFirstWrite
    expected: tuple[int, ...]
    shift: int


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each table and its first author.

    Required is a comparison of whole numbers that are all too large by the same amount: at least the rows of others in
    the table, at most those ever inserted into it. The expected numbers have to be the ids that the test's own rows
    would have in a new table. A test that read the whole table is left out: it may have counted rows.
    """
    groups: VictimsByCause[tuple[str, str, Author], _Case] = VictimsByCause()
    for test in unexplained:
        case = _case(test)
        if case is not None:
            groups.add((case.database, case.table, case.before.author), case)
    return [_finding(run, group) for group in groups.values()]


def _case(test: Test) -> _Case | None:
    failure = test.failure
    comparison = compared(failure.message) if failure is not None and failure.exception == "AssertionError" else None
    if comparison is None or comparison.status or comparison.operator not in ("==", ""):
        return None
    found, expected = _numbers(comparison.left), _numbers(comparison.right)
    shifts = {one - other for one, other in zip(found, expected, strict=False)}
    if not expected or len(found) != len(expected) or len(shifts) != 1:
        return None
    (shift,) = shifts
    cases = [
        _Case(test=test, database=database, table=table, before=before, expected=expected, shift=shift)
        for (database, table), before in test.tables_before.items()
        if before.author.known
        and max(before.standing, 1) <= shift <= before.inserted
        and min(expected) >= 1
        and max(expected) <= _inserted(test, database, table)
        and not _scanned(test, database, table)
    ]
    return cases[0] if len(cases) == 1 else None


def _numbers(side: object) -> tuple[int, ...]:
    """One whole number, or a list of them."""
    values = side if isinstance(side, (list, tuple)) else (side,)
    return tuple(values) if all(type(value) is int for value in values) else ()


def _inserted(test: Test, database: str, table: str) -> int:
    return sum(
        written.inserted
        for written in test.rows_written
        if (written.database, written.table) == (database, table) and written.unit.phase != "teardown"
    )


def _scanned(test: Test, database: str, table: str) -> bool:
    read = test.tables_read.get((database, table))
    return read is not None and read.how in ("scan", "clash")


def _finding(run: Run, group: list[_Case]) -> Finding:
    first = group[0]
    before, test, failure = first.before, first.test, first.test.failure
    location = f"{first.database}.{first.table}"
    left_by = author_test(run, before.author, location, test)
    ids = ", ".join(map(str, first.expected))
    whose = blame.named(run, before.author) or "an import"
    evidence = [
        Evidence(f"{whose} inserted into {first.table} first", before.place, left_by.nodeid if left_by else ""),
        Evidence(
            f"{blame.short(test.nodeid)} expects {ids}; {number(before.inserted, 'row')} had been inserted before it "
            f"started, and the table held {number(before.standing, 'row')}",
            failure.place if failure is not None else before.place,
            test.nodeid,
        ),
    ]
    if failure is not None:
        evidence.append(Evidence(failure.message.partition("\n")[0], failed_at(run, failure), test.nodeid))
    return Finding(
        kind=KIND,
        title=f"Ids of `{first.table}` are not reset between tests",
        tests=tuple(case.test.nodeid for case in group),
        evidence=tuple(evidence),
        remedy=(
            "Do not compare ids with literals, but with the id of the object that the test made. If the numbers "
            "matter, give each test a fresh table, or reset the sequence (TRUNCATE ... RESTART IDENTITY)."
        ),
        author=before.author,
        command=blame.command(run, left_by.nodeid if left_by else "", test.nodeid),
        tables=(first.table,),
        code=CODE,
        locations=(location,),
    )
