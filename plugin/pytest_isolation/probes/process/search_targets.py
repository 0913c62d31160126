"""Changed state that a search through code looks for, and what it is called there."""

import sys
from types import ModuleType
from typing import Any, Dict, List, Sequence, Set, Tuple

from ...events import Place
from .fingerprints import CacheWrapper, class_module, class_name, class_names, is_atom, name_of_cache

_WORDS = {
    "cwd": {"getcwd", "cwd", "open", "abspath", "listdir"},
    "warnings": {"warns", "catch_warnings", "recwarn", "deprecated_call"},
    "logging": {"caplog", "assertLogs"},
    "random": {"random", "randint", "randrange", "choice", "choices", "shuffle", "sample", "uniform"},
}
"""Words that mention state which has no name of its own in the code."""


class SearchTargets:
    """The targets of one search; ``found`` is ``what:name`` -> the first line that mentions it."""

    def __init__(self, changed: Set[Tuple[str, str]], own: Set[str], fixtures: Sequence[str]) -> None:
        self.found: Dict[str, Place] = {}
        self._count = len(changed)
        self._texts: Dict[str, List[str]] = {}
        self._names: Dict[Tuple[str, ...], str] = {}
        self._ids: Dict[int, str] = {}
        self._words: Dict[str, Set[str]] = {}
        self._modules: Dict[str, str] = {}
        self._caches: Dict[str, str] = {}
        self._path = ""
        self._dropped: Set[str] = set()
        self._apps: Dict[str, str] = {}
        """Location in an application -> its label."""
        self._apps_mentioned: Set[str] = set()
        for what, name in changed:
            location = "%s:%s" % (what, name)
            if what == "env":
                self._texts.setdefault(name, []).append(location)
            elif what in ("config", "extension"):
                label, _, key = name.rpartition(".")
                self._texts.setdefault(key, []).append(location)
                self._apps[location] = label
            elif what == "global":
                self._add_global(name, location, own)
            elif what == "cache":
                self._caches[name] = location
            elif what == "module":
                self._modules[name] = location
                self._texts.setdefault(name, []).append(location)
            elif what == "path":
                self._path = location
            else:
                self._words[location] = _WORDS.get(what, set())
                if not self._words[location].isdisjoint(fixtures):
                    self.found[location] = Place()

    def _add_global(self, name: str, location: str, own: Set[str]) -> None:
        """Look for ``module.name`` or ``module.Class.name``, and for the object itself under any imported name."""
        module, _, attribute = name.rpartition(".")
        path = [attribute]
        while module and module not in own:
            module, _, last = module.rpartition(".")
            path.insert(0, last)
        self._names[(module, *path)] = location
        found = sys.modules.get(module)
        value: Any = found.__dict__.get(path[0]) if type(found) is ModuleType else None
        if len(path) == 2 and issubclass(type(value), type):
            value = class_names(value).get(path[1])
        if value is not None and not is_atom(value):
            self._ids[id(value)] = location

    @property
    def all_found(self) -> bool:
        """Whether the search may end."""
        return len(self.found) >= self._count and not self._apps

    def mentioned(self) -> List[Tuple[str, Place]]:
        """What was found; the state of an application only if the code mentions that application."""
        apps = self._apps
        return sorted(
            (location, place)
            for location, place in self.found.items()
            if location not in apps or apps[location] in self._apps_mentioned
        )

    def _note(self, location: "str | None", place: Place) -> None:
        if location and location not in self._dropped and not (location in self.found and self.found[location].file):
            self.found[location] = place

    # -- what the code mentions -----------------------------------------------------------------------------------

    def set(self, text: str) -> None:
        """Drop what the test or its own fixture sets: the earlier value does not matter."""
        for location in self._texts.pop(text, ()):
            self._drop(location)

    def emptied(self, value: Any) -> None:
        """Drop a container or a memoised function that the test or its own fixture empties."""
        location = self._ids.get(id(value))
        if type(value) is CacheWrapper:
            location = self._caches.get("%s.%s" % name_of_cache(value))
        if location is not None:
            self._drop(location)

    def _drop(self, location: str) -> None:
        if location not in self._dropped:
            self._dropped.add(location)
            self._count -= 1
            self.found.pop(location, None)

    def app(self, label: str) -> None:
        self._apps_mentioned.add(label)

    def text(self, text: str, place: Place) -> None:
        for location in self._texts.get(text, ()):
            self._note(location, place)

    def name(self, module: str, name: str, place: Place) -> None:
        self._note(self._names.get((module, name)), place)

    def class_name(self, cls: Any, name: str, place: Place) -> None:
        self._note(self._names.get((class_module(cls), str(class_name(cls)), name)), place)

    def words(self, names: Sequence[str], place: Place) -> None:
        for location, words in self._words.items():
            if not words.isdisjoint(names):
                self._note(location, place)

    def imported(self, module: str, place: Place) -> None:
        self._note(self._modules.get(module), place)
        self._note(self._path, place)

    def value(self, value: Any, place: Place) -> None:
        self._note(self._ids.get(id(value)), place)
        if type(value) is CacheWrapper and self._caches:
            self._note(self._caches.get("%s.%s" % name_of_cache(value)), place)
        elif type(value) is ModuleType:
            name = value.__dict__.get("__name__")
            self._note(self._modules.get(name) if type(name) is str else None, place)
