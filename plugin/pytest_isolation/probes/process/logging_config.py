"""Logging: what the root logger and the project's own loggers are set to.

pytest puts handlers of its own on the root logger during each phase; they are not counted.
"""

import logging
from typing import Any, Dict, List, Set, Tuple

from .changes import Changes
from .fingerprints import class_module, ids, is_one_of

_LOGGERS = ids(logging.Logger, logging.RootLogger)
_FIELDS = ("level", "disabled", "propagate", "handlers", "filters")


class Logs:
    def __init__(self, changes: Changes, packages: Set[str]) -> None:
        self._changes = changes
        self._packages = packages
        """Top-level names of the project's own modules: loggers are mostly named after modules."""
        self._known = -1
        self._loggers: Dict[str, Any] = {}
        self._seen: Dict[str, Tuple[Any, ...]] = {}
        self._quick: Dict[str, List[int]] = {}
        """Logger -> ids of its fields, and of the handlers and filters among them."""
        self._disable = 0

    def begin(self) -> None:
        self._disable = self._disabled()
        self.look()

    def look(self) -> None:
        manager = logging.root.manager
        if len(manager.loggerDict) != self._known:
            self._find(manager.loggerDict)
        for name, logger in self._loggers.items():
            quick = _quick_marks(logger.__dict__)
            if quick == self._quick.get(name):
                continue
            self._quick[name] = quick
            now = _marks(logger.__dict__)
            before = self._seen.get(name)
            if now != before:
                self._seen[name] = now
                if before is not None:
                    self._tell(name, before, now)
        disable = self._disabled()
        if disable != self._disable:
            before_disable, self._disable = self._disable, disable
            self._changes.saw("logging", "logging.disable", before_disable, disable)

    def _find(self, known: Dict[str, Any]) -> None:
        self._known = len(known)
        self._loggers = {"root": logging.root}
        for name, logger in list(known.items()):
            if is_one_of(logger, _LOGGERS) and name.partition(".")[0] in self._packages:
                self._loggers[name] = logger

    def _tell(self, name: str, before: Tuple[Any, ...], now: Tuple[Any, ...]) -> None:
        for field, old, new in zip(_FIELDS, before, now):
            if old != new:
                detail = "%d, was %d" % (len(new), len(old)) if type(old) is type(new) is tuple else ""
                self._changes.saw("logging", "%s.%s" % (name, field), old, new, detail)

    @staticmethod
    def _disabled() -> Any:
        disable = logging.root.manager.__dict__.get("_disable", logging.root.manager.__dict__.get("disable"))
        return disable if type(disable) is int else id(disable)


def _quick_marks(logger: Dict[str, Any]) -> List[int]:
    """Equal where :func:`_marks` are: the usual case, that nothing has changed at all."""
    values = list(map(logger.get, _FIELDS))
    marks, handlers, filters = list(map(id, values)), values[-2], values[-1]
    if type(handlers) is list:
        marks += map(id, handlers)
    if type(filters) is list:
        marks += map(id, filters)
    return marks


def _marks(logger: Dict[str, Any]) -> Tuple[Any, ...]:
    level, disabled, propagate = logger.get("level"), logger.get("disabled"), logger.get("propagate")
    handlers, filters = logger.get("handlers"), logger.get("filters")
    return (
        level if type(level) is int else id(level),
        disabled if type(disabled) is bool else id(disabled),
        propagate if type(propagate) is bool else id(propagate),
        tuple([id(each) for each in handlers if not _is_pytests(each)]) if type(handlers) is list else id(handlers),
        tuple(map(id, filters)) if type(filters) is list else id(filters),
    )


def _is_pytests(handler: Any) -> bool:
    module = class_module(type(handler))
    return type(module) is str and module.startswith("_pytest.")
