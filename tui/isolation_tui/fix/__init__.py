"""Fixes as recipes: planned from the project's source, shown as a diff, applied and undone as a whole.

Example::

    plan = plan_fix(Path("demo_app"))
    print(plan.diff)
    apply_fix(plan)
    undo_fix(Path("demo_app"))

Only planning imports libcst, which is slow to import.
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
    """Plan the recipe that fits the project below ``root``; writes nothing.

    Raises NothingToFix, with the reason, if no recipe fits, and FixError if a file is unreadable or not valid Python.
    """
    from .conftest_recipe import plan_conftest_fix

    return plan_conftest_fix(root)
