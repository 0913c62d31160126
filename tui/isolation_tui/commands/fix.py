"""``isolation-tui fix``: the plan of the conftest fix shown, applied, undone or finished."""

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
    epilog="""\b
Examples:
  isolation-tui fix demo_app            what would change, as tables
  isolation-tui fix demo_app --diff     the same as a unified diff
  isolation-tui fix demo_app --apply
  isolation-tui fix demo_app --undo     every file back, byte for byte
"""
)
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--diff", "deed", flag_value="diff", help="Print the plan as a unified diff.")
@click.option("--apply", "deed", flag_value="apply", help="Apply it; a journal is kept for --undo.")
@click.option("--undo", "deed", flag_value="undo", help="Take it back, also one that was cut off.")
@click.option("--finish", "deed", flag_value="finish", help="Finish an apply or undo that was cut off.")
def fix(path: Path | None, deed: str | None) -> int:
    """Plan the conftest fix for the project at PATH (default: here), and show, apply or undo it."""
    place = path or Path()
    if not place.exists():
        raise ToolError(Status.NO_SUCH_PATH, f"There is no {place}.", "Give the folder of a project.")
    root = place.resolve() if place.is_dir() else place.resolve().parent
    try:
        match deed:
            case "undo":
                _say_files("Undone: as before the fix are", undo_fix(root).files)
            case "finish":
                done = finish_fix(root)
                words = "Finished; applied to" if isinstance(done, Applied) else "Finished; taken back from"
                _say_files(words, done.files)
            case _:
                _plan(root, deed)
    except NothingToFix as error:
        raise ToolError(Status.FIX, f"The conftest fix does not fit here: {error.reason}") from error
    except FixError as error:
        raise ToolError(Status.FIX, f"The fix: {error}") from error
    return 0


def _plan(root: Path, deed: str | None) -> None:
    refuse_unless_clean(fix_status(root), root, "so there is nothing to plan")
    plan = plan_fix(root)
    if deed == "diff":
        # On a pipe it is data, for git apply; on a terminal it is somebody else's text.
        shown = "\n".join(clean_lines(plan.diff)) if sys.stdout.isatty() else plan.diff
        emit(sys.stdout, shown)
        return
    emit(sys.stdout, rendered(sys.stdout, lambda console: draw_plan(console, plan)))
    if deed == "apply":
        applied = apply_fix(plan)
        _say_files("Applied to", applied.files)
        emit(sys.stdout, f"Take it back with: {fix_command(root, 'undo')}\n")
    else:
        emit(sys.stdout, f"Nothing was changed. Apply it with: {fix_command(root, 'apply')}\n")


def _say_files(words: str, files: tuple[str, ...]) -> None:
    emit(
        sys.stdout, f"{words} {len(files)} files:\n" + "".join(f"  {line}\n" for f in files for line in clean_lines(f))
    )
