"""A Textual driver that survives a closed terminal.

Textual 8.2.8 writes from a thread through a bounded queue. An error of the terminal ends that thread, and the next
write blocks forever.
"""

from __future__ import annotations

from typing import IO, Any

from textual.driver import Driver


class LastingFile:
    """A file whose write errors are ignored."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        try:
            return self._file.write(text)
        except (OSError, ValueError):  # the terminal hung up or was closed
            return len(text)

    def flush(self) -> None:
        try:
            self._file.flush()
        except (OSError, ValueError):
            pass  # as above

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def lasting(driver: type[Driver]) -> type[Driver]:
    """A subclass of the driver that ignores write errors. A driver without ``_file`` is unchanged."""

    class LastingDriver(driver):  # type: ignore[valid-type, misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            file = getattr(self, "_file", None)
            if file is not None:
                self._file = LastingFile(file)

    LastingDriver.__name__ = driver.__name__
    return LastingDriver
