"""Whether a process that has collected its tests may be forked: what a fork would share must not be in use.

A connection that two processes use is broken, and a thread is not there in the child, while the locks it held are.
"""

import os
import sys
import threading
from typing import Any, List, Set

_SQLITE_HEADER = b"SQLite format 3\0"
_SHARED = (
    ("socket:", "a socket is open"),
    ("anon_inode:[eventpoll]", "an event loop is open"),
    ("pipe:", "a pipe to another process is open"),
)


def unsafe_to_fork(own: Set[int]) -> str:
    """Why this process must not be forked, '' if it may. ``own`` are descriptors of the fork server itself."""
    if not sys.platform.startswith("linux") or not os.path.isdir("/proc/self/fd"):
        return "fork is not safe on this system"
    return _green_threads() or _threads() or _children() or _open_files(own)


def _green_threads() -> str:
    monkey: Any = sys.modules.get("gevent.monkey")
    patcher: Any = sys.modules.get("eventlet.patcher")
    if getattr(monkey, "saved", None) or getattr(patcher, "already_patched", None):
        return "threads are replaced by gevent or eventlet"
    return ""


def _threads() -> str:
    if len(os.listdir("/proc/self/task")) < 2:
        return ""
    others = [each.name for each in threading.enumerate() if each is not threading.current_thread()]
    return "a thread runs: %s" % (others[0] if others else "one of a library in C")


def _children() -> str:
    try:
        with open("/proc/self/task/%d/children" % os.getpid()) as file:
            return "a child process runs" if file.read().split() else ""
    except OSError:
        return ""  # the kernel does not say


def _open_files(own: Set[int]) -> str:
    for descriptor in _descriptors():
        if descriptor <= 2 or descriptor in own:
            continue
        try:
            target = os.readlink("/proc/self/fd/%d" % descriptor)
        except OSError:
            continue  # that of the listing itself
        for beginning, why in _SHARED:
            if target.startswith(beginning):
                return "%s after collection" % why
        if target.startswith("/") and _is_database(target):
            return "the database file %s is open after collection" % os.path.basename(target)
    return ""


def _descriptors() -> List[int]:
    return sorted(int(name) for name in os.listdir("/proc/self/fd"))


def _is_database(path: str) -> bool:
    try:
        if not os.path.isfile(path):
            return False
        with open(path, "rb") as file:
            return file.read(len(_SQLITE_HEADER)) == _SQLITE_HEADER
    except OSError:
        return False
