"""Replace files in one step, and lock a project against a second process."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from .errors import FixBusy, FixError

OWN_FILE_PREFIX = ".isolation-tui-"
"""The start of the name of every temporary file beside a user's file; watchers ignore such names."""


def temporary_beside(path: Path) -> Path:
    """The file for the new content until it replaces ``path``. Its name is fixed, so that a leftover is found."""
    return path.with_name(f"{OWN_FILE_PREFIX}{path.name}.tmp")


def read_bytes(path: Path) -> bytes | None:
    """The content of a file, None if there is no such file; raises FixError if it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FixError(f"{path} cannot be read: {error.strerror or error}.") from error


def replace_file(path: Path, content: bytes, mode: int | None) -> None:
    """Replace the content and permission bits of ``path`` in one step; raises OSError.

    A reader sees the old file or the new one, also after a crash: the content is on disk before the file is renamed.
    ``mode`` None means the permissions of a new file under the umask.
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
    """Remove the file that an interrupted ``replace_file(path, ...)`` left."""
    with suppress(FileNotFoundError):
        os.unlink(temporary_beside(path))


def sync_folder(folder: Path) -> None:
    """Make renames and removals in ``folder`` durable if the system can (Windows cannot)."""
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
    """Raise FixError if ``path`` is reached through a link, is not a regular file, or is read-only."""
    relative = path.relative_to(root)
    place = root
    for part in relative.parts:
        place = place / part
        if place.is_symlink():
            raise FixError(
                f"{relative.as_posix()} is reached through a symbolic link ({place}), which the fix does not follow."
            )
    if path.exists() and not path.is_file():
        raise FixError(f"{relative.as_posix()} is not a regular file.")
    # Check the write bits too: root can write everything, but the owner made the file read-only.
    for place in (path.parent, path):
        if place.exists() and not (os.access(place, os.W_OK) and stat.S_IMODE(place.stat().st_mode) & 0o222):
            raise FixError(f"{relative.as_posix()} cannot be written: {place} is read-only. Nothing was changed.")


@contextmanager
def locked(lock: Path) -> Iterator[None]:
    """Hold a lock file; raises FixBusy at once if another process holds it. Does nothing on systems without flock."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "rb+") as file:
        _lock(file, lock)
        yield


def _lock(file: IO[bytes], lock: Path) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise FixBusy(
            f"another isolation-tui is applying or undoing a fix in this project; wait until it is done (lock: {lock})."
        ) from None
