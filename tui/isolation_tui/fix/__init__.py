"""Fixes as recipes: planned from the project's own source, shown as a diff, applied, undone, and never half done.

One round::

    plan = plan_fix(Path("demo_app"))
    print(plan.diff)
    apply_fix(plan)
    undo_fix(Path("demo_app"))

Only planning loads libcst, which takes longer than many a suite runs.
"""

from pathlib import Path

from .apply import Applied, FixStatus, Undone, apply_fix, finish_fix, fix_status, undo_fix
from .errors import ChangedSincePlan, EditedSinceFix, FixBusy, FixError, FixInterrupted, NothingToFix
from .journal import STATE_VARIABLE
from .plan import FileChange, Plan, SummaryRow
from .status_text import describe_status, fix_command

__all__ = [
    "STATE_VARIABLE",
    "Applied",
    "ChangedSincePlan",
    "EditedSinceFix",
    "FileChange",
    "FixBusy",
    "FixError",
    "FixInterrupted",
    "FixStatus",
    "NothingToFix",
    "Plan",
    "SummaryRow",
    "Undone",
    "apply_fix",
    "describe_status",
    "finish_fix",
    "fix_command",
    "fix_status",
    "plan_fix",
    "undo_fix",
]


def plan_fix(root: Path) -> Plan:
    """Plan the recipe that fits the project below ``root``, from its own source; writes nothing.

    Raises NothingToFix where none fits, with one sentence saying why, and FixError where a file cannot be read or is
    no valid Python.
    """
    from .conftest_recipe import plan_conftest_fix

    return plan_conftest_fix(root)
