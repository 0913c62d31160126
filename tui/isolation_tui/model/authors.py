"""From what a test found to the tests during which it was left there."""

from __future__ import annotations

from .run import Run
from .test import Test


def author_test(run: Run, author: str, location: str, before: Test | None = None) -> Test | None:
    """The test during which ``author`` left what stands at ``location`` (``engine.table``, ``env:NAME``): the last one
    that started before the test ``before``, or else the first of all. None where that is not known: it was at import,
    or nobody saw it."""
    if author in run.tests:
        return run.tests[author]
    found = None
    for test in run.order:
        if test is before:
            break
        if _left_by(run, test, author, location):
            found = test
            if before is None:
                break
    return found


def authors_met(run: Run, test: Test) -> list[Test]:
    """The tests during which what it found was left, each once, in run order; not those whose rows were meant to be
    there."""
    met: dict[str, Test] = {}
    for found in test.rows_found:
        for share in found.shares:
            if not share.intended:
                author = author_test(run, share.author, f"{found.database}.{found.table}", test)
                if author is not None:
                    met[author.nodeid] = author
    for entry in test.state_found.values():
        if entry.test is not None:
            met[entry.test.nodeid] = entry.test
    return [other for other in run.order if other.nodeid in met and other is not test]


def _left_by(run: Run, test: Test, author: str, location: str) -> bool:
    for written in test.rows_written:
        if written.inserted and f"{written.database}.{written.table}" == location:
            life = run.life_of_unit(test.worker, written.unit)
            if life is not None and life.author == author:
                return True
    for entry in test.state_changed:
        if entry.location == location and entry.change != "restored":
            life = run.life_of_unit(test.worker, entry.unit)
            if life is not None and life.author == author:
                return True
    return False
