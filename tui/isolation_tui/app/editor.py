"""Open a line of source in the user's editor, with the option that the editor documents and without a shell."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from pytest_isolation.events import Place

from ..model import Run

if TYPE_CHECKING:
    from .screens.view import View

_PLUS_LINE = (
    "vi",
    "vim",
    "nvim",
    "gvim",
    "ex",
    "view",
    "emacs",
    "emacsclient",
    "nano",
    "pico",
    "micro",
    "kak",
    "joe",
    "mg",
)
_GOTO = ("code", "code-insiders", "codium", "vscodium", "cursor", "windsurf")
_COLON = ("subl", "zed", "hx", "helix", "atom")
_GRAPHICAL = (*_GOTO, "subl", "zed", "atom", "gvim")


def editor_command(environ: Mapping[str, str], file: str, line: int) -> list[str]:
    """The command as a list; [] if neither ``VISUAL`` nor ``EDITOR`` is set.

    >>> editor_command({"EDITOR": "vim -u NONE"}, "/a/b.py", 7)
    ['vim', '-u', 'NONE', '+7', '/a/b.py']
    >>> editor_command({"VISUAL": "code -w"}, "/a/b.py", 7)
    ['code', '-w', '--goto', '/a/b.py:7']
    """
    try:
        command = shlex.split(environ.get("VISUAL") or environ.get("EDITOR") or "")
    except ValueError:
        return []
    if not command:
        return []
    # A file name that begins with a dash is not an option.
    target = file if os.path.isabs(file) else f".{os.sep}{file}"
    name = Path(command[0]).stem.lower()
    if line < 1:
        return [*command, target]
    if name in _GOTO:
        return [*command, "--goto", f"{target}:{line}"]
    if name in _COLON:
        return [*command, f"{target}:{line}"]
    if name in _PLUS_LINE:
        return [*command, f"+{line}", target]
    return [*command, target]


def opens_a_window(command: list[str]) -> bool:
    """Whether the editor opens its own window and leaves the terminal to us."""
    return bool(command) and Path(command[0]).stem.lower() in _GRAPHICAL


def open_source(view: View, run: Run, place: Place) -> None:
    """Open the place, or show a notice why that failed. A terminal editor suspends the dashboard until it exits."""
    notice = view.isolation.notice
    root = Path(run.rootdir or run.cwd or ".")
    file = place.file if Path(place.file).is_absolute() else str(root / place.file)
    if not place.file or not Path(file).is_file():
        notice(f"File not found: {place.file or 'the source is not known'}.", severity="warning")
        return
    command = editor_command(os.environ, file, place.line)
    if not command:
        notice("Set $VISUAL or $EDITOR to an editor, then press e again.", severity="warning")
        return
    try:
        if opens_a_window(command):
            subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            return
        with view.app.suspend():
            subprocess.run(command, check=False)
    except SuspendNotSupported:
        notice("This terminal cannot be suspended for an editor.", severity="warning")
    except OSError as error:
        notice(f"{command[0]} could not be started: {error.strerror}.", severity="error")
    view.refresh()
