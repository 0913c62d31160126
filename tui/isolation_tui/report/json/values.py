"""Values that every part of the document writes in the same way: places, files and seconds."""

from __future__ import annotations

from typing import Any

from pytest_isolation.events import Place

from ...model import Run
from ...text.wording import relative

Json = dict[str, Any]


def file_of(run: Run, place: Place) -> str:
    """The file of a place, relative to pytest's root if it is below that."""
    return relative(place.file, run.rootdir)


def file_and_line(run: Run, place: Place) -> Json:
    """The keys ``file`` and ``line`` of a place."""
    return {"file": file_of(run, place), "line": place.line}


def place_or_null(run: Run, place: Place) -> Json | None:
    """A place as ``file, line, function``; null if it is unknown."""
    return {**file_and_line(run, place), "function": place.function} if place.file else None


def rounded(seconds: float) -> float:
    """Seconds to the microsecond."""
    return round(seconds, 6)
