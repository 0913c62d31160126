"""Files replaced whole or not at all, and the lock that keeps two processes apart."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from .errors import FixBusy, FixError

OWN_FILE_PREFIX = ".isolation-tui-"
"""Every file that a fix puts beside a user's file for a moment begins with this; watchers ignore such names."""


def temporary_beside(path: Path) -> Path:
    """Where the new content of ``path`` is written before it takes its place: one fixed name, so that it is found."""
    return path.with_name(f"{OWN_FILE_PREFIX}{path.name}.tmp")


def read_bytes(path: Path) -> bytes | None:
    """The file's content, None where there is no such file; raises FixError where it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FixError(f"{path} cannot be read: {error.strerror or error}.") from error


def replace_file(path: Path, content: bytes, mode: int | None) -> None:
    """Give ``path`` this content and these permission bits in one step; raises OSError.

    Whoever looks sees the old file or the new one, also after a crash: the content is on the disk before the name
    points to it. ``mode`` None means what a new file gets by the umask.
    """
    temporary = temporary_beside(path)
    remove_temporary(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(temporary, flags, 0o666 if mode is None else 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            if mode is not None:
                os.chmod(temporary, mode)
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        remove_temporary(path)
        raise
    sync_folder(path.parent)


def remove_file(path: Path) -> None:
    """Remove ``path`` if it is there, durably; raises OSError."""
    with suppress(FileNotFoundError):
        os.unlink(path)
    sync_folder(path.parent)


def remove_temporary(path: Path) -> None:
    """Remove what an interrupted ``replace_file(path, ...)`` left beside ``path``."""
    with suppress(FileNotFoundError):
        os.unlink(temporary_beside(path))


def sync_folder(folder: Path) -> None:
    """Make renames and removals in ``folder`` durable, where the system can (Windows cannot)."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        pass
    finally:
        os.close(descriptor)


def refuse_unsafe_target(root: Path, path: Path) -> None:
    """Raise FixError unless ``path`` is a place below ``root`` that may be written: no link, no read-only file."""
    relative = path.relative_to(root)
    place = root
    for part in relative.parts:
        place = place / part
        if place.is_symlink():
            raise FixError(
                f"{relative.as_posix()} is reached through a symbolic link ({place}); not written through it."
            )
    if path.exists() and not path.is_file():
        raise FixError(f"{relative.as_posix()} is not a regular file.")
    # The write bits are looked at too: to root everything is writable, and read-only is still what its owner meant.
    for place in (path.parent, path):
        if place.exists() and not (os.access(place, os.W_OK) and stat.S_IMODE(place.stat().st_mode) & 0o222):
            raise FixError(f"{relative.as_posix()} cannot be written: {place} is read-only. Nothing was touched.")


@contextmanager
def locked(lock: Path) -> Iterator[None]:
    """Hold the lock file; raises FixBusy at once where another process holds it. No lock where there is no flock."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "rb+") as file:
        _take(file, lock)
        yield


def _take(file: IO[bytes], lock: Path) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise FixBusy(
            f"another isolation-tui is applying or undoing a fix in this project; wait for it (lock: {lock})."
        ) from None
