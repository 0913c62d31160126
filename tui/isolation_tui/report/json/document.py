"""The JSON document of a run: what ``--json`` writes.

One object, UTF-8 (pure ASCII in fact), keys in this order. Unknown keys may be added under the same ``schema``; what
is documented here does not change its meaning without a new number.

``schema``
    1
``tool``
    version of isolation-tui
``counts``
    ``passed, failed, errors, skipped, xfailed, xpassed``: as pytest's last line counts them (a test that passes and
    then fails in teardown counts twice)
``exit_status``
    what the command ends with; ``pytest_status`` is that of pytest's process, negative for a signal
``duration``
    seconds, from the start of the process to its end
``ending``
    sentences about an end that was not the ordinary one; empty otherwise
``crashed, stopped``
    pytest's process ended without its own end; we were asked to stop it
``fix``
    whether the conftest fix stood applied during this run
``run``
    ``command, cwd, rootdir, config_file, python, pytest, sqlalchemy, platform, workers, started`` (seconds since the
    epoch)
``total, deselected, reruns, warnings, subtests``
    tests selected to run; the others beside it (``subtests``: ``passed, failed``)
``dropped, limits, disabled_probes``
    facts lost because the reader was too slow (not 0: what follows is incomplete); what could not be seen in this
    environment, in words; listeners that gave up (``probe, why``)
``tests``
    in collection order: ``nodeid, outcome`` (passed, failed, error, skipped, xfailed, xpassed, crashed, not run),
    ``duration`` (seconds, all phases), ``file, line, worker, attempt, message, exception, failed_in`` (setup, call,
    teardown or null), ``place`` (of the failure, or null), ``fixtures`` (names of those it used), ``rows``: what it
    ``found`` when it started (of the databases it used: ``database, table, rows, intended, inexact, authors,
    other_authors``), ``wrote`` (``inserted, updated, deleted, state, who, escape, way``, primary ``keys`` as far as
    they are known...) and ``left`` when it ended (``rows, author, open``...); ``reads``: tables that it read
    (``database, table, how, who, inexact, file, line``; ``how`` is ``scan`` for whatever stood there, ``key`` or
    ``match``; whether reading was watched at all is ``reads_known`` below); ``state``: what of the process it ``found``
    changed (``location, change, detail, by``: the test that made the change, null where none did, ``among``: tests of
    which one did, ``in_reach``: the line of its code that mentions it, or null, looked for only where a test failed)
    and what it ``changed`` (``location, change, detail, who, among``); ``held_open``: connections and sessions still
    out when it ended (``what, database, in_transaction, who, closed`` later, ``intended``: a wide fixture's or an
    import's, ``file, line``); ``schema``: where a database that it used and MetaData did not agree at its end
    (``database, only_in_database, metadata, only_in_metadata``; a database's tables are what DDL was seen to make of
    it, so those that stood there before the run are in the last); ``findings``: the ``id`` of those it is a victim of,
    or charged with
``collection_errors``
    ``nodeid, exception, message, place``
``fixtures``
    one for each definition: ``name, scope, baseid, file, line, internal`` (pytest's or a plugin's own), ``lives``,
    ``tests`` (how many used it), ``shared`` (most tests that one life served), ``setup_seconds, teardown_seconds``
    (own time, all lives), ``failed_setups``
``tables``
    one for each table of a MetaData or database: ``kind`` (metadata or database), ``holder, table``, how often it was
    ``registered, refused, removed, cleared, created, dropped``, and ``by``: ``what, who, count, file, line``
``residue``
    rows that stayed, by ``author, database, table``: ``rows`` (left in the course of the run), ``dirty_starts`` (tests
    that started with some of them; most first), ``inexact`` (the count may be wrong), ``file, line`` that wrote first
``findings``
    worst first, those that harmed nobody last: ``class`` (``table-already-defined``...), ``title, grade, culprit,
    tables, tests`` (victims' node ids), ``evidence`` (``text, file, line, function, nodeid``), ``remedy, command``,
    ``id`` (unique in this document), ``code`` (``F1`` to ``F24`` of the catalogue, or ''), ``locations`` (what is left
    behind: ``engine.table``, ``env:NAME``...), ``harmless`` (nobody failed by it: ``tests`` merely met it), ``files``
    (those that the cause touches)
``explained``
    ``failed`` (failing tests), ``explained`` (those that a finding accounts for), ``unexplained`` (node ids of the
    others)
``leaks``
    what was left behind, most harm first: ``author, what`` (``rows, table, metadata``, the kind of state, ``open
    connection``...), ``location, amount`` (rows, or connections; 0 for other state), ``keys`` (primary keys, as far as
    they are known),
    ``way`` (how rows escaped what was to undo them: ``savepoint, ddl, beside, thread`` or ''), ``met`` (tests that
    started with it), ``readers`` and ``victims`` (node ids of the later tests that read it, and of those that failed in
    a way that may come of it), ``maybe`` (they are merely the ones whose code may read it), ``benign`` (nobody read
    it), ``inexact, file, line``
``mapped_twice``
    classes with several mappings that stand at the end: ``class, metadata, how`` (``imported twice``, ``inside a
    function``, ``module run again``, ``two classes``), ``count``, and ``mappings``, the first and the latest:
    ``module, file, line, who``
``reads_known``
    false where reading was not watched: then nothing is known of readers, and ``benign`` says little

A ``place`` is ``{"file", "line", "function"}`` or null. Files are relative to ``run.rootdir`` where they lie below it.

With ``--fix`` the document is ``{"schema", "tool", "exit_status", "before", "after", "comparison", "plan", "fix"}``:
``before`` and ``after`` are documents as above (``after`` and ``comparison`` null where the second run never came to
be); ``comparison`` has ``counts`` (name -> ``before, after, difference``), ``already_defined`` and ``seconds`` alike,
and the node ids ``healed, still, broke, new, gone, not_compared``; ``plan`` is an array of ``change, file, what, lines,
impact``; ``fix`` has its ``outcome`` (``undone``, ``kept``, ``not applied``, ``left applied``) and a ``problem`` or ''.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pytest_isolation.events import Place

from ... import __version__
from ...diagnose import Finding, already_defined
from ...diagnose.conclusions import conclude
from ...model import FixtureDefinition, Run, TableEvent, TableEventKind, Test
from ...model.run_comparison import Change, compare
from ...text.wording import relative
from ..exit_status import exit_status, how_it_ended
from .leaks import held_open, leaks_of, reads_of, state_of
from .rows import residue, rows_of
from .schema import classes_mapped_twice, schema_of

if TYPE_CHECKING:
    from ...fix import Plan

SCHEMA = 1

Json = dict[str, Any]


def run_document(run: Run, damage: str = "") -> Json:
    """The document of one run that has finished. ``damage``: what is wrong with the recording it was read from."""
    found = conclude(run)
    numbers = {id(finding): number for number, finding in enumerate(found.findings, 1)}
    return {
        "schema": SCHEMA,
        "tool": __version__,
        "counts": run.counts.as_dict(),
        "exit_status": exit_status(run),
        "pytest_status": run.exit_status,
        "duration": _seconds(run.elapsed),
        "ending": how_it_ended(run, damage),
        "crashed": run.crashed,
        "stopped": run.stopped,
        "fix": run.fix,
        "run": _facts(run),
        "total": run.total,
        "deselected": run.counts.deselected,
        "reruns": run.counts.reruns,
        "warnings": run.counts.warnings,
        "subtests": {"passed": run.counts.subtests_passed, "failed": run.counts.subtests_failed},
        "dropped": run.dropped,
        "limits": list(run.limits),
        "disabled_probes": [{"probe": gone.probe, "why": gone.why} for gone in run.disabled_probes],
        "tests": [
            _test(run, test, [numbers[id(finding)] for finding in found.of(test)]) for test in run.tests.values()
        ],
        "collection_errors": [
            {
                "nodeid": error.nodeid,
                "exception": error.exception,
                "message": error.message,
                "place": _place(run, error.place),
            }
            for error in run.collection_errors
        ],
        "fixtures": [_fixture(run, definition) for definition in run.definitions.values()],
        "tables": _tables(run),
        "residue": residue(run),
        "findings": [_finding(run, finding, number) for number, finding in enumerate(found.findings, 1)],
        "explained": {
            "failed": found.failed,
            "explained": found.failed - len(found.unexplained),
            "unexplained": [test.nodeid for test in found.unexplained],
        },
        "leaks": leaks_of(run, found.leaks),
        "mapped_twice": classes_mapped_twice(run),
        "reads_known": found.reads_known,
    }


def fix_document(
    before: Run, after: Run | None, plan: Plan | None, *, status: int, outcome: str, problem: str = ""
) -> Json:
    """The document of a ``--fix`` run. ``outcome`` is what became of the fix, ``problem`` why it went no further."""
    rows = plan.summary if plan is not None else ()
    return {
        "schema": SCHEMA,
        "tool": __version__,
        "exit_status": status,
        "before": run_document(before),
        "after": run_document(after) if after is not None else None,
        "comparison": comparison_document(before, after) if after is not None else None,
        "plan": [
            {"change": row.change_type, "file": row.file, "what": row.what, "lines": row.lines, "impact": row.impact}
            for row in rows
        ],
        "fix": {"outcome": outcome, "problem": problem},
    }


def comparison_document(before: Run, after: Run) -> Json:
    """What changed from one run to the next."""
    compared = compare(before, after)
    was, now = already_defined(before), already_defined(after)
    earlier, later = (_seconds(value) for value in compared.seconds)
    return {
        "counts": {delta.name: _difference(delta.before, delta.after) for delta in compared.counts},
        "already_defined": _difference(was, now),
        "seconds": {"before": earlier, "after": later, "difference": _seconds(later - earlier)},
        **{
            name: [pair.nodeid for pair in compared.of(change)]
            for name, change in (
                ("healed", Change.HEALED),
                ("still", Change.STILL),
                ("broke", Change.BROKE),
                ("new", Change.NEW),
                ("gone", Change.GONE),
                ("not_compared", Change.UNPROVEN),
            )
        },
    }


def _difference(before: int, after: int) -> Json:
    return {"before": before, "after": after, "difference": after - before}


def _facts(run: Run) -> Json:
    hello = next((worker.hello for worker in run.workers.values() if worker.hello is not None), None)
    libraries = {name: version for worker in run.workers.values() for name, version in worker.libraries.items()}
    return {
        "command": list(run.command),
        "cwd": run.cwd,
        "rootdir": run.rootdir,
        "config_file": run.config_file,
        "python": hello.python if hello else "",
        "pytest": hello.pytest if hello else "",
        "sqlalchemy": libraries.get("sqlalchemy", ""),
        "platform": hello.platform if hello else "",
        "workers": run.worker_count,
        "started": round(run.started_at, 3),
    }


def _test(run: Run, test: Test, findings: list[int]) -> Json:
    failure = test.failure
    shown = failure or next((phase for phase in test.phases if phase.message), None)
    return {
        "nodeid": test.nodeid,
        "outcome": test.outcome.value,
        "duration": _seconds(test.duration),
        "file": test.file,
        "line": test.line,
        "worker": test.worker,
        "attempt": test.attempt,
        "message": shown.message if shown else "",
        "exception": shown.exception if shown else "",
        "failed_in": failure.when if failure else None,
        "place": _place(run, failure.place) if failure else None,
        "fixtures": [life.name for life in test.lives if not life.definition.internal],
        "rows": rows_of(run, test),
        "reads": reads_of(run, test),
        "state": state_of(run, test),
        "held_open": held_open(run, test),
        "schema": schema_of(test),
        "findings": findings,
    }


def _fixture(run: Run, definition: FixtureDefinition) -> Json:
    lives = definition.lives
    return {
        "name": definition.name,
        "scope": definition.scope,
        "baseid": definition.baseid,
        "file": _file(run, definition.place),
        "line": definition.place.line,
        "internal": definition.internal,
        "lives": len(lives),
        "tests": len({test.nodeid for life in lives for test in life.users}),
        "shared": max((len(life.users) for life in lives), default=0),
        "setup_seconds": _seconds(sum(life.setup_duration for life in lives)),
        "teardown_seconds": _seconds(sum(life.teardown_duration or 0.0 for life in lives)),
        "failed_setups": sum(life.failed for life in lives),
    }


_OF_METADATA = frozenset(
    (TableEventKind.REGISTERED, TableEventKind.REFUSED, TableEventKind.REMOVED, TableEventKind.CLEARED)
)
_OF_DATABASE = frozenset((TableEventKind.CREATED, TableEventKind.DROPPED))


def _tables(run: Run) -> list[Json]:
    told: dict[tuple[str, str, str], list[TableEvent]] = {}
    for event in run.table_events:
        if event.kind in _OF_METADATA or event.kind in _OF_DATABASE:
            kind = "metadata" if event.kind in _OF_METADATA else "database"
            told.setdefault((kind, event.holder, event.table), []).append(event)
    return [
        {
            "kind": kind,
            "holder": holder,
            "table": table,
            **{what.value: sum(event.kind is what for event in events) for what in (*_ORDER,)},
            "by": _by_whom(run, events),
        }
        for (kind, holder, table), events in sorted(told.items(), key=lambda item: item[0])
    ]


_ORDER = (
    TableEventKind.REGISTERED,
    TableEventKind.REFUSED,
    TableEventKind.REMOVED,
    TableEventKind.CLEARED,
    TableEventKind.CREATED,
    TableEventKind.DROPPED,
)


def _by_whom(run: Run, events: Sequence[TableEvent]) -> list[Json]:
    told = Counter((event.kind.value, _who(run, event), _file(run, event.place), event.place.line) for event in events)
    return [
        {"what": what, "who": who, "count": count, "file": file, "line": line}
        for (what, who, file, line), count in told.most_common()
    ]


def _who(run: Run, event: TableEvent) -> str:
    """The unit that is charged: ``fixture NAME``, ``import``, ``collect``, or the phase of ``test``."""
    life = run.life_of_unit(event.worker, event.unit)
    if life is not None:
        return life.author
    return f"test {event.unit.phase}" if event.unit.nodeid else event.unit.phase or "import"


def _finding(run: Run, finding: Finding, number: int) -> Json:
    return {
        "class": finding.kind,
        "title": finding.title,
        "grade": finding.grade,
        "culprit": finding.culprit,
        "tables": list(finding.tables),
        "tests": list(finding.tests),
        "evidence": [
            {
                "text": evidence.text,
                "file": _file(run, evidence.place),
                "line": evidence.place.line,
                "function": evidence.place.function,
                "nodeid": evidence.nodeid,
            }
            for evidence in finding.evidence
        ],
        "remedy": finding.remedy,
        "command": finding.command,
        "id": number,
        "code": finding.code,
        "locations": list(finding.locations),
        "harmless": finding.harmless,
        "files": [relative(file, run.rootdir) for file in finding.files],
    }


def _place(run: Run, place: Place) -> Json | None:
    if not place.file:
        return None
    return {"file": _file(run, place), "line": place.line, "function": place.function}


def _file(run: Run, place: Place) -> str:
    return relative(place.file, run.rootdir)


def _seconds(value: float) -> float:
    return round(value, 6)
