"""Turn pytest's reports into facts."""

import os
from typing import Any, Dict, List, NamedTuple, Optional

from .call_sites import is_library
from .events import CollectionFailed, PhaseFinished, Place
from .recorder import describe
from .tracebacks import short_traceback

MESSAGE_LIMIT = 4_000
"""Characters of an exception's message that are sent."""

TRACEBACK_LIMIT = 32_000


class Raised(NamedTuple):
    """What reports do not have about an exception: its type's name, the fixture life that raised, a short traceback."""

    exception: str = ""
    life: int = 0
    traceback: str = ""


def phase_finished(
    report: Any, attempt: int, raised: Raised, uses: List[int], of_subtest: bool = False
) -> PhaseFinished:
    """The fact of one report; most phases pass, and return early."""
    outcome = report.outcome
    duration = int(report.duration * 1e9)
    if outcome == "passed" and not of_subtest and not hasattr(report, "wasxfail"):
        return PhaseFinished(report.nodeid, attempt, report.when, outcome, duration, uses)
    subtest = _subtest(report)
    xfail: Optional[str] = None
    if hasattr(report, "wasxfail"):
        xfail = str(report.wasxfail)
    if outcome == "passed" or not report.longrepr:
        return PhaseFinished(report.nodeid, attempt, report.when, outcome, duration, uses, xfail=xfail, subtest=subtest)
    message, place = crash(report.longrepr)
    traceback = "" if outcome == "skipped" else raised.traceback or _traceback(report)
    return PhaseFinished(
        nodeid=report.nodeid,
        attempt=attempt,
        when=report.when,
        outcome=outcome,
        duration=duration,
        uses=uses,
        exception=raised.exception,
        message=message,
        place=place,
        traceback=traceback,
        xfail=xfail,
        life=raised.life,
        subtest=subtest,
    )


def collection_failed(report: Any) -> CollectionFailed:
    """The fact of a module or directory that could not be collected."""
    message, place = crash(report.longrepr)
    exception = message.partition(":")[0][:100]
    return CollectionFailed(report.nodeid, exception, message, place, traceback=_traceback(report))


def conftest_failed(error: Any, path: str, root: str) -> CollectionFailed:
    """The fact of pytest's ConftestImportFailure, which has a ``cause``, or before pytest 8.1 an ``excinfo``."""
    cause = getattr(error, "cause", None) or error.excinfo[1]
    name = type(cause).__name__
    module = type(cause).__module__
    message = describe(cause)
    if module != "builtins":
        name, message = "%s.%s" % (module, name), "%s.%s" % (module, message)
    inside = path[len(root) + 1 :] if root and path.startswith(root + os.sep) else path
    place, traceback = _innermost(cause), short_traceback(cause, root)
    nodeid = inside.replace(os.sep, "/")
    return CollectionFailed(nodeid, name, message, place, traceback=traceback, ends_pytest=True)


def _innermost(error: BaseException) -> Place:
    """The innermost line of the suite's own code in an exception's traceback."""
    place, traceback = Place(), error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if not is_library(code.co_filename):
            place = Place("", code.co_filename, traceback.tb_lineno, code.co_name)
        traceback = traceback.tb_next
    return place


def crash(longrepr: Any) -> "tuple[str, Place]":
    """(message, place) of an exception as pytest represents it: an object, a (path, line, reason), or a text."""
    found = getattr(longrepr, "reprcrash", None)
    if found is not None:
        return str(found.message)[:MESSAGE_LIMIT], Place("", str(found.path), int(found.lineno))
    if isinstance(longrepr, tuple) and len(longrepr) == 3:
        return str(longrepr[2])[:MESSAGE_LIMIT], Place("", str(longrepr[0]), int(longrepr[1] or 0))
    text = str(longrepr)
    lines = [line for line in text.splitlines() if line.startswith("E ")] or text.splitlines()[-1:]
    return "\n".join(line[1:].strip() if line.startswith("E ") else line for line in lines)[:MESSAGE_LIMIT], Place()


def _traceback(report: Any) -> str:
    text = str(report.longreprtext)
    return text if len(text) <= TRACEBACK_LIMIT else "...\n" + text[-TRACEBACK_LIMIT:]


def is_subtest(report: Any) -> bool:
    """Whether the report is of a subtest (pytest 9, or pytest-subtests), and not of the test itself."""
    kind = type(report)
    known = _are_of_subtests.get(kind)
    if known is None:
        known = _are_of_subtests[kind] = "subtest" in kind.__name__.lower()
    return known


_are_of_subtests: Dict[type, bool] = {}


def _subtest(report: Any) -> Optional[str]:
    """A description of the report's subtest; None for the test itself."""
    if not is_subtest(report):
        return None
    context: Any = getattr(report, "context", None)
    described = [str(context.msg)] if getattr(context, "msg", None) else []
    described += ["%s=%s" % pair for pair in dict(getattr(context, "kwargs", None) or {}).items()]
    return " ".join(described)[:200] or "subtest"
