"""Where reports are written: streams that may close at any time, and files that are replaced in one step."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from ..errors import Status, ToolError
from ..text.sanitize import clean

if TYPE_CHECKING:
    from rich.console import Console

NARROWEST, WIDEST, PIPED = 80, 160, 100
"""Columns of a report: the bounds for a terminal's width, and the width without a terminal."""


def emit(stream: TextIO | None, text: str) -> None:
    """Write all of ``text`` and flush. If the reader has gone away (``| head``), the text is discarded."""
    if stream is None:
        return
    try:
        stream.write(text)
        stream.flush()
    except (BrokenPipeError, ValueError):
        _silence(stream)
    except OSError as error:
        _silence(stream)
        if stream is sys.stdout:
            raise ToolError(
                Status.CANNOT_WRITE, f"Cannot write to the standard output: {error.strerror}.", "Name a file."
            ) from error


def note(text: str) -> None:
    """Print a message to the standard error."""
    emit(sys.stderr, f"isolation-tui: {text}\n")


def _silence(stream: TextIO) -> None:
    """Discard what is still buffered, also when the interpreter flushes it at exit."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def width_of(stream: TextIO | None) -> int:
    """The columns to write in: the terminal's width, within bounds."""
    is_terminal = stream is not None and not stream.closed and stream.isatty()
    columns = shutil.get_terminal_size((PIPED, 24)).columns if is_terminal or "COLUMNS" in os.environ else PIPED
    return min(max(columns, NARROWEST), WIDEST)


def rendered(stream: TextIO | None, draw: Callable[[Console], None]) -> str:
    """The text that ``draw`` prints, with the width of ``stream`` and with colours only if it shows them."""
    from rich.console import Console

    is_terminal = stream is not None and not stream.closed and stream.isatty()
    coloured = is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") not in ("dumb", "")
    console = Console(
        file=StringIO(),
        width=width_of(stream),
        force_terminal=coloured,
        no_color=not coloured,
        color_system="auto" if coloured else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    with console.capture() as captured:
        draw(console)
    return "\n".join(line.rstrip() for line in captured.get().split("\n"))


def print_line(console: Console, text: str, style: str = "") -> None:
    """Print one line, made safe and never wrapped, so that what is copied from it is complete."""
    console.print(clean(text), style=style or None, soft_wrap=True)


# -- the JSON document --------------------------------------------------------------------------------------------


class JsonTarget:
    """Where ``--json`` writes: a file, or ``-`` for the standard output.

    Raises :class:`ToolError` (CANNOT_WRITE) at once if that cannot be written, not after a run of ten minutes.
    """

    def __init__(self, name: str) -> None:
        self.is_stdout = name == "-"
        self.path = Path(name)
        if not self.is_stdout:
            refuse_unwritable(self.path, "the JSON document")
            refuse_over_another(self.path, b"{", "a JSON document")

    @classmethod
    def named(cls, name: str | None) -> JsonTarget | None:
        """The target that ``--json`` names; None without that option."""
        return None if name is None else cls(name)

    def write(self, document: Any) -> None:
        """Write the document. Raises :class:`ToolError` if it cannot be written; an existing file is unchanged then."""
        # ASCII: no control character of the suite reaches a terminal, and lone surrogates can be written.
        text = json.dumps(document, indent=2, ensure_ascii=True) + "\n"
        if self.is_stdout:
            emit(sys.stdout, text)
        else:
            _write_whole(self.path, text)


def refuse_unwritable(path: Path, what: str) -> None:
    """Raise :class:`ToolError` (CANNOT_WRITE) unless the file can be written or created."""
    reason = ""
    if path.is_dir():
        reason = "it is a folder"
    elif not path.parent.is_dir():
        reason = f"there is no folder {path.parent}"
    elif path.exists():
        reason = "" if os.access(path, os.W_OK) else "permission denied"
    else:
        try:
            with tempfile.TemporaryFile(dir=path.parent):
                pass
        except OSError as error:
            reason = error.strerror or str(error)
    if reason:
        raise ToolError(Status.CANNOT_WRITE, f"Cannot write {what} to {path}: {reason}.", "Name another file.")


def refuse_over_another(path: Path, begins: bytes | tuple[bytes, ...], kind: str) -> None:
    """Raise :class:`ToolError` if the file exists and does not begin as ``kind`` does.

    A mistake in the arguments must not overwrite a source file.
    """
    if not path.is_file():
        return
    try:
        with path.open("rb") as file:
            start = file.read(1024).lstrip()
    except OSError:
        start = b""
    if start and not start.startswith(begins):
        raise ToolError(
            Status.CANNOT_WRITE,
            f"{path} exists and is not {kind}; it was not overwritten.",
            "Name another file, or remove that one first.",
        )


def _write_whole(path: Path, text: str) -> None:
    try:
        if path.exists() and not path.is_file():  # /dev/fd/3, a named pipe: it cannot be replaced
            path.write_text(text, encoding="ascii")
            return
        target = path.resolve()
        # Hidden, so that a watcher ignores it.
        with tempfile.NamedTemporaryFile(
            "w", encoding="ascii", dir=target.parent, prefix=f".{target.name}.", suffix=".tmp", delete=False
        ) as file:
            temporary = Path(file.name)
            try:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
                temporary.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask())
                temporary.replace(target)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise ToolError(
            Status.CANNOT_WRITE, f"Cannot write the JSON document to {path}: {error.strerror}.", "Name another file."
        ) from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
