"""Parse the command line: ``launch`` is the default command, and arguments after ``--`` are pytest's."""

from __future__ import annotations

import os
from importlib import import_module

import click

COMMANDS = ("launch", "prove", "hunt", "replay", "fix")
"""The commands, each in the module of its name."""

EXIT_STATUSES = """\b
Exit statuses: pytest's own for the last run (0 passed, 1 failed,
2 interrupted, 3 internal error, 4 usage, 5 no tests), or ours:
  64  wrong arguments or settings       69  fix not possible
  65  damaged or unknown recording      70  internal error
  66  no such path                      71  cannot listen (port in use)
  67  interpreter missing or unfit      72  pytest's process was killed or
  68  pytest too old                        called os._exit
                                        73  a file cannot be written
128+n: ended by signal n (143 after SIGTERM).
"""

_PYTEST_ARGS = "isolation_tui.pytest_args"


class Commands(click.Group):
    """The group of commands. Each is imported when it is run, so that ``--version`` stays fast.

    Without a command's name the arguments are those of ``launch``: ``isolation-tui demo_app --watch``. A folder named
    like a command is given as ``./fix``.
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
                raise click.UsageError(f"There is no command and no path {first!r}. Commands: {names}.", ctx=ctx)
        return super().parse_args(ctx, args)


class PytestCommand(click.Command):
    """A command that takes pytest's arguments after ``--``; :func:`pytest_args` returns them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            at = args.index("--")
            ctx.meta[_PYTEST_ARGS] = tuple(args[at + 1 :])
            args = args[:at]
        return super().parse_args(ctx, args)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(ctx.command_path, " ".join([*self.collect_usage_pieces(ctx), "[-- PYTEST ARGS]"]))


def pytest_args() -> tuple[str, ...]:
    """The arguments after ``--``."""
    args: tuple[str, ...] = click.get_current_context().meta.get(_PYTEST_ARGS, ())
    return args
