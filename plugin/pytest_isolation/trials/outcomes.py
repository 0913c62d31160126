"""What became of one test: folded from pytest's reports of its phases."""

from typing import Any, Dict

LONGEST_MESSAGE = 4_000


class TestResult:
    """The reports of one test, folded. The first failure counts: what follows is often its consequence."""

    __test__ = False

    def __init__(self) -> None:
        self.outcome = "not run"
        self.phase = ""
        self.error_type = ""
        self.message = ""
        self.seconds = 0.0
        self._errors: Dict[str, Any] = {}

    def raised(self, when: str, error: Any) -> None:
        """``error`` (a pytest ExceptionInfo) ended the phase ``when``."""
        self._errors.setdefault(when, (_type_name(error), _text(error)))

    def add(self, report: Any) -> None:
        """The report of a phase (or of a subtest, which is a report of the call)."""
        self.seconds += getattr(report, "duration", 0.0) or 0.0
        if self.outcome in ("failed", "error"):
            return
        if report.outcome == "failed":
            self._failed(report)
        elif report.outcome == "skipped":
            self.outcome = "xfailed" if hasattr(report, "wasxfail") else "skipped"
            self.phase = report.when
        elif report.outcome == "passed" and report.when == "call" and self.outcome == "not run":
            self.outcome = "xpassed" if hasattr(report, "wasxfail") else "passed"

    def _failed(self, report: Any) -> None:
        self.outcome = "failed" if report.when == "call" else "error"
        self.phase = report.when
        self.error_type, self.message = self._errors.get(report.when) or _from_report(report)


def _type_name(error: Any) -> str:
    kind = error.type
    module = getattr(kind, "__module__", "")
    return kind.__qualname__ if module == "builtins" else "%s.%s" % (module, kind.__qualname__)


def _text(error: Any) -> str:
    try:
        return str(error.value)[:LONGEST_MESSAGE]
    except Exception as trouble:  # the suite's own __str__
        return "<its message cannot be read: %s>" % type(trouble).__name__


def _from_report(report: Any) -> Any:
    """Where no exception was seen: the crash line of the report (a subtest, a test run in a process of its own)."""
    crash = getattr(getattr(report, "longrepr", None), "reprcrash", None)
    message = str(getattr(crash, "message", "") or getattr(report, "longrepr", "") or "")[:LONGEST_MESSAGE]
    head, separator, rest = message.partition(": ")
    return (head, rest) if separator and head.isidentifier() else ("", message)
