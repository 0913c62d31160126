"""Which line of the suite's own code caused what a probe sees."""

import os
import sys
from types import CodeType, FrameType
from typing import Any, Dict, List, Optional, Tuple

from .events import Place

_PLUMBING = (
    "sqlalchemy",
    "flask_sqlalchemy",
    "sqlmodel",
    "importlib",
    "_frozen_importlib",
    "runpy",
    "pluggy",
    "_pytest",
    "pytest",
    "pytest_isolation",
    "xdist",
    "execnet",
    "threading",
    "contextlib",
    "functools",
)
"""Top-level packages whose frames are between the cause and the event, never the cause."""

_LIBRARY_FOLDERS = ("/site-packages/", "\\site-packages\\", "/dist-packages/")
_STANDARD_LIBRARY = os.path.dirname(os.__file__) + os.sep
_MAX_FRAMES = 200


def is_library(file: str) -> bool:
    """Whether a file of code is installed or of Python itself, and not the suite's own."""
    if file[:1] == "<" or file.startswith(_STANDARD_LIBRARY):
        return True
    return any(folder in file for folder in _LIBRARY_FOLDERS)


def place_of_code(function: object, module: str = "") -> Place:
    """Where a function is defined, unwrapped from decorators that keep ``__wrapped__``; an empty place if unknown."""
    seen = 0
    while hasattr(function, "__wrapped__") and seen < 20:
        function, seen = function.__wrapped__, seen + 1
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    if code is None:
        return Place(module)
    name = getattr(function, "__qualname__", code.co_name)
    return Place(str(getattr(function, "__module__", module)), code.co_filename, code.co_firstlineno, str(name))


def callers(frame: Optional[FrameType], most: int = 6) -> List[Place]:
    """The lines of the suite's own code on the stack, innermost first, at most ``most``.

    Library frames are passed over; where nothing but libraries is on the stack, the innermost of those that are not
    plumbing is named. Empty where there is none.
    """
    own, library = _lines(frame, most)
    if not own:
        own, beyond = _lines(_stack_that_waits(), most)
        library = library or beyond
    return own or ([library] if library else [])


def _lines(frame: Optional[FrameType], most: int) -> Tuple[List[Place], Optional[Place]]:
    """The suite's own lines on one stack, and the innermost of libraries."""
    own: List[Place] = []
    library: Optional[Place] = None
    for _ in range(_MAX_FRAMES):
        if frame is None or len(own) >= most:
            break
        code = frame.f_code
        module = frame.f_globals.get("__name__")
        if isinstance(module, str) and module.partition(".")[0] not in _PLUMBING and code.co_filename[:1] != "<":
            place = Place(module, code.co_filename, frame.f_lineno, code.co_name)
            if is_library(code.co_filename):
                library = library or place
            elif not own or own[-1][1:3] != place[1:3]:
                own.append(place)
        frame = frame.f_back
    return own, library


def _stack_that_waits() -> Optional[FrameType]:
    """SQLAlchemy's asyncio runs a statement in a greenlet of its own: the coroutine that awaits it is on the stack of
    that greenlet's parent."""
    greenlet = sys.modules.get("greenlet")
    current = getattr(greenlet, "getcurrent", None)
    parent = getattr(current(), "parent", None) if current is not None else None
    waiting = getattr(parent, "gr_frame", None)
    return waiting if isinstance(waiting, FrameType) else None


def caller(depth: int = 2) -> Place:
    """The innermost line of the suite's own code, seen from ``depth`` frames above this function.

    Python makes an object of each frame that is looked at, a third of a microsecond, and SQLAlchemy's are twenty or
    thirty. So a way through libraries that was gone before is known by three frames of it.
    """
    start: Any = sys._getframe(depth)
    for own, last, at_third, third, at_half, half in _ways.get(id(start.f_code), ()):
        try:
            frame: Any = sys._getframe(own)
        except ValueError:  # the stack is not that deep
            continue
        if (
            _own_files.get(frame.f_code.co_filename)
            and sys._getframe(own - 1).f_code is last
            and sys._getframe(at_third).f_code is third
            and sys._getframe(at_half).f_code is half
        ):
            return _place_of(frame)
    return _walk(start, depth)


def _walk(start: Any, depth: int) -> Place:
    """``start`` is ``depth`` frames above the caller of this. Files are judged once each."""
    frame, known, codes = start, _own_files, []
    while True:
        try:
            code = frame.f_code
            while not known[code.co_filename]:
                codes.append(code)
                frame = frame.f_back
                code = frame.f_code
            break
        except KeyError:
            known[code.co_filename] = _is_own(frame)
        except AttributeError:  # there is no more
            found = callers(start, most=1)
            return found[0] if found else Place()
    if len(codes) >= LEAST_WAY:
        ways = _ways.setdefault(id(codes[0]), [])
        if len(ways) >= MOST_WAYS:
            ways.clear()
        _starts[id(codes[0])] = codes[0]
        third, half = len(codes) // 3, len(codes) // 2
        ways.append((depth + len(codes), codes[-1], depth + third, codes[third], depth + half, codes[half]))
    return _place_of(frame)


def _place_of(frame: Any) -> Place:
    code, module = frame.f_code, frame.f_globals.get("__name__")
    return Place(module if type(module) is str else "", code.co_filename, frame.f_lineno, code.co_name)


LEAST_WAY = 6
"""Frames of libraries in a row that are worth to be known."""
MOST_WAYS = 12
"""From one function of ours."""

_starts: Dict[int, CodeType] = {}
"""Functions of ours, or of what called them, by id: a hash of one is made anew each time, and takes longer."""
_ways: Dict[int, List[Tuple[int, CodeType, int, CodeType, int, CodeType]]] = {}
"""id of one of these -> ways from it to the suite's own code, in frames counted from :func:`caller`'s own: where that
code is, the function that it called, and where and what two in between are."""

_own_files: Dict[str, bool] = {}


def _is_own(frame: FrameType) -> bool:
    module = frame.f_globals.get("__name__")
    return (
        isinstance(module, str)
        and module.partition(".")[0] not in _PLUMBING
        and not is_library(frame.f_code.co_filename)
    )


def passes_through(frame: Optional[FrameType], packages: Tuple[str, ...]) -> bool:
    """Whether a frame of one of these dotted packages stands between here and the suite's own code."""
    for _ in range(_MAX_FRAMES):
        if frame is None:
            return False
        module = frame.f_globals.get("__name__")
        if isinstance(module, str):
            if module.startswith(packages):
                return True
            if module.partition(".")[0] not in _PLUMBING:
                return False
        frame = frame.f_back
    return False
