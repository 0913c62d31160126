"""Levels, handlers and filters of the root logger and of the project's own loggers.

pytest adds handlers of its own to the root logger during each phase; these are left out.
"""

import logging
from typing import Any, Dict, List, Set, Tuple

from .changes import Changes
from .fingerprints import class_module, ids, is_one_of

_LOGGERS = ids(logging.Logger, logging.RootLogger)
_FIELDS = ("level", "disabled", "propagate", "handlers", "filters")


class LoggingConfig:
    """Compares the loggers' fields, and ``logging.disable``."""

    def __init__(self, changes: Changes, packages: Set[str]) -> None:
        self._changes = changes
        self._packages = packages
        """Top-level names of the project's own modules, after which most loggers are named."""
        self._count = -1
        self._loggers: Dict[str, Any] = {}
        self._seen: Dict[str, Tuple[Any, ...]] = {}
        self._ids: Dict[str, List[int]] = {}
        """Logger -> ids of its fields, and of its handlers and filters."""
        self._disable = 0

    def begin(self) -> None:
        self._disable = self._disabled()
        self.observe()

    def observe(self) -> None:
        manager = logging.root.manager
        if len(manager.loggerDict) != self._count:
            self._find(manager.loggerDict)
        for name, logger in self._loggers.items():
            found = _ids(logger.__dict__)
            if found == self._ids.get(name):
                continue
            self._ids[name] = found
            now = _fingerprints(logger.__dict__)
            before = self._seen.get(name)
            if now != before:
                self._seen[name] = now
                if before is not None:
                    self._note(name, before, now)
        disable = self._disabled()
        if disable != self._disable:
            before_disable, self._disable = self._disable, disable
            self._changes.note("logging", "logging.disable", before_disable, disable)

    def _find(self, known: Dict[str, Any]) -> None:
        self._count = len(known)
        self._loggers = {"root": logging.root}
        for name, logger in list(known.items()):
            if is_one_of(logger, _LOGGERS) and name.partition(".")[0] in self._packages:
                self._loggers[name] = logger

    def _note(self, name: str, before: Tuple[Any, ...], now: Tuple[Any, ...]) -> None:
        for field, old, new in zip(_FIELDS, before, now):
            if old != new:
                detail = "%d, was %d" % (len(new), len(old)) if type(old) is type(new) is tuple else ""
                self._changes.note("logging", "%s.%s" % (name, field), old, new, detail)

    @staticmethod
    def _disabled() -> Any:
        disable = logging.root.manager.__dict__.get("_disable", logging.root.manager.__dict__.get("disable"))
        return disable if type(disable) is int else id(disable)


def _ids(logger: Dict[str, Any]) -> List[int]:
    """Equal only if :func:`_fingerprints` are equal, and quicker: usually nothing has changed at all."""
    values = list(map(logger.get, _FIELDS))
    found, handlers, filters = list(map(id, values)), values[-2], values[-1]
    if type(handlers) is list:
        found += map(id, handlers)
    if type(filters) is list:
        found += map(id, filters)
    return found


def _fingerprints(logger: Dict[str, Any]) -> Tuple[Any, ...]:
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
