"""One sentence for the whole run: what failed, how much of it is explained, what leaked."""

from __future__ import annotations

from ..model import Run
from ..text.wording import number
from .conclusions import Conclusions


def verdict(run: Run | None, found: Conclusions, up_to_date: bool) -> tuple[str, str]:
    """The sentence, and its level: ``error``, ``warning``, ``success`` or ``''``.

    ``up_to_date`` is whether ``found`` covers all that the run has recorded.
    """
    if run is None or not (run.order or found.findings):
        return "", ""
    if run.finished and not up_to_date:
        return "Looking for the causes...", ""
    failed, harmless, left = found.sentence(), len(found.harmless), len(found.unexplained)
    if failed and not run.finished:
        return f"{failed} so far", "error"
    if failed:
        return failed + (f", {left} not explained" if left and found.causes else ""), "error"
    if not run.finished:
        return "No failure so far", ""
    if harmless:
        return f"No test failed, but {number(harmless, 'leak was', 'leaks were')} found", "warning"
    read = sum(bool(leak.readers) and not leak.maybe for leak in found.leaks)
    if read and not run.exit_status:
        return f"No test failed, but {number(read, 'leak was', 'leaks were')} read by a later test", "warning"
    return ("", "error") if run.exit_status else ("No test failed, and no leak was found", "success")
