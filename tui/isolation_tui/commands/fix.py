"""``isolation-tui fix``: plan the conftest fix and show it, apply it, undo it, or finish it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..errors import Status, ToolError
from ..fix import Applied, FixError, NothingToFix, apply_fix, finish_fix, fix_command, fix_status, plan_fix, undo_fix
from ..report.comparison import draw_plan
from ..report.output import emit, rendered
from ..text.sanitize import clean_lines
from .headless_fix import refuse_unless_clean


@click.command(
    short_help="Show, apply or undo the conftest fix.",
    epilog="""\b
Examples:
  isolation-tui fix demo_app            show what would change
  isolation-tui fix demo_app --diff     show it as a unified diff
  isolation-tui fix demo_app --apply
  isolation-tui fix demo_app --undo     restore every file, byte for byte
""",
)
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--diff", "action", flag_value="diff", help="Print the plan as a unified diff.")
@click.option("--apply", "action", flag_value="apply", help="Apply the plan. --undo takes it back.")
@click.option("--undo", "action", flag_value="undo", help="Undo the fix, also one that was interrupted.")
@click.option("--finish", "action", flag_value="finish", help="Finish an --apply or --undo that was interrupted.")
def fix(path: Path | None, action: str | None) -> int:
    """Plan the conftest fix for the project at PATH (default: the current folder), and show, apply or undo it."""
    place = path or Path()
    if not place.exists():
        raise ToolError(Status.NO_SUCH_PATH, f"There is no {place}.", "Name the folder of a project.")
    root = place.resolve() if place.is_dir() else place.resolve().parent
    try:
        match action:
            case "undo":
                _print_files("Undone; restored", undo_fix(root).files)
            case "finish":
                done = finish_fix(root)
                words = "Finished; applied to" if isinstance(done, Applied) else "Finished; restored"
                _print_files(words, done.files)
            case _:
                _plan(root, action)
    except NothingToFix as error:
        raise ToolError(Status.FIX, f"The conftest fix does not fit this project: {error.reason}") from error
    except FixError as error:
        raise ToolError(Status.FIX, f"The fix: {error}") from error
    return 0


def _plan(root: Path, action: str | None) -> None:
    refuse_unless_clean(fix_status(root), root, "so there is nothing to plan")
    plan = plan_fix(root)
    if action == "diff":
        # On a pipe it is input for git apply; on a terminal it is untrusted text.
        shown = "\n".join(clean_lines(plan.diff)) if sys.stdout.isatty() else plan.diff
        emit(sys.stdout, shown)
        return
    emit(sys.stdout, rendered(sys.stdout, lambda console: draw_plan(console, plan)))
    if action == "apply":
        applied = apply_fix(plan)
        _print_files("Applied to", applied.files)
        emit(sys.stdout, f"Undo it with: {fix_command(root, 'undo')}\n")
    else:
        emit(sys.stdout, f"Nothing was changed. Apply it with: {fix_command(root, 'apply')}\n")


def _print_files(words: str, files: tuple[str, ...]) -> None:
    emit(
        sys.stdout, f"{words} {len(files)} files:\n" + "".join(f"  {line}\n" for f in files for line in clean_lines(f))
    )
