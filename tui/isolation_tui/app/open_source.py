"""Open a place of the suite's source in the user's editor; what is in the way is said in a notice."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from pytest_isolation.events import Place

from ..model import Run
from .editor import editor_command, opens_a_window

if TYPE_CHECKING:
    from .screens.view import View


def open_source(view: View, run: Run, place: Place) -> None:
    """The terminal is lent to the editor until it ends; an editor with a window of its own runs beside us."""
    notice = view.isolation.notice
    root = Path(run.rootdir or run.cwd or ".")
    file = place.file if Path(place.file).is_absolute() else str(root / place.file)
    if not place.file or not Path(file).is_file():
        notice(f"{place.file or 'This line of source'} is not here.", severity="warning")
        return
    command = editor_command(os.environ, file, place.line)
    if not command:
        notice("Name an editor in $VISUAL or $EDITOR, then press e again.", severity="warning")
        return
    try:
        if opens_a_window(command):
            subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            return
        with view.app.suspend():
            subprocess.run(command, check=False)
    except SuspendNotSupported:
        notice("This terminal cannot be lent to an editor.", severity="warning")
    except OSError as error:
        notice(f"{command[0]} could not be started: {error.strerror}.", severity="error")
    view.refresh()
