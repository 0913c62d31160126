"""Put one piece of state back as it was when the trial began, right before its last test.

An experiment: if the test then has another outcome, this piece of state was what carried it. What cannot be put back is
said so, and the trial then shows nothing.
"""

import functools
import logging
import os
import random
import sys
import warnings
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from .instances import instances_of
from .undo_database import MetaDataEntry, Rows, TableInDatabase
from .value_snapshot import Snapshot, TooLarge

_MISSING = object()
_CacheWrapper = type(functools.lru_cache(maxsize=None)(lambda: None))


class CannotUndo(Exception):
    """Why a piece of state cannot be put back, for people."""


class Location(NamedTuple):
    """As the prober asks for it (see ``isolation_tui.experiments.trial.Location``)."""

    kind: str
    name: str = ""
    database: str = ""
    keys: Tuple[str, ...] = ()


class Undo:
    """One location: :meth:`remember` before the first test, :meth:`apply` before the last one."""

    def __init__(self, location: Dict[str, Any]) -> None:
        fields = {**location, "keys": tuple(location.get("keys") or ())}
        self._location = Location(**fields)
        self._put_back: Optional[Callable[[], bool]] = None
        self._rows: Optional[Rows] = None
        self._problem = ""

    def remember(self) -> None:
        """The trial begins."""
        make = _KINDS.get(self._location.kind)
        if make is None:
            self._problem = "there is no way to undo it"
            return
        self._try(lambda: self._remember(make(self._location)))

    def _remember(self, found: Any) -> None:
        if isinstance(found, (Rows, TableInDatabase)):
            self._rows = found if isinstance(found, Rows) else None
            found.remember()
            self._put_back = found.put_back
        else:
            self._put_back = found

    def look_again(self) -> None:
        """The first test's wide fixtures are set up, which may have made the database, and its own work begins."""
        rows = self._rows
        if rows is not None:
            self._try(rows.look_again)

    def apply(self) -> str:
        """Put it back; why that was not possible, '' if it was."""
        put_back = self._put_back
        if put_back is not None and not self._problem:
            self._try(lambda: self._apply(put_back))
        return self._problem

    def _apply(self, put_back: Callable[[], bool]) -> None:
        if not put_back():
            raise CannotUndo("it is as it was when the trial began")

    def _try(self, action: Callable[[], Any]) -> None:
        try:
            action()
        except (CannotUndo, LookupError) as error:
            self._problem = self._problem or str(error.args[0] if error.args else error)
        except TooLarge:
            self._problem = self._problem or "it is too large to copy"
        except Exception as error:  # of the suite's own objects, or of its database
            self._problem = self._problem or ("%s: %s" % (type(error).__name__, error)).splitlines()[0][:300]


def _environment(location: Location) -> Callable[[], bool]:
    name, before = location.name, os.environ.get(location.name)

    def put_back() -> bool:
        differs = os.environ.get(name) != before
        if before is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = before
        return differs

    return put_back


def _attribute(location: Location) -> Callable[[], bool]:
    """A module's global, or a class's attribute: its binding and what it holds."""
    owner, name = _owner(location.name)
    before = vars(owner).get(name, _MISSING)
    snapshot = Snapshot(before) if before is not _MISSING else None

    def put_back() -> bool:
        differs = vars(owner).get(name, _MISSING) is not before
        if before is _MISSING:
            if differs:
                delattr(owner, name)
            return differs
        if differs:
            setattr(owner, name, before)
        return bool(snapshot and snapshot.restore()) or differs

    return put_back


def _owner(dotted: str) -> Tuple[Any, str]:
    """The module or class that holds the last of the names."""
    path, _, name = dotted.rpartition(".")
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        owner: Any = sys.modules.get(".".join(parts[:length]))
        if owner is not None:
            for each in parts[length:]:
                owner = vars(owner)[each]
            return owner, name
    raise CannotUndo("the module of %s is not imported when the trial begins" % dotted)


def _memoised(location: Location) -> Callable[[], bool]:
    def put_back() -> bool:
        found = [each for each in instances_of(_CacheWrapper) if _name_of(each) == location.name]
        if not found:
            raise CannotUndo("there is no such memoised function")
        differs = any(each.cache_info().currsize for each in found)
        for each in found:
            each.cache_clear()
        return differs

    return put_back


