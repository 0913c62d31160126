"""Pass and fail counts, counted as pytest's own last line counts them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Counts:
    """The counts of a run. As in pytest, a test that passes and fails in teardown counts as passed and as an error."""

    passed: int = 0
    failed: int = 0
    errors: int = 0
    skipped: int = 0
    xfailed: int = 0
    xpassed: int = 0
    warnings: int = 0
    reruns: int = 0
    deselected: int = 0
    subtests_passed: int = 0
    subtests_failed: int = 0

    def as_dict(self) -> dict[str, int]:
        """The six counts of the JSON document, in its order."""
        return {
            "passed": self.passed,
            "failed": self.failed,
            "errors": self.errors,
            "skipped": self.skipped,
            "xfailed": self.xfailed,
            "xpassed": self.xpassed,
        }

    @property
    def bad(self) -> int:
        return self.failed + self.errors

    def line(self) -> str:
        """``34 failed, 170 passed, 83 errors``: pytest's order, without what is zero."""
        parts = [
            (self.failed, "failed"),
            (self.passed, "passed"),
            (self.skipped, "skipped"),
            (self.deselected, "deselected"),
            (self.xfailed, "xfailed"),
            (self.xpassed, "xpassed"),
            (self.errors, "error" if self.errors == 1 else "errors"),
        ]
        return ", ".join(f"{number} {word}" for number, word in parts if number) or "no tests ran"
