"""The process's own state: environment, configuration, logging, modules and their globals.

What is compared in a microsecond is looked at whenever a unit leaves the stage, and so charged to the very fixture or
phase. The rest is looked at when a test has ended, and around each step of a fixture that is wider than a test: so a
test is charged with what its own fixtures did, and never with what a wider one did.

Nothing of it calls code of the suite's objects, keeps them alive, or waits for a lock.
"""

import sys
from typing import Any, Dict, List

from ...events import StateInReach
from ...recorder import Recorder
from ...settings import Settings
from ...startup import import_hook
from .changes import Changes
from .environment import Directory, Environment
from .flask_apps import FlaskApps
from .logging_config import Logs
from .module_globals import ModuleGlobals
from .random_seeds import Seeds
from .reachable_code import reached
from .warning_filters import WarningFilters

PROBE = "process"
PARTS = ("env", "config", "cwd", "logging", "warnings", "random", "globals")
"""What can be switched off by itself. ``globals`` are modules and memoised functions too, ``env`` is ``sys.path``
too."""

LEAST_BUDGET = 120
"""Marks compared after each test: some 12 us."""
MARKS_A_SECOND = 200_000
"""More of them after a test that took longer: a fiftieth of its time."""

READERS = 3
"""So many tests that passed are named as having a change in reach."""
LEAST_REACH, REACH = 0.2, 0.02
"""Seconds, and share of the suite's time, for looking who of them has."""


class ProcessProbe:
    def __init__(self, recorder: Recorder, off: "tuple[str, ...]" = ()) -> None:
        self._recorder = recorder
        self._tests: List[str] = []
        self._begun = False
        self._looked_at = 0.0
        self.failed = recorder.guarded(PROBE, self._say_reach)
        """To be called with the item of a test that has failed, while its fixtures last."""
        self.passed = recorder.guarded(PROBE, self._say_some_reach)
        """The same for one that has passed."""
        self._readers: Dict[str, int] = {}
        """``what:name`` -> how many tests that passed were found to have it in reach."""
        self._began = recorder.now()
        self._spent = 0.0
        """Seconds, on the reach of tests that passed."""
        self.changes = Changes(recorder)
        self.apps = FlaskApps(self.changes)
        self.globals = ModuleGlobals(self.changes, self._tests)
        self._environment = None if "env" in off else Environment(self.changes)
        self._directory = None if "cwd" in off else Directory(self.changes)
        self._logs = None if "logging" in off else Logs(self.changes, self.globals.packages)
        self._warnings = None if "warnings" in off else WarningFilters(self.changes)
        self._seeds = None if "random" in off else Seeds(self.changes)
        self._config = "config" not in off
        self._globals = "globals" not in off

    def spare_warnings(self) -> None:
        """pytest itself puts the warning filters back after each test."""
        self._warnings = None

    def _say_reach(self, item: Any) -> None:
        """Which of the changes that stand may its code read?"""
        if self.changes.standing:
            self._reach(item, self.changes.standing)

    def _say_some_reach(self, item: Any) -> None:
        """The same for a test that has passed, for as long as a change has few known readers and there is time."""
        unread = {each for each in self.changes.standing if self._readers.get("%s:%s" % each, 0) < READERS}
        now = self._recorder.now()
        if unread and self._spent < LEAST_REACH + (now - self._began) * REACH:
            for location in self._reach(item, unread):
                self._readers[location] = self._readers.get(location, 0) + 1
            self._spent += self._recorder.now() - now

    def _reach(self, item: Any, standing: "set[tuple[str, str]]") -> List[str]:
        found = reached(item, standing, self.globals.own, self.apps.label_of)
        names = [location for location, _ in found]
        if found:
            self._recorder.emit(StateInReach(item.nodeid, names, [place for _, place in found]))
        return names

    # -- when to look ---------------------------------------------------------------------------------------------

    def unit_ended(self) -> None:
        """A unit leaves the stage: what is cheap to compare. This is called some ten times a test."""
        if not self._begun:
            return
        environment, path = self._environment, sys.path
        if environment is not None and (
            environment.stirred or path is not environment.path or len(path) != environment.length
        ):
            environment.look()
        if self.apps.known:
            self.apps.look()
        recorder = self._recorder
        if recorder.phase == "finish" and not recorder.unit_stack:
            self._tell(len(self._tests))

    def test_boundary(self) -> None:
        if self._recorder.phase == "teardown":
            self._tell(len(self._tests))
        else:
            if not self._begun:
                self._begin()
            self._tests.append(self._recorder.nodeid)
            self._looked_at = self._recorder.now()

    def around_wide_fixture(self) -> None:
        """A step of a fixture wider than a test begins or ends: everything, charged to who is on the stage."""
        if self._begun:
            self.changes.at_end = not self._recorder.unit_stack
            try:
                self._look_closely(max(len(self._tests) - 1, 0), None)
            finally:
                self.changes.at_end = False

    def _begin(self) -> None:
        """What importing and collecting did is how things are."""
        self._begun = True
        self.apps.settle()
        if self._globals:
            self.globals.begin()
        for part in (self._environment, self._directory, self._logs, self._warnings, self._seeds):
            if part is not None:
                part.begin()

    def _tell(self, ended: int) -> None:
        changes = self.changes
        spent = self._recorder.now() - self._looked_at
        changes.at_end = True
        try:
            self._look_closely(ended, LEAST_BUDGET + int(spent * MARKS_A_SECOND))
            changes.tell()
        finally:
            changes.at_end = False

    def _look_closely(self, ended: int, budget: "int | None") -> None:
        for part in (self._directory, self._logs, self._warnings, self._seeds):
            if part is not None and self._recorder.phase != "finish":  # pytest itself goes back to where it came from
                part.look()
        if self._environment is not None:
            self._environment.look_closely()
        if self._config:
            self.apps.settle()
        if self._globals:
            if budget is None:
                self.globals.look(ended)
            else:
                self.globals.look(ended, budget)


def arm(recorder: Recorder, settings: Settings) -> "ProcessProbe | None":
    """Watch the process from now on; None where nobody wants it."""
    if PROBE in settings.off:
        return None
    probe = ProcessProbe(recorder, settings.off)
    recorder.before_phase_ends(PROBE, probe.unit_ended)
    recorder.at_test_boundaries(PROBE, probe.test_boundary)
    recorder.around_wide_fixtures.append(recorder.guarded(PROBE, probe.around_wide_fixture))
    if "config" not in settings.off:
        arm_flask: Any = recorder.guarded(PROBE, probe.apps.arm)
        import_hook.when_imported({"flask.app": arm_flask})
    return probe
