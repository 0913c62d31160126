"""The probe of the process's own state: environment, configuration, logging, modules and their globals.

What takes a microsecond to compare is observed whenever a phase, set-up or teardown ends, and so charged exactly. The
rest is observed when a test has ended, and around each set-up and teardown of a fixture that is wider than a test: so a
test is charged with what its own fixtures did, and never with what a wider one did.

No part of the probe calls code of the suite's objects, keeps them alive, or waits for a lock.
"""

import sys
from typing import Any, List, Optional, Tuple

from ...recorder import Recorder
from ...settings import Settings
from ...startup import import_hook
from .changes import Changes
from .environment import Directory, Environment
from .flask_apps import FlaskApps
from .logging_config import LoggingConfig
from .module_globals import ModuleGlobals
from .random_seeds import RandomSeeds
from .reach_reporter import ReachReporter
from .threads import Threads
from .warning_filters import WarningFilters

PROBE = "process"
PARTS = ("env", "config", "cwd", "logging", "warnings", "random", "globals", "threads")
"""What can be switched off by itself. ``env`` includes ``sys.path``; ``globals`` includes modules and memoised
functions."""

LEAST_BUDGET = 120
"""Values that are compared after each test at least: some 12 us."""
VALUES_A_SECOND = 200_000
"""More of them after a test that took longer: a fiftieth of its time."""


class ProcessProbe:
    """Calls the parts when it is time for them, and flushes the changes that they note."""

    def __init__(self, recorder: Recorder, off: Tuple[str, ...] = ()) -> None:
        self._recorder = recorder
        self._tests: List[str] = []
        self._begun = False
        self._started_at = 0.0
        """When the running test started."""
        self.changes = Changes(recorder)
        self.apps = FlaskApps(self.changes)
        self.globals = ModuleGlobals(self.changes, self._tests)
        reach = ReachReporter(recorder, self.changes, self.globals, self.apps)
        self.test_failed = recorder.guarded(PROBE, reach.test_failed)
        """Called with the item of a test that has failed, before its fixtures are torn down."""
        self.test_passed = recorder.guarded(PROBE, reach.test_passed)
        """The same for a test that has passed."""
        self._environment = None if "env" in off else Environment(self.changes, recorder.patches)
        self._directory = None if "cwd" in off else Directory(self.changes)
        self._logging = None if "logging" in off else LoggingConfig(self.changes, self.globals.packages)
        self._warnings = None if "warnings" in off else WarningFilters(self.changes)
        self._seeds = None if "random" in off else RandomSeeds(self.changes, recorder.patches)
        self._threads = None if "threads" in off else Threads(recorder)
        self._config = "config" not in off
        self._globals = "globals" not in off

    def skip_warnings(self) -> None:
        """Leave the warning filters out: pytest itself restores them after each test."""
        self._warnings = None

    # -- when to observe ------------------------------------------------------------------------------------------

    def unit_ended(self) -> None:
        """Observe what is cheap to compare. This is called some ten times a test."""
        if not self._begun:
            return
        environment, path = self._environment, sys.path
        if environment is not None and (
            environment.may_differ or path is not environment.path or len(path) != environment.length
        ):
            environment.observe()
        if self.apps.known:
            self.apps.observe()
        threads = self._threads
        if threads is not None and len(threads.alive) != threads.count:
            threads.observe()
        recorder = self._recorder
        if recorder.phase == "finish" and not recorder.unit_stack:
            self._flush()

    def test_boundary(self) -> None:
        """Observe everything when a test has ended."""
        if self._recorder.phase == "teardown":
            self._flush()
        else:
            if not self._begun:
                self._begin()
            self._tests.append(self._recorder.nodeid)
            self._started_at = self._recorder.now()

    def around_wide_fixture(self) -> None:
        """Observe everything before and after a set-up or teardown of a fixture that is wider than a test."""
        if self._begun:
            self.changes.phase_is_unknown = not self._recorder.unit_stack
            try:
                self._observe_closely(max(len(self._tests) - 1, 0), None)
            finally:
                self.changes.phase_is_unknown = False

    def _begin(self) -> None:
        """Take the state after import and collection as what it should be."""
        self._begun = True
        self.apps.observe_closely()
        if self._globals:
            self.globals.begin()
        for part in (self._environment, self._directory, self._logging, self._warnings, self._seeds, self._threads):
            if part is not None:
                part.begin()

    def _flush(self) -> None:
        changes = self.changes
        spent = self._recorder.now() - self._started_at
        changes.phase_is_unknown = True
        try:
            self._observe_closely(len(self._tests), LEAST_BUDGET + int(spent * VALUES_A_SECOND))
            changes.flush()
            if self._threads is not None:
                self._threads.flush()
        finally:
            changes.phase_is_unknown = False

    def _observe_closely(self, ended: int, budget: Optional[int]) -> None:
        """``ended`` is how many tests have ended; None as ``budget`` compares everything."""
        for part in (self._directory, self._logging, self._warnings, self._seeds):
            if part is not None and self._recorder.phase != "finish":  # pytest itself restores the directory there
                part.observe()
        if self._environment is not None:
            self._environment.observe_closely()
        if self._config:
            self.apps.observe_closely()
        if self._globals:
            if budget is None:
                self.globals.observe(ended)
            else:
                self.globals.observe(ended, budget)


def arm(recorder: Recorder, settings: Settings) -> Optional[ProcessProbe]:
    """Observe the process from now on; None if the probe is switched off."""
    if PROBE in settings.off:
        return None
    probe = ProcessProbe(recorder, settings.off)
    recorder.before_phase_ends(PROBE, probe.unit_ended)
    recorder.at_test_boundaries(PROBE, probe.test_boundary)
    recorder.around_wide_fixtures.append(recorder.guarded(PROBE, probe.around_wide_fixture))
    if "config" not in settings.off:
        arm_flask: Any = recorder.guarded(PROBE, lambda _: probe.apps.arm(recorder.patches))
        import_hook.when_imported({"flask.app": arm_flask})
    return probe
