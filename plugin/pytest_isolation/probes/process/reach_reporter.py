"""Report which changes of the process's state the code of a test may read."""

from typing import Any, Dict, List, Set, Tuple

from ...events import StateInReach
from ...recorder import Recorder
from .changes import Changes
from .flask_apps import FlaskApps
from .module_globals import ModuleGlobals
from .reachable_code import state_in_reach

READERS = 3
"""Of the tests that passed, so many are reported for one change."""

LEAST_SPENT, SHARE = 0.2, 0.02
"""Seconds, and share of the suite's time, that may be spent on tests that passed."""


class ReachReporter:
    """Searches the code of tests that failed, and of some that passed, while a change is in place."""

    def __init__(self, recorder: Recorder, changes: Changes, globals: ModuleGlobals, apps: FlaskApps) -> None:
        self._recorder = recorder
        self._changes = changes
        self._globals = globals
        self._apps = apps
        self._readers: Dict[str, int] = {}
        """``what:name`` -> how many tests that passed were found to have it in reach."""
        self._began = recorder.now()
        self._spent = 0.0
        """Seconds, on tests that passed."""

    def test_failed(self, item: Any) -> None:
        """Report every change that its code may read."""
        if self._changes.unrestored:
            self._report(item, self._changes.unrestored)

    def test_passed(self, item: Any) -> None:
        """Report the changes of which few readers are known yet, as long as there is time for it."""
        unread = {each for each in self._changes.unrestored if self._readers.get("%s:%s" % each, 0) < READERS}
        now = self._recorder.now()
        if unread and self._spent < LEAST_SPENT + (now - self._began) * SHARE:
            for location in self._report(item, unread):
                self._readers[location] = self._readers.get(location, 0) + 1
            self._spent += self._recorder.now() - now

    def _report(self, item: Any, locations: Set[Tuple[str, str]]) -> List[str]:
        found = state_in_reach(item, locations, self._globals.own, self._apps.label_of)
        names = [location for location, _ in found]
        if found:
            self._recorder.emit(StateInReach(item.nodeid, names, [place for _, place in found]))
        return names
