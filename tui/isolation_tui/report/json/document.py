"""The JSON document of a run, which ``--json`` writes.

One object in ASCII, with its keys in this order. The same ``schema`` number may gain keys; keys documented here keep
their meaning until the number changes.

``schema``
    1
``tool``
    version of isolation-tui
``counts``
    ``passed, failed, errors, skipped, xfailed, xpassed``, counted as in pytest's last line (a test that passes and
    then fails in teardown counts twice)
``exit_status``
    the status that the command exits with; ``pytest_status`` is that of pytest's process, negative for a signal
``duration``
    seconds from the start of pytest's process to its end
``ending``
    sentences about a run that did not end normally, else empty
``crashed, stopped``
    whether pytest's process died; whether we were asked to stop it
``fix``
    whether the conftest fix was applied during this run
``run``
    ``command, cwd, rootdir, config_file, python, pytest, sqlalchemy, platform, workers, started`` (seconds since the
    epoch)
``total, deselected, reruns, warnings, subtests``
    tests selected to run, and further counts (``subtests``: ``passed, failed``)
``dropped, limits, disabled_probes``
    facts lost because they could not be sent in time (if not 0, the rest is incomplete); sentences about what cannot be
    observed in this environment; probes that were disabled by an exception (``probe, why``)
``tests``
    in collection order:

    * ``nodeid, outcome`` (passed, failed, error, skipped, xfailed, xpassed, crashed, not run), ``duration`` (seconds,
      all phases), ``file, line, worker, attempt, message, exception, failed_in`` (setup, call, teardown or null),
      ``place`` (of the failure, or null), ``fixtures`` (names of those it used)
    * ``rows``: those it ``found`` at its start, in the databases it used (``database, table, rows, intended, inexact,
      authors, other_authors``), ``wrote`` (``inserted, updated, deleted, state, who, escape, way``, primary ``keys`` as
      far as they are known...) and ``left`` at its end (``rows, author, open``...)
    * ``reads``: tables that it read (``database, table, how, who, inexact, file, line``; ``how`` is ``scan`` for
      whatever the table held, ``key`` or ``match``). ``reads_known`` below says whether reads were observed.
    * ``state``: what it ``found`` changed in the process (``location, change, detail, by``: the test that changed it,
      or null, ``among``: tests of which one changed it, ``in_reach``: the line of its code that mentions it, or null;
      searched only if a test failed) and what it ``changed`` (``location, change, detail, who, among``)
    * ``held_open``: connections and sessions that were open at its end (``what, database, in_transaction, who,
      closed``: whether later, ``intended``: held by a fixture of a wide scope or by an import, ``file, line``)
    * ``schema``: differences at its end between a database that it used and MetaData (``database, only_in_database,
      metadata, only_in_metadata``). A database's tables are known from the DDL that was observed, so tables that
      existed before the run count as ``only_in_metadata``.
    * ``findings``: the ``id`` of each finding that it is a victim or the culprit of
``collection_errors``
    ``nodeid, exception, message, place``
``fixtures``
    one for each definition: ``name, scope, baseid, file, line, internal`` (pytest's or a plugin's), ``lives`` (how
    often it was set up), ``tests`` (how many used it), ``shared`` (most tests that used one life), ``setup_seconds,
    teardown_seconds`` (of all lives, without the fixtures it requests), ``failed_setups``
``tables``
    one for each table of a MetaData or database: ``kind`` (metadata or database), ``holder, table``, how often it was
    ``registered, refused, removed, cleared, created, dropped``, and ``by``: ``what, who, count, file, line``
``residue``
    leftover rows by ``author, database, table``: ``rows`` (left during the run), ``dirty_starts`` (tests that started
    with some of them; most first), ``inexact`` (the count may be wrong), ``file, line`` of the first write
``findings``
    worst first, harmless ones last: ``class`` (``table-already-defined``...), ``title, grade, culprit, tables, tests``
    (node ids of the victims), ``evidence`` (``text, file, line, function, nodeid``), ``remedy, command``, ``id``
    (unique in this document), ``code`` (``F1`` to ``F24`` of the catalogue, or ''), ``locations`` (what leaks:
    ``engine.table``, ``env:NAME``...), ``harmless`` (no test failed because of it: ``tests`` started with it),
    ``files`` (those that the cause touches)
``explained``
    ``failed`` (failing tests), ``explained`` (those that a finding explains), ``unexplained`` (node ids of the others)
``leaks``
    most harm first: ``author, what`` (``rows, table, metadata``, the kind of state, ``open connection``...),
    ``location, amount`` (of rows or connections; 0 for other state), ``keys`` (primary keys, as far as they are known),
    ``way`` (how rows survived the rollback meant for them: ``savepoint, ddl, beside, thread`` or ''), ``met`` (tests
    that started with it), ``readers`` and ``victims`` (node ids of later tests that read it, and of those whose failure
    it may explain), ``maybe`` (readers are only tests whose code may read it), ``benign`` (no test read it),
    ``inexact, file, line``
``mapped_twice``
    classes that have several mappings at the end: ``class, metadata, how`` (``imported twice``, ``inside a function``,
    ``module run again``, ``two classes``), ``count``, and ``mappings``, the first and the latest: ``module, file, line,
    who``
``reads_known``
    whether reads were observed. If not, no readers are known and ``benign`` means little.
``verdicts``
    what trials have shown (``launch --prove``), as ``prove`` writes it
    (:func:`isolation_tui.experiments.verdict_text.to_document`); the findings then have the grades of the proof

A ``place`` is ``{"file", "line", "function"}`` or null. Files are relative to ``run.rootdir`` if they are below it.

With ``--fix`` the document is ``{"schema", "tool", "exit_status", "before", "after", "comparison", "plan", "fix"}``:
``before`` and ``after`` are documents as above (``after`` and ``comparison`` are null if there was no second run);
``comparison`` has ``counts`` (name -> ``before, after, difference``), ``already_defined`` and ``seconds`` in the same
form, and the node ids ``healed, still, broke, new, gone, not_compared``; ``plan`` is an array of ``change, file, what,
lines, impact``; ``fix`` has its ``outcome`` (``undone``, ``kept``, ``not applied``, ``left applied``) and a ``problem``
or ''.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ... import __version__
from ...diagnose import already_defined
from ...diagnose.conclusions import Conclusions, conclude
from ...experiments.verdict import Verdict
from ...experiments.verdict_text import to_document
from ...model import Run
from ...model.run_comparison import Change, compare
from ..exit_status import exit_status, how_it_ended
from .findings import finding_entry
from .leaks import leak_entries, residue_entries
from .schema import mapped_twice_entries, table_entries
from .tests import fixture_entry, test_entry
from .values import Json, place_or_null, rounded

if TYPE_CHECKING:
    from ...fix import Plan

SCHEMA = 1


def run_document(
    run: Run, damage: str = "", *, found: Conclusions | None = None, verdicts: Sequence[Verdict] = ()
) -> Json:
    """The document of one finished run.

    ``damage`` is what is wrong with the recording that it was read from. ``found`` are its conclusions, if trials have
    corrected them; ``verdicts`` are what the trials have shown.
    """
    found = conclude(run) if found is None else found
    return {
        "schema": SCHEMA,
        "tool": __version__,
        "counts": run.counts.as_dict(),
        "exit_status": exit_status(run),
        "pytest_status": run.exit_status,
        "duration": rounded(run.elapsed),
        "ending": how_it_ended(run, damage),
        "crashed": run.crashed,
        "stopped": run.stopped,
        "fix": run.fix,
        "run": _environment(run),
        "total": run.total,
        "deselected": run.counts.deselected,
        "reruns": run.counts.reruns,
        "warnings": run.counts.warnings,
        "subtests": {"passed": run.counts.subtests_passed, "failed": run.counts.subtests_failed},
        "dropped": run.dropped,
        "limits": list(run.limits),
        "disabled_probes": [{"probe": gone.probe, "why": gone.why} for gone in run.disabled_probes],
        "tests": _tests(run, found),
        "collection_errors": [
            {
                "nodeid": error.nodeid,
                "exception": error.exception,
                "message": error.message,
                "place": place_or_null(run, error.place),
            }
            for error in run.collection_errors
        ],
        "fixtures": [fixture_entry(run, definition) for definition in run.definitions.values()],
        "tables": table_entries(run),
        "residue": residue_entries(run),
        "findings": [finding_entry(run, finding, number) for number, finding in enumerate(found.findings, 1)],
        "explained": {
            "failed": found.failed,
            "explained": found.failed - len(found.unexplained),
            "unexplained": [test.nodeid for test in found.unexplained],
        },
        "leaks": leak_entries(run, found.leaks),
        "mapped_twice": mapped_twice_entries(run),
        "reads_known": found.reads_known,
        "verdicts": [to_document(verdict) for verdict in verdicts],
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
        "comparison": _comparison(before, after) if after is not None else None,
        "plan": [
            {"change": row.change_type, "file": row.file, "what": row.what, "lines": row.lines, "impact": row.impact}
            for row in rows
        ],
        "fix": {"outcome": outcome, "problem": problem},
    }


def _tests(run: Run, found: Conclusions) -> list[Json]:
    numbers = {id(finding): number for number, finding in enumerate(found.findings, 1)}
    return [test_entry(run, test, [numbers[id(finding)] for finding in found.of(test)]) for test in run.tests.values()]


def _environment(run: Run) -> Json:
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


def _comparison(before: Run, after: Run) -> Json:
    compared = compare(before, after)
    earlier, later = (rounded(value) for value in compared.seconds)
    return {
        "counts": {delta.name: _difference(delta.before, delta.after) for delta in compared.counts},
        "already_defined": _difference(already_defined(before), already_defined(after)),
        "seconds": {"before": earlier, "after": later, "difference": rounded(later - earlier)},
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
