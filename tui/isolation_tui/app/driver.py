"""A terminal that may go away. Textual writes from a thread, through a queue that is bounded: an error of the terminal
ends the thread, and whoever writes next waits for ever (seen on 8.2.8, when a terminal was closed)."""

from __future__ import annotations

from typing import IO, Any

from textual.driver import Driver


class LastingFile:
    """``file``; what can no longer be written to it is not missed."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        try:
            return self._file.write(text)
        except (OSError, ValueError):  # hung up; closed
            return len(text)

    def flush(self) -> None:
        try:
            self._file.flush()
        except (OSError, ValueError):
            pass  # the same: there is nobody to see it

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def lasting(driver: type[Driver]) -> type[Driver]:
    """The driver, whose writing does not end with the terminal. One that keeps no ``_file`` stays as it is."""

    class LastingDriver(driver):  # type: ignore[valid-type, misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            file = getattr(self, "_file", None)
            if file is not None:
                self._file = LastingFile(file)

    LastingDriver.__name__ = driver.__name__
    return LastingDriver
