"""A wide fixture requests a narrower one: pytest's ScopeMismatch."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pytest_isolation.events import Place

from ..model import UNKNOWN, Author, AuthorKind, Run, Test
from .blame import command
from .exceptions import matching
from .finding import Evidence, Finding
from .victims_by_cause import VictimsByCause

KIND = "scope-mismatch"

_MESSAGE = re.compile(
    r"^ScopeMismatch: You tried to access the (?P<narrow>\w+) scoped fixture (?P<asked>\S+) "
    r"with an? (?P<wide>\w+) scoped request object"
)
_LINE = re.compile(r"^(?P<file>\S.*?):(?P<line>\d+):\s+(?:async )?def (?P<name>\w+)\(", re.MULTILINE)


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each pair of fixtures."""
    groups: VictimsByCause[object, tuple[Test, re.Match[str]]] = VictimsByCause()
    for test in unexplained:
        match = matching(test, ("Failed",), _MESSAGE)  # pytest fails the test, it raises no exception of its own
        if match is not None:
            lines = tuple(line.group(0) for line in _LINE.finditer(match.string))
            groups.add((match["asked"], lines[-2:] or test.nodeid), (test, match))
    return [_finding(run, victims) for victims in groups.values()]


def _finding(run: Run, victims: list[tuple[Test, re.Match[str]]]) -> Finding:
    test, match = victims[0]
    lines = list(_LINE.finditer(match.string))
    asked, narrow, wide = match["asked"], match["narrow"], match["wide"]
    asks = lines[-2]["name"] if len(lines) > 1 else ""
    evidence = []
    if asks:
        evidence.append(
            Evidence(f"{wide}-scoped fixture `{asks}` requests `{asked}`", _place(run, lines[-2]), test.nodeid)
        )
    if lines:
        evidence.append(Evidence(f"{narrow}-scoped fixture `{asked}`", _place(run, lines[-1])))
    who = f"fixture `{asks}`" if asks else f"a {wide}-scoped fixture"
    return Finding(
        kind=KIND,
        title=f"{who[0].upper()}{who[1:]} ({wide}-scoped) requests `{asked}`, which is {narrow}-scoped",
        tests=tuple(victim.nodeid for victim, _ in victims),
        evidence=tuple(evidence),
        remedy=(
            f"Make {who} {narrow}-scoped too. If it has to be wide, let `{asked}` return a factory function, or move "
            f"the costly part of `{asked}` to a fixture with scope='{wide}'; keep sessions and rows narrow."
        ),
        author=_asking(run, asks, lines),
        command=command(run, test.nodeid),
        code="F13",
    )


def _asking(run: Run, name: str, lines: list[re.Match[str]]) -> Author:
    """The fixture that requests: the definition of that name, in the file that pytest's message names."""
    if not name:
        return UNKNOWN
    place = _place(run, lines[-2])
    known = [each for each in run.definitions.values() if each.name == name and each.place.file == place.file]
    if len(known) == 1:
        return known[0].author
    return Author(AuthorKind.FIXTURE, f"fixture {name}", ("", place.file, place.line), place)


def _place(run: Run, line: re.Match[str]) -> Place:
    file = line["file"]
    whole = file if file.startswith("/") or file[1:2] == ":" else f"{run.rootdir}/{file}"
    return Place("", whole, int(line["line"]), line["name"])
