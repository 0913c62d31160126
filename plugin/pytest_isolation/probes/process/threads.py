"""Threads that a test or a fixture leaves running.

A new thread is charged to the unit that runs when it is first seen, and emitted if it is alive when that test, or the
wide fixture, has been torn down. Left out are threads of pools, which are meant to last, those of pytest and its
plugins, and those that the :mod:`threading` module did not start, as the sender's own.
"""

import threading
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any, Dict, Optional

from ...events import Place, ThreadLeftRunning, Unit
from ...recorder import Recorder
from .fingerprints import attributes_of, class_bases, class_module, class_names, type_name

NAME_LIMIT = 200
"""Characters of a thread's name."""
MOST_WRAPPERS = 20
"""Around the function that a thread runs."""

_threading: Any = threading
_Thread, _Timer, _Foreign = threading.Thread, threading.Timer, _threading._DummyThread
_LEFT_OUT = (
    "concurrent.futures.",
    "multiprocessing.pool",
    "aiosqlite.",
    "anyio.",
    "psycopg_pool.",
    "pytest_",
    "_pytest.",
    "execnet.",
    "xdist.",
)
"""Modules, by the beginning of their names, that define the function or the class of such a thread."""
_REQUEST_HANDLER = "ThreadingMixIn.process_request_thread"
"""A server's thread for one request: it is the server's, and not of the test that happens to run."""


class Threads:
    """Compares the threads that are alive by number while a test runs, and one by one if that differs."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.alive: Dict[int, Any] = _threading._active
        """Identifier -> thread: the dict in which :mod:`threading` itself keeps them."""
        self.count = 0
        """How many were alive when they were last observed."""
        self._known: Dict[int, int] = {}
        """Identifier -> id of the thread, as the system reuses identifiers."""
        self._started: Dict[int, Unit] = {}
        """Identifier -> the unit during which the thread started, if the thread may have to be emitted."""

    def begin(self) -> None:
        """Take the threads that are alive before the first test as given."""
        self._known = {number: id(thread) for number, thread in self.alive.copy().items()}
        self.count = len(self._known)

    def observe(self, unit: Optional[Unit] = None) -> Dict[int, Any]:
        """Charge new threads to ``unit``, or else to the running one; returns those that are alive."""
        alive = self.alive.copy()
        known, self._known = self._known, {number: id(thread) for number, thread in alive.items()}
        self.count = len(alive)
        for number, thread in alive.items():
            if known.get(number) != id(thread):
                self._started.pop(number, None)
                if _is_of_suite(thread):
                    self._started[number] = unit or self._recorder.unit()
        return alive

    def flush(self) -> None:
        """Emit the threads whose test or fixture has been torn down; called when a test has ended."""
        if self.count == 1 == len(self.alive):  # the main thread
            return
        alive = self.observe(Unit(self._recorder.nodeid))
        for number, unit in list(self._started.items()):
            if number not in alive:
                del self._started[number]
            elif unit.life not in self._recorder.wide_lives:
                del self._started[number]
                thread = attributes_of(alive[number]) or {}
                name = thread.get("_name")
                self._recorder.emit(
                    ThreadLeftRunning(
                        name[:NAME_LIMIT] if type(name) is str else type_name(alive[number]),
                        thread.get("_daemonic") is True,
                        _place_of(_function_of(alive[number])),
                        unit,
                    )
                )


def _is_of_suite(thread: Any) -> bool:
    if type(thread) is _Foreign:
        return False
    place = _place_of(_function_of(thread))
    modules = [place.module, *[class_module(base) for base in class_bases(type(thread))]]
    if any(type(module) is str and module.startswith(_LEFT_OUT) for module in modules):
        return False
    return place.function != _REQUEST_HANDLER


def _function_of(thread: Any) -> Any:
    """What the thread runs: its target, or the ``run`` of its class."""
    run = next((class_names(base)["run"] for base in class_bases(type(thread)) if "run" in class_names(base)), None)
    held = attributes_of(thread) or {}
    if run is _Thread.run:
        run = held.get("_target")
    elif run is _Timer.run:
        run = held.get("function")
    for _ in range(MOST_WRAPPERS):
        if type(run) is partial:
            run = run.func
        elif type(run) is MethodType:
            run = run.__func__
        elif type(run) is FunctionType and type(run.__dict__.get("__wrapped__")) is FunctionType:
            run = run.__dict__["__wrapped__"]
        else:
            break
    return run


def _place_of(function: Any) -> Place:
    """Where it is defined; for an object that is no function, the name of its class."""
    if type(function) is FunctionType:
        code, module = function.__code__, function.__module__
        module = module if type(module) is str else ""
        return Place(module, code.co_filename, code.co_firstlineno, function.__qualname__)
    if type(function) is BuiltinFunctionType:
        return Place(str(function.__module__ or ""), "", 0, function.__name__)
    module = class_module(type(function))
    return Place(module if type(module) is str else "", "", 0, type_name(function))