def _name_of(wrapper: Any) -> str:
    return "%s.%s" % (getattr(wrapper, "__module__", ""), getattr(wrapper, "__qualname__", ""))


def _app_config(location: Location) -> Callable[[], bool]:
    return _in_application(location, "config")


def _extension(location: Location) -> Callable[[], bool]:
    return _in_application(location, "extensions")


def _in_application(location: Location, attribute: str) -> Callable[[], bool]:
    """A key of each Flask application with that import name."""
    label, _, key = location.name.rpartition(".")
    name = label.partition("#")[0]
    known = instances_of(getattr(sys.modules.get("flask"), "Flask", None))
    applications = [each for each in known if each.import_name == name]
    if not applications:
        raise CannotUndo("there is no application %s when the trial begins" % name)
    held = [getattr(each, attribute) for each in applications]
    before = [(each, each.get(key, _MISSING), Snapshot(each.get(key))) for each in held]

    def put_back() -> bool:
        differs = False
        for mapping, value, snapshot in before:
            if mapping.get(key, _MISSING) is not value:
                differs = True
                if value is _MISSING:
                    mapping.pop(key, None)
                else:
                    mapping[key] = value
            differs = snapshot.restore() or differs
        return differs

    return put_back


def _logging(location: Location) -> Callable[[], bool]:
    name, _, field = location.name.rpartition(".")
    if location.name == "logging.disable":
        return _setting(lambda: logging.root.manager.disable, logging.disable)
    logger: Any = logging.getLogger() if name in ("", "root") else logging.getLogger(name)
    if field == "level":
        return _setting(lambda: logger.level, logger.setLevel)
    if field in ("handlers", "filters"):
        snapshot = Snapshot(getattr(logger, field))
        return snapshot.restore
    return _setting(lambda: getattr(logger, field), lambda value: setattr(logger, field, value))


def _setting(get: Callable[[], Any], put: Callable[[Any], Any]) -> Callable[[], bool]:
    before = get()

    def put_back() -> bool:
        if get() == before:
            return False
        put(before)
        return True

    return put_back


def _cwd(location: Location) -> Callable[[], bool]:
    return _setting(_directory, os.chdir)


def _directory() -> str:
    try:
        return os.getcwd()
    except OSError:  # it was removed
        return ""


def _path(location: Location) -> Callable[[], bool]:
    snapshot = Snapshot(sys.path)
    return snapshot.restore


def _module(location: Location) -> Callable[[], bool]:
    before = sys.modules.get(location.name)

    def put(value: Any) -> None:
        if value is None:
            del sys.modules[location.name]
        else:
            sys.modules[location.name] = value

    def put_back() -> bool:
        if sys.modules.get(location.name) is before:
            return False
        put(before)
        return True

    return put_back


def _random(location: Location) -> Callable[[], bool]:
    numpy: Any = sys.modules.get("numpy.random")
    before, numbers = random.getstate(), numpy.get_state() if numpy else None

    def put_back() -> bool:
        random.setstate(before)
        if numbers is not None:
            numpy.set_state(numbers)
        return True

    return put_back


def _warnings(location: Location) -> Callable[[], bool]:
    snapshot = Snapshot(warnings.filters)

    def put_back() -> bool:
        differs = snapshot.restore()
        mutated: Any = getattr(warnings, "_filters_mutated", None)  # to 3.13; then the list is looked at itself
        if mutated is not None:
            mutated()
        return differs

    return put_back


def _rows(location: Location) -> Rows:
    return Rows(location.name, location.database, location.keys)


def _table(location: Location) -> TableInDatabase:
    return TableInDatabase(location.name, location.database)


def _metadata(location: Location) -> Callable[[], bool]:
    return MetaDataEntry(location.name).put_back


_KINDS: Dict[str, Callable[[Location], Any]] = {
    "environment": _environment,
    "global": _attribute,
    "class_attribute": _attribute,
    "memoised": _memoised,
    "app_config": _app_config,
    "extension": _extension,
    "logging": _logging,
    "cwd": _cwd,
    "path": _path,
    "module": _module,
    "random": _random,
    "warnings": _warnings,
    "rows": _rows,
    "table": _table,
    "metadata": _metadata,
}


def known_kinds() -> List[str]:
    """The kinds that can be undone."""
    return sorted(_KINDS)
