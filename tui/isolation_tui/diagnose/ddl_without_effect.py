"""A create_all() of an empty MetaData, and a drop_all() that drops nothing: harmless in themselves."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import NoOpDdl, Run, TableEventKind, Test, author_of
from .blame import by, command, named, names
from .finding import Evidence, Finding
from .victims_by_cause import VictimsByCause

KIND = "call-without-effect"


def find(run: Run, unexplained: Sequence[Test]) -> list[Finding]:
    """One finding for each call and line. Normal are calls for tables that exist already, or are gone, and an empty
    MetaData among others that the same line creates (Flask-SQLAlchemy has one for each bind)."""
    creating = {(event.worker, event.place) for event in run.table_events if event.kind is TableEventKind.CREATED}
    groups: VictimsByCause[object, NoOpDdl] = VictimsByCause()
    for effect in run.no_effects:
        creates = effect.call == "create_all"
        idle = not effect.standing and (effect.worker, effect.place) not in creating if creates else effect.standing
        if idle and (effect.reason == "empty" or not creates):
            groups.add((effect.call, effect.place, effect.reason), effect)
    return [_finding(run, effects) for effects in groups.values()]


def _finding(run: Run, effects: list[NoOpDdl]) -> Finding:
    first = effects[0]
    author = author_of(run, first.worker, first.unit)
    tests = tuple(dict.fromkeys(effect.unit.nodeid for effect in effects if effect.unit.nodeid in run.tests))
    who = named(run, author) or "an import"
    metadata = f"MetaData {first.metadata}" if first.metadata else "its MetaData"
    why = f"{metadata} is empty" if first.reason == "empty" else f"{metadata} knows none of its tables"
    evidence = [Evidence(f"{first.call}() {by(run, first.worker, first.unit)}: {why}", first.place, first.unit.nodeid)]
    if first.call == "create_all":
        did = "creates"
        remedy = "Import the models before create_all() is called, and call it on their MetaData."
    else:
        did = "drops"
        stay = names(sorted(first.standing))
        evidence.append(Evidence(f"still in {first.database}: {stay}"))
        remedy = f"Call drop_all() on the MetaData of {stay}, before it is cleared; or call reflect() first."
    return Finding(
        kind=KIND,
        title=f"{first.call}() in {who} {did} nothing: {why}",
        tests=tests,
        evidence=tuple(evidence),
        remedy=remedy,
        author=author,
        command=command(run, *tests[:1]),
        tables=tuple(sorted(first.standing)),
        locations=(first.database,) if first.database else (),
        harmless=True,
    )
