"""Find the line of the suite's own code that caused what a probe observes."""

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
"""Top-level packages whose frames come between a cause and its effect, and are never the cause."""

_LIBRARY_FOLDERS = ("/site-packages/", "\\site-packages\\", "/dist-packages/")
_STANDARD_LIBRARY = os.path.dirname(os.__file__) + os.sep
_MAX_FRAMES = 200


def is_library(file: str) -> bool:
    """Whether a source file is installed or Python's own, and not the suite's."""
    if file[:1] == "<" or file.startswith(_STANDARD_LIBRARY):
        return True
    return any(folder in file for folder in _LIBRARY_FOLDERS)


def place_of_code(function: object, module: str = "") -> Place:
    """Where a function is defined, without decorators that keep ``__wrapped__``; an empty place if unknown."""
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

    If there are none, it is the innermost line of a library that is not in the list of plumbing, if any.
    """
    own, library = _lines(frame, most)
    if not own:
        own, beyond = _lines(_awaiting_stack(), most)
        library = library or beyond
    return own or ([library] if library else [])


def _lines(frame: Optional[FrameType], most: int) -> Tuple[List[Place], Optional[Place]]:
    """The suite's own lines on one stack, and the innermost line of a library."""
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


def _awaiting_stack() -> Optional[FrameType]:
    """The stack of the coroutine that awaits a statement: SQLAlchemy's asyncio runs the statement in a greenlet, whose
    parent has that stack."""
    greenlet = sys.modules.get("greenlet")
    current = getattr(greenlet, "getcurrent", None)
    parent = getattr(current(), "parent", None) if current is not None else None
    waiting = getattr(parent, "gr_frame", None)
    return waiting if isinstance(waiting, FrameType) else None


def caller(depth: int = 2) -> Place:
    """The innermost line of the suite's own code, from ``depth`` frames above this function on.

    Python makes an object of each frame that is examined, which takes a third of a microsecond, and SQLAlchemy has
    twenty or thirty. So a known path through libraries is recognised by three of its frames.
    """
    start: Any = sys._getframe(depth)
    for own, last, at_third, third, at_half, half in _paths.get(id(start.f_code), ()):
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
    """The same, frame by frame, from ``start``, which is ``depth`` frames above :func:`caller`; learn the path."""
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
        except AttributeError:  # the stack has ended
            found = callers(start, most=1)
            return found[0] if found else Place()
    if len(codes) >= LEAST_PATH:
        paths = _paths.setdefault(id(codes[0]), [])
        if len(paths) >= MOST_PATHS:
            paths.clear()
        _starts[id(codes[0])] = codes[0]
        third, half = len(codes) // 3, len(codes) // 2
        paths.append((depth + len(codes), codes[-1], depth + third, codes[third], depth + half, codes[half]))
    return _place_of(frame)


def _place_of(frame: Any) -> Place:
    code, module = frame.f_code, frame.f_globals.get("__name__")
    return Place(module if type(module) is str else "", code.co_filename, frame.f_lineno, code.co_name)


LEAST_PATH = 6
"""Frames of libraries in a row that make a path worth learning."""
MOST_PATHS = 12
"""Paths that start at one function."""

_starts: Dict[int, CodeType] = {}
"""Codes where paths start, by id: the hash of a code is computed each time, and takes longer."""
_paths: Dict[int, List[Tuple[int, CodeType, int, CodeType, int, CodeType]]] = {}
"""id of such a code -> its paths to the suite's own code, in frames counted from :func:`caller`'s own: depth of the
suite's code, the code that it called, and depth and code of two frames in between."""

_own_files: Dict[str, bool] = {}


def _is_own(frame: FrameType) -> bool:
    module = frame.f_globals.get("__name__")
    return (
        isinstance(module, str)
        and module.partition(".")[0] not in _PLUMBING
        and not is_library(frame.f_code.co_filename)
    )


def passes_through(frame: Optional[FrameType], packages: Tuple[str, ...]) -> bool:
    """Whether a frame of one of these dotted packages is between ``frame`` and the suite's own code."""
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
