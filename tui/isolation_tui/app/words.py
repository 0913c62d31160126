"""Facts in words: who did it, where, when, and which test. Every word of the suite's own is made safe here."""

from __future__ import annotations

from pytest_isolation.events import Place

from ..diagnose import Finding, already_defined
from ..diagnose.conclusions import Conclusions
from ..model import Run, TableEvent, Test
from ..text.sanitize import clean
from ..text.wording import number, relative

MUTED = "$foreground 60%"
"""The style of what is said quietly. Not ``$text-muted``: inside a text, Textual 8.2.8 draws its automatic colours as
if they were ``$foreground``."""


def where(place: Place, run: Run) -> str:
    """``src/models/product.py:12``, relative to the root; the module where no file is known; '' where nothing is."""
    if not place.file:
        return clean(place.module)
    path = relative(clean(place.file), run.rootdir)
    if path == clean(place.file):
        path = relative(path, run.cwd)
    return f"{path}:{place.line}" if place.line else path


def who(run: Run, event: TableEvent) -> str:
    """``by fixture test_app (setup)``, ``in the test's call`` or ``at import``: whoever is charged."""
    life = run.life_of_unit(event.worker, event.unit)
    if life is not None:
        return f"by fixture {clean(life.name)}" + (f" ({event.unit.step})" if event.unit.step else "")
    if event.unit.phase in ("setup", "call", "teardown"):
        return f"in the test's {event.unit.phase}"
    return "after the last test" if event.unit.phase == "finish" else "at import"


def when(run: Run, at: float) -> str:
    """``+1.204 s`` since the run began."""
    return f"+{max(at - run.started_at, 0.0):.3f} s"


def test_name(nodeid: str) -> str:
    """A node id without its file: ``TestUsers::test_create``."""
    return clean(nodeid.partition("::")[2] or nodeid)


def test_place(test: Test) -> str:
    """``tests/test_users.py:14``."""
    return f"{clean(test.file)}:{test.line}" if test.line else clean(test.file)


def summary(run: Run) -> str:
    """``34 failed, 170 passed, 83 errors; 22 of those "Table already defined"``."""
    line = run.counts.line()
    defined = already_defined(run)
    return f'{line}; {defined} of those "Table already defined"' if run.counts.bad else line


def tests(count: int) -> str:
    """``1 test``, ``36 tests``."""
    return number(count, "test")


def verdict(run: Run | None, found: Conclusions, settled: bool) -> tuple[str, str]:
    """What the run comes to, in one sentence, and how bad that is: ``error``, ``warning``, ``success`` or ``''``.
    ``settled`` tells whether all of the run was looked at."""
    if run is None or not (run.order or found.findings):
        return "", ""
    if run.finished and not settled:
        return "Looking for the causes...", ""
    failed, harmless, left = found.sentence(), len(found.harmless), len(found.unexplained)
    if failed and not run.finished:
        return f"{failed} so far", "error"
    if failed:
        return failed + (f", {left} {'has' if left == 1 else 'have'} none" if left and found.causes else ""), "error"
    if not run.finished:
        return "No failure so far", ""
    if harmless:
        return f"Nothing failed, but {number(harmless, 'thing was', 'things were')} left dirty", "warning"
    read = sum(bool(leak.readers) and not leak.maybe for leak in found.leaks)
    if read and not run.exit_status:
        return f"Nothing failed, but {number(read, 'thing', 'things')} left behind met a later test", "warning"
    return ("", "error") if run.exit_status else ("Nothing failed, and nothing was found", "success")


WAYS = {
    "savepoint": "by the release of a savepoint, which SQLite took for a commit",
    "ddl": "by a DDL statement, which commits by itself",
    "beside": "on another connection than the one that is rolled back",
    "thread": "on another thread's connection",
}
"""How rows escape what is to undo them."""


def healing(finding: Finding) -> str:
    """Whether the conftest recipe mends it: ``fix``, it does; ``may help``, it does where the database is that of the
    application that the recipe finds; '', it does not."""
    if finding.code == "F2":
        return "fix"
    return "may help" if finding.code in ("F4", "F6", "F7", "F15", "F19") else ""
