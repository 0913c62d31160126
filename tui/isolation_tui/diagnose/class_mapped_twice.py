"""A class was mapped twice: "Multiple classes found for path", "already has a primary mapper defined"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..model import UNKNOWN, MappedTwice, Mapping, Run, Test, author_of
from ..model.mappings import twice
from .blame import by, command
from .exceptions import failed_at, matching
from .finding import Evidence, Finding
from .victims_by_cause import VictimsByCause

KIND = "class-mapped-twice"

_EXCEPTIONS = frozenset(("InvalidRequestError", "ArgumentError"))
_MESSAGE = re.compile(
    r"Multiple classes found for path \"(?P<path>[^\"\n]+)\""
    r"|Class '?<class '(?P<model>[^']+)'>'? already has a primary mapper"
)


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each class name, and each line that mapped it again."""
    groups: VictimsByCause[object, tuple[Test, str, MappedTwice | None]] = VictimsByCause()
    for test in unexplained:
        match = matching(test, _EXCEPTIONS, _MESSAGE)
        if match is not None:
            name = (match["path"] or match["model"]).rpartition(".")[2]
            found = _mapped_twice(run, test, name)
            groups.add((name, found and found.again.place), (test, name, found))
    return [_finding(run, victims) for victims in groups.values()]


def _mapped_twice(run: Run, test: Test, name: str) -> MappedTwice | None:
    """The class mapped twice, in the MetaData in which it was mapped last."""
    mappings = _mappings(run, test, name)
    return twice([mapping for mapping in mappings if mapping.metadata == mappings[-1].metadata], len(mappings))


def _mappings(run: Run, test: Test, name: str) -> list[Mapping]:
    """The mappings that were in the registry when the test failed, the oldest first."""
    ended = test.failure.ended if test.failure is not None else test.ended
    of_name = run.workers[test.worker].mapped.by_name.get(name, {})
    valid = [mapping for known in of_name.values() for mapping in known.kept if mapping.valid(ended)]
    return sorted(valid, key=lambda mapping: mapping.at)


def _finding(run: Run, victims: list[tuple[Test, str, MappedTwice | None]]) -> Finding:
    first, name, found = victims[0]
    evidence = []
    known = [found.first, found.again] if found is not None else _mappings(run, first, name)[-1:]
    for mapping, word in zip(known, ("mapped", "mapped again"), strict=False):
        text = f"{word} as {mapping.model}, to `{mapping.table}`, {by(run, mapping.worker, mapping.unit)}"
        evidence.append(Evidence(text, mapping.place, mapping.unit.nodeid))
    if first.failure is not None:
        text = f"`{name}` is looked up here" if found is not None else f"`{name}` is mapped again here"
        evidence.append(Evidence(text, failed_at(run, first.failure), first.nodeid))
    again = found.again if found is not None else None
    return Finding(
        kind=KIND,
        title=f"Class `{name}` is mapped twice" + (f": {_WORDS[found.how]}" if found is not None else ""),
        tests=tuple(test.nodeid for test, _, _ in victims),
        evidence=tuple(evidence),
        remedy=_remedy(name, found),
        author=author_of(run, again.worker, again.unit) if again is not None else UNKNOWN,
        command=command(run, again.unit.nodeid if again is not None else "", first.nodeid),
        tables=(again.table,) if again is not None else (),
        code="F23",
    )


_WORDS = {
    "imported twice": "its module is imported under two names",
    "inside a function": "each call defines it",
    "module run again": "its module runs again",
    "two classes": "two classes have that name",
}


def _remedy(name: str, found: MappedTwice | None) -> str:
    if found is None:
        return f"Define `{name}` once, at module level, and import it everywhere under one name."
    first, again = found.first, found.again
    if found.how == "imported twice":
        return (
            f"One file is imported under two names, {first.place.module} and {again.place.module}. Import it under "
            "one name: check sys.path, pytest's rootdir and pythonpath, and imports without the package."
        )
    if found.how == "two classes":
        return (
            f"Give one of {first.model} and {again.model} another name, or qualify the name where it is looked up: "
            f'relationship("{again.model}"). If one belongs to a test, define it on a Base of its own.'
        )
    where = f"{again.place.function}()" if again.place.function.isidentifier() else again.place.module
    cleared = " metadata.clear() removes tables but leaves the classes mapped." if again.generation else ""
    return (
        f"Define `{name}` once, at module level: {where} maps it each time it runs, and the earlier class stays in "
        f"the registry.{cleared} If it must be new each time, use a new Base, or call registry.dispose() afterwards."
    )
