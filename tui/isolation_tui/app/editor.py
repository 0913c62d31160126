"""Opens a line of source in the user's editor: no shell, no guessing beyond what each editor documents."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

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
    """The command as a list; [] where no editor is named by ``VISUAL`` or ``EDITOR``.

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
    # A file of that name must never be taken for an option.
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
    """Whether the editor has a window of its own, so that the terminal stays ours."""
    return bool(command) and Path(command[0]).stem.lower() in _GRAPHICAL
