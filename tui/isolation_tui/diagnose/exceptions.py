"""The exceptions that a test failed with: the one raised, and those that caused it.

Match the type first and the text second. A test that merely asserts about a text fails with an AssertionError, whose
causes are not searched.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from pytest_isolation.events import Place, mark_of

from ..model import FailedStatement, Phase, Run, Test
from ..model.queries import own

_HEAD = re.compile(r"^E   ([A-Za-z_]\w*)(?:: (.*))?$")
_LINE = re.compile(r"^(\S.*):(\d+): in (\S+)$")
_NAMED = re.compile(r"^(?:[A-Za-z_]\w*\.)*([A-Za-z_]\w*)(?=:|$)")
_WRAPPED = re.compile(r"^\((?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*\) ")
_VERDICTS = frozenset(("AssertionError", "Failed"))


@dataclass(frozen=True, slots=True)
class Raised:
    """One exception: the name of its type, and its message."""

    exception: str
    message: str

    @property
    def first_line(self) -> str:
        return self.message.partition("\n")[0]


def raised(failure: Phase) -> Iterator[Raised]:
    """The exception of the phase, followed by its causes."""
    return _raised(failure.exception, failure.message, failure.traceback)


def _raised(exception: str, message: str, traceback: str) -> Iterator[Raised]:
    named = _NAMED.match(message)
    exception = exception.rpartition(".")[2] or (named.group(1) if named is not None else "")
    if named is not None and named.group(1) == exception:
        message = message[named.end() :].removeprefix(": ")
    yield Raised(exception, message)
    if exception not in _VERDICTS:
        yield from list(_chain(traceback))[-2::-1]


def _chain(traceback: str) -> Iterator[Raised]:
    """The exceptions of a short traceback (``pytest_isolation.tracebacks``): the first cause first."""
    exception, message = "", []
    for line in traceback.splitlines():
        head = _HEAD.match(line)
        if head is not None:
            exception, message = head.group(1), [head.group(2) or ""]
        elif exception and line.startswith("    "):
            message.append(line[4:])
        elif exception:
            yield Raised(exception, "\n".join(message))
            exception = ""
    if exception:
        yield Raised(exception, "\n".join(message))


def matching(test: Test, exceptions: Collection[str], pattern: re.Pattern[str]) -> re.Match[str] | None:
    """The first match in the message of an exception of these types that the test failed with; None without one."""
    failure = test.failure
    if failure is None:
        return None
    return match_in(failure.exception, failure.message, failure.traceback, exceptions, pattern)


def match_in(
    exception: str, message: str, traceback: str, exceptions: Collection[str], pattern: re.Pattern[str]
) -> re.Match[str] | None:
    """The same for the exception of a failed collection."""
    if not any(name in exception or name in traceback or name in message for name in exceptions):
        return None  # the fast path: most failures
    for each in _raised(exception, message, traceback):
        match = pattern.search(each.message) if each.exception in exceptions else None
        if match is not None:
            return match
    return None


class FailedStatements:
    """The statements of a run that failed, by worker and message, and by worker and database."""

    def __init__(self, run: Run) -> None:
        self._by_mark: dict[tuple[str, object], list[FailedStatement]] = defaultdict(list)
        self._other_before: dict[int, FailedStatement | None] = {}
        latest: dict[tuple[str, str], list[FailedStatement]] = defaultdict(list)
        for failed in run.failed_statements:
            self._by_mark[failed.worker, failed.mark].append(failed)
            last = latest[failed.worker, failed.database]  # the latest two that have different messages
            self._other_before[id(failed)] = next((each for each in reversed(last) if each.mark != failed.mark), None)
            last[:] = [*[each for each in last if each.mark != failed.mark][-1:], failed]

    def latest(self, worker: str, message: str, until: float) -> FailedStatement | None:
        """The latest one up to then that failed with this very message; the wrapped one's ``(type) `` left out."""
        known = self._by_mark.get((worker, mark_of(_WRAPPED.sub("", message))), [])
        number = bisect_right(known, until, key=lambda failed: failed.at)
        return known[number - 1] if number else None

    def other_before(self, failed: FailedStatement) -> FailedStatement | None:
        """The latest one before it, in the same database, that failed with another message."""
        return self._other_before.get(id(failed))


def failed_at(run: Run, failure: Phase) -> Place:
    """The innermost line of the project's code in the traceback; the place that pytest gave if there is none."""
    found = Place()
    for line in failure.traceback.splitlines():
        entry = _LINE.match(line)
        if entry is not None:
            file = entry.group(1)
            whole = file if file.startswith("/") or file[1:2] == ":" else f"{run.rootdir}/{file}"
            place = Place("", whole, int(entry.group(2)), entry.group(3))
            found = place if own(run, place) else found
    return found if found.file else failure.place
