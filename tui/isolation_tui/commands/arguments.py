"""How the command's words are read: ``launch`` goes without saying, and what follows ``--`` is pytest's."""

from __future__ import annotations

import os
from importlib import import_module

import click

COMMANDS = ("launch", "prove", "replay", "fix")
"""Each a module of this room, holding the command of that name."""

EXIT_STATUSES = """\b
Exit statuses: pytest's own (0 passed, 1 failed, 2 interrupted, 3 internal
error, 4 usage, 5 no tests), that of the last run; and ours:
  64  the command's words are off       69  the fix does not fit or clashes
  65  damaged or foreign recording      70  a defect of ours
  66  no such path                      71  cannot listen (port in use)
  67  interpreter missing or unfit      72  pytest's process died, or was left
  68  pytest too old                        by os._exit
                                        73  a file cannot be written
128+n: ended by signal n (143 after SIGTERM).
"""

_PYTEST_ARGS = "isolation_tui.pytest_args"


class Commands(click.Group):
    """The commands, each loaded when it is asked for: what they import takes longer than ``--version`` should.

    Without a command's name the words are those of ``launch``: ``isolation-tui demo_app --watch``.

    A folder called like a command is given as ``./fix``.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"{__package__}.{name}"), name)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args:
            args = ["launch"]
        else:
            first = args[0]
            if first in COMMANDS or first in (*ctx.help_option_names, "-V", "--version"):
                pass
            elif first.startswith("-") or os.path.exists(first.partition("::")[0]):
                args = ["launch", *args]
            else:
                names = ", ".join(COMMANDS)
                raise click.UsageError(f"There is neither a command nor a path {first!r}. Commands: {names}.", ctx=ctx)
        return super().parse_args(ctx, args)


class PytestCommand(click.Command):
    """A command whose words after ``--`` are handed on as they are, see :func:`pytest_args`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            at = args.index("--")
            ctx.meta[_PYTEST_ARGS] = tuple(args[at + 1 :])
            args = args[:at]
        return super().parse_args(ctx, args)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(ctx.command_path, "[PATH] [OPTIONS] [-- PYTEST ARGS]")


def pytest_args() -> tuple[str, ...]:
    """What stood after ``--``."""
    args: tuple[str, ...] = click.get_current_context().meta.get(_PYTEST_ARGS, ())
    return args
