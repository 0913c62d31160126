"""Run trials in the project's own interpreter: exactly these tests, in exactly this order."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType

from pytest_isolation.trials.spec import RUN, SERVE, SPEC_VARIABLE, WATCH

from ..launch.process import plugin_folder, private_folder
from ..launch.project import Project
from .fork_server import ForkRefused, ForkServer
from .fresh_process import FreshProcess
from .plain_command import plain_command
from .restore import Restore
from .server_starts import ServerStarts, Start
from .trial import Trial, TrialResult
from .trial_environment import child_environment
from .trial_report import Ending, TrialReport, outcomes_and_problem, read_report

UNEQUAL = "the trial does not begin as the first one"
STOPPED = "the trial was stopped"

PLUGIN = "pytest_isolation.trials"

SHORTEST_LIMIT = 30.0
"""Seconds that each trial may take in any case: a machine may be busy."""

LIMIT_FACTOR = 10.0
"""How much longer than the observed run of the same tests a trial may take."""


class Prober:
    """Runs trials, one at a time. A context manager: at its end nothing is left running.

    ``files`` are all test files of the observed run, relative to pytest's root folder, in the order they were
    collected: each trial imports them, as the run did. Without them pytest collects what the project's arguments name.
    ``observed`` are the seconds that the whole run took; a trial may take ``limit`` seconds. ``databases`` are SQLite
    files that the run used; they, and what else of the project a trial writes to, are put back after each trial.
    ``restore`` are the user's commands that bring a database server to its start, run before each trial; ``template``
    among them lets trials work on copies of PostgreSQL databases.
    """

    def __init__(
        self,
        project: Project,
        *,
        files: Sequence[str] = (),
        observed: float = 0.0,
        limit: float | None = None,
        fork: bool = True,
        databases: Sequence[Path] = (),
        restore: Sequence[str] = (),
    ) -> None:
        self.project = project
        self.limit = limit if limit is not None else max(SHORTEST_LIMIT, observed * LIMIT_FACTOR)
        self._files = list(files)
        self._folder = private_folder()
        self._inject = plugin_folder(self._folder)
        self._count = 0
        self._stopped = threading.Event()
        self.fork_refused = "not wanted" if not fork else "a restore command runs before each trial" if restore else ""
        """Why trials are not forks of one process ('' as long as they may be)."""
        self._process: FreshProcess | ForkServer | None = None
        """What runs now."""
        self._server: ForkServer | None = None
        self._restore = Restore(project, self._folder, self._inject, databases=databases, commands=restore)
        self._starts = ServerStarts()
        self._start = Start.EQUAL
        """How the last trial began, as to databases on servers."""
        self._plain: TrialReport | None = None
        self._reorderers: dict[str, None] = {}

    def __enter__(self) -> Prober:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> str:
        """End what runs, put the project's files back, and remove the private folder. Why files could not be put back,
        '' if they were."""
        self.stop()
        self._close_server()
        problem = self._restore.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        return problem

    def stop(self) -> None:
        """End the trial that runs; from any thread. Later trials are not begun."""
        self._stopped.set()
        process = self._process
        if process is not None:
            process.stop()
        self._restore.stop()

    def run(self, trial: Trial) -> TrialResult:
        """Run one trial to its end: as a fork where that is safe and the trial allows it, else in a fresh process."""
        if self._restore.copies_databases and not self._plain:
            # Which databases the imports connect to, before any test writes to them.
            self._from_the_start(Trial((), ""), self._forked_or_fresh)
        known = len(self._starts.urls)
        result = self._from_the_start(trial, self._forked_or_fresh)
        if len(self._starts.urls) > known and not result.problem:
            # It used a server's database that was not known, so it is not known from which state it began.
            result = self._from_the_start(trial, self._forked_or_fresh)
        if self._start is Start.UNKNOWN and self._starts.can_compare(trial.victim):
            # Does the suite itself bring its database to a known state?
            alone = self._from_the_start(Trial((trial.victim,), trial.victim), self._forked_or_fresh)
            if not alone.problem:
                result = self._from_the_start(trial, self._forked_or_fresh)
        return result

    def _from_the_start(self, trial: Trial, run: Callable[[Trial], TrialResult]) -> TrialResult:
        problem = self._restore.before_trial(self._starts.urls)
        if problem or self._stopped.is_set():
            return TrialResult(trial, problem=problem or STOPPED)
        start = self._restore.fingerprint()
        result = run(trial)
        not_put_back = self._restore.after_trial()
        problem = result.problem or not_put_back
        if not problem and self._start is not Start.EQUAL:
            problem = f"{UNEQUAL}: {self._starts.difference}. Give a command that puts it back with --restore"
        return replace(result, start=start, problem=problem)

    def _forked_or_fresh(self, trial: Trial) -> TrialResult:
        if not trial.fresh and not trial.without_files and self._started_server():
            result = self._forked(trial)
            if result is not None:
                return result
        return self._fresh(trial, self._trial_command(), self._spec(trial, RUN))

    def confirm(self, trial: Trial) -> TrialResult:
        """Run the plain pytest command that is printed for people, in a fresh process, with a plugin that only watches.

        A test that is in the trial twice cannot be asked for by a plain command; the result then says so.
        """
        if len(set(trial.tests)) < len(trial.tests):
            return TrialResult(trial, problem="plain pytest runs a test only once", command=self.command(trial))
        command = self.command(trial)
        if not command:
            return TrialResult(trial, problem="how to run these tests with plain pytest is not known yet", fresh=True)
        result = self._from_the_start(trial, lambda trial: self._fresh(trial, command, self._spec(trial, WATCH)))
        ran = tuple(each.nodeid for each in result.outcomes)
        if not result.problem and ran != trial.tests:
            return replace(result, problem="plain pytest did not run these tests in this order")
        return result

    def command(self, trial: Trial) -> tuple[str, ...]:
        """The plain pytest command for a trial; known once a first trial has run."""
        if self._plain is None:
            return ()
        arguments = [*self._plain.plain, *(part for name in self._reorderers for part in ("-p", f"no:{name}"))]
        root = Path(self._plain.root)
        return plain_command(self.project.python, arguments, trial.tests, root=root, cwd=self.project.cwd)

    def _trial_command(self) -> tuple[str, ...]:
        return (self.project.python, "-m", "pytest", "-p", PLUGIN, *self.project.args)

    def _spec(self, trial: Trial | None, mode: str, **more: object) -> Path:
        self._count += 1
        folder = self._folder / f"trial-{self._count}"
        (folder / "scratch").mkdir(parents=True)
        spec = {
            "mode": mode,
            "report": str(folder / "report"),
            "scratch": str(folder / "scratch"),
            "tests": list(trial.tests) if trial else [],
            "files": self._files,
            "without_files": list(trial.without_files) if trial else [],
            "undo": asdict(trial.undo) if trial and trial.undo else None,
            "servers": self._starts.urls,
            "keep": self._restore.keep,
            "root": str(self.project.root),
            **more,
        }
        file = folder / "spec.json"
        file.write_text(json.dumps(spec), encoding="utf-8")
        return file

    def _started_server(self) -> bool:
        """Whether there is a fork server; started when a trial first could use it."""
        if self._server is not None or self.fork_refused or self._stopped.is_set():
            return self._server is not None
        pipes = ForkServer.pipes()
        spec = self._spec(None, SERVE, requests=pipes[0], answers=pipes[2])
        env = self._environment(spec)
        try:
            self._process = self._server = ForkServer.start(
                self._trial_command(),
                self.project.cwd,
                env,
                spec.with_name("output"),
                marker=str(self._inject),
                pipes=pipes,
            )
            self._server.await_ready(self.limit)
            changed = self._restore.changed_by_collecting()
            if changed:
                raise ForkRefused(f"collecting the tests changes {changed}")
        except (OSError, ForkRefused) as error:
            self.fork_refused = str(error)
            self._close_server()
            self._restore.after_trial()
        finally:
            self._process = None
        self._learn(read_report(spec.with_name("report")))
        return self._server is not None

    def _close_server(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()

    def _forked(self, trial: Trial) -> TrialResult | None:
        """None where the server has gone: then trials are fresh."""
        assert self._server is not None
        started = time.monotonic()
        spec = self._spec(trial, RUN)
        self._process = self._server
        if self._stopped.is_set():
            self._server.stop()
        try:
            ending = self._server.run(spec, self.limit)
        finally:
            self._process = None
        if ending is None:
            self.fork_refused = "the process that had collected ended"
            self._close_server()
            return None
        return self._result(trial, spec, ending, time.monotonic() - started, fresh=False)

    def _environment(self, spec: Path) -> dict[str, str]:
        return {**child_environment(self._inject), SPEC_VARIABLE: str(spec)}

    def _fresh(self, trial: Trial, command: Sequence[str], spec: Path) -> TrialResult:
        started = time.monotonic()
        env = self._environment(spec)
        if command[3:5] != ("-p", PLUGIN):
            env["PYTEST_PLUGINS"] = ",".join(filter(None, [os.environ.get("PYTEST_PLUGINS"), PLUGIN]))
        try:
            if self._stopped.is_set():
                return TrialResult(trial, problem=STOPPED, fresh=True)
            process = self._process = FreshProcess(
                command,
                self.project.cwd,
                env,
                spec.with_name("output"),
                marker=str(self._inject),
                spare=(self._server.pid,) if self._server is not None else (),
            )
        except OSError as error:
            return TrialResult(trial, problem=f"{command[0]} could not be started: {error.strerror}", fresh=True)
        try:
            if self._stopped.is_set():  # between the look and the start
                process.stop()
            ending = process.wait(self.limit)
        finally:
            process.end()
            self._process = None
        return self._result(trial, spec, ending, time.monotonic() - started, fresh=True)

    def _result(self, trial: Trial, spec: Path, ending: Ending, seconds: float, *, fresh: bool) -> TrialResult:
        report = read_report(spec.with_name("report"))
        self._learn(report)
        self._starts.learn_used(report.servers_used)
        first = trial.tests[0] if trial.tests else ""
        self._start = self._starts.compare(first, report.servers, report.servers_at_call)
        outcomes, problem = outcomes_and_problem(trial, report, ending, self.limit)
        shutil.rmtree(spec.parent, ignore_errors=True)
        return TrialResult(
            trial=trial,
            outcomes=outcomes,
            seconds=seconds,
            start="",
            problem=problem,
            command=self.command(trial),
            fresh=fresh,
        )

    def _learn(self, report: TrialReport) -> None:
        """How the plain command has to be, from what a process knew of its own options."""
        if report.root:
            self._plain = report
            self._reorderers |= dict.fromkeys(report.reorderers)
