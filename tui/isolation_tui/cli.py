"""The command line: run one command, print its error if it fails, and return its exit status."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

import click

from . import __version__
from .commands.arguments import EXIT_STATUSES, Commands
from .errors import Status, ToolError

DEBUG_VARIABLE = "ISOLATION_TUI_DEBUG"
"""Environment variable; if set, an internal error shows its traceback."""

INTERRUPTED = 130
"""Exit status after Ctrl-C if no pytest was running yet."""


def main() -> int:
    """Run the command in ``sys.argv`` and return its exit status.

    An error is printed in one or two lines, without a traceback unless ISOLATION_TUI_DEBUG is set.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that cannot show ✘ shows ?
    try:
        result = cli.main(prog_name="isolation-tui", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        return _print_error(Status.USAGE, error.format_message(), _usage_hint(error))
    except (KeyboardInterrupt, click.Abort):
        return _print_error(INTERRUPTED, "Interrupted.")
    except ToolError as error:
        return _print_error(error.status, error.what, error.next_step)
    except BrokenPipeError:
        from .report.output import emit

        emit(sys.stdout, "")
        return 0
    except Exception as error:
        return _failed(error)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EXIT_STATUSES,
)
@click.version_option(__version__, "-V", "--version", message="isolation-tui %(version)s")
def cli() -> None:
    """See which fixture, table or row leaks between your pytest + SQLAlchemy tests, live, in the terminal.

    \b
    isolation-tui                       run the suite in this folder, in the dashboard
    isolation-tui launch demo_app       run the suite in another folder
    isolation-tui launch --headless     print a summary instead, as for CI
    isolation-tui prove NODEID          find out by trials why a test fails
    isolation-tui replay run.ndjson     show a recorded run
    isolation-tui fix demo_app          show what the conftest fix would change
    """


def _print_error(status: int, what: str, next_step: str = "") -> int:
    from .report.output import note
    from .text.sanitize import clean_lines

    lines = [f"isolation-tui: {what}", *([f"  {next_step}"] if next_step else [])]
    note("\n".join(safe for line in lines for safe in clean_lines(line)).removeprefix("isolation-tui: "))
    return int(status)


def _usage_hint(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "isolation-tui"
    if isinstance(error, click.NoSuchOption) and command.endswith("launch"):
        return f"pytest's own arguments come after --, as in: {command} -- {error.option_name}. See {command} --help."
    return f"See {command} --help."


def _failed(error: Exception) -> int:
    """The exit status for an error of the fix that no command handled, or for an internal error."""
    from .fix import FixError

    if isinstance(error, FixError):
        return _print_error(Status.FIX, f"The fix: {error}")
    if os.environ.get(DEBUG_VARIABLE):
        traceback.print_exc()
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(frame.filename).name}:{frame.lineno}"
    return _print_error(
        Status.INTERNAL,
        f"Internal error, a bug in isolation-tui: {type(error).__name__}: {error} ({where}).",
        f"Please report it with its traceback: set {DEBUG_VARIABLE}=1 and run the command again.",
    )
