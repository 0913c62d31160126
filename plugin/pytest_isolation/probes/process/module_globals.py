"""Module globals of the project's own modules, the attributes of their classes, and what memoised functions hold.

Looking at everything takes longer than a small test: a look goes round, as far as its budget reaches, and goes on there
next time. What is seen to have changed since a look some tests ago is told with the tests among which it happened.

Not looked at: installed modules, modules of a class of their own (lazy ones), classes whose metaclass is not Python's
own (mapped models, enumerations), and names like ``__this__``.
"""

import sys
from abc import ABCMeta
from types import FunctionType, ModuleType
from typing import Any, Dict, List, Mapping, Optional, Set, Tuple

from ...call_sites import is_library
from .changes import Changes
from .fingerprints import (
    CacheWrapper,
    attributes_of,
    class_module,
    class_names,
    ids,
    inside,
    is_container,
    is_one_of,
    mark,
    size_in_words,
    type_name,
)
from .memoised import Memoised
from .module_fingerprint import QuickLook, Watched

_OUR_PACKAGE = __name__.partition(".")[0]
_PYTHONS_METACLASSES = ids(type, ABCMeta)
_METHODS = ids(staticmethod, classmethod)

Among = List[str]

SMALL_PROJECT = 800
"""In marks: a project no larger is looked at as a whole after each test."""


class _Project:
    """``own`` are the names of its modules. ``homes`` is where a container is followed that several of them hold by
    ``from ... import``: id -> the holder, and its name there."""

    __slots__ = ("homes", "own")

    def __init__(self) -> None:
        self.own: Set[str] = set()
        self.homes: Dict[int, Tuple[_Holder, str]] = {}


class _Holder:
    """A module's or class's names, and the marks of their values. ``watched`` tells which of them are looked into.

    In a test module tests are passed over: there are many, and nobody binds them anew.
    """

    __slots__ = ("_is_of_tests", "_marks", "prefix", "watched")

    def __init__(self, prefix: str, names: Mapping[str, Any], project: _Project) -> None:
        self.prefix = prefix
        self._is_of_tests = _is_of_tests(names)
        self._marks: Dict[str, Any] = {}
        self._remember(names, project)

    def _remember(self, names: Mapping[str, Any], project: _Project) -> None:
        self._marks = {}
        self.watched: Watched = {}
        for name, value in list(names.items()):
            if type(name) is not str or name[:2] == "__" or name[:1] == "@" or name.startswith(("_abc_", "_sa_")):
                continue
            if self._is_of_tests and name[:4] in ("test", "Test"):
                continue
            held = _inside_of(value, project.own)
            if held is None or not self._is_home(name, value, project):
                self._marks[name] = mark(value), ()
                self.watched[name] = False
            else:
                self._marks[name] = id(value), tuple(inside(held, mark))
                self.watched[name] = True

    def _is_home(self, name: str, value: Any, project: _Project) -> bool:
        """The first holder follows it, for as long as it has it."""
        home = project.homes.get(id(value))
        if home is not None and home != (self, name) and home[0]._marks.get(home[1], (None,))[0] == id(value):
            return False
        project.homes[id(value)] = self, name
        return True

    def compare(self, names: Mapping[str, Any], project: _Project, changes: Changes, among: Among) -> None:
        """Tell changes what differs."""
        before = self._marks
        self._remember(names, project)
        for name in {**before, **self._marks}:
            old, new = before.get(name), self._marks.get(name)
            if old == new:
                continue
            value = names.get(name)
            if old is None and type(value) is ModuleType:
                continue  # a submodule was imported, and Python says so in its package
            in_place = old is not None and new is not None and old[0] == new[0]
            changes.saw("global", self.prefix + name, old, new, _detail(old, new, value), among, in_place)


def _inside_of(value: Any, own: Set[str]) -> Optional[Any]:
    """The container to look into: the value itself, or what an instance of the project's own classes holds."""
    if is_container(value):
        return value
    module = class_module(type(value))
    return attributes_of(value) if type(module) is str and module in own else None


def _detail(old: Any, new: Any, value: Any) -> str:
    if new is None:
        return ""
    if old is not None and old[0] == new[0]:
        return size_in_words(old[1], value) if is_container(value) else type_name(value)
    return type_name(value)


class _Module:
    """One module: its own names, its classes', its memoised functions."""

    __slots__ = ("_caches", "_classes", "_holder", "_quick", "cost", "id", "looked_at", "name")

    def __init__(self, name: str, module: Any, project: _Project, looked_at: int) -> None:
        self.name = name
        self.looked_at = looked_at
        """How many tests had ended."""
        self.follow(module, project)

    def follow(self, module: Any, project: _Project) -> None:
        """From now on; what is no module of Python's own has nothing in it."""
        self.id = id(module)
        self._classes: Dict[str, _Holder] = {}
        self._caches: List[Memoised] = []
        names = module.__dict__ if type(module) is ModuleType else {}
        self._holder = _Holder(self.name + ".", names, project)
        self._find(names, project)

    def _find(self, names: Dict[str, Any], project: _Project) -> None:
        known, self._classes = self._classes, {}
        self._caches = [cache for cache in self._caches if cache.alive]
        for name, value in list(names.items()):
            if type(name) is not str:
                continue
            self._find_cache(value)
            if (
                is_one_of(value, _PYTHONS_METACLASSES)
                and class_module(value) == self.name
                and name in self._holder.watched
            ):
                inner = class_names(value)
                self._classes[name] = known.get(name) or _Holder("%s.%s." % (self.name, name), inner, project)
                for attribute in list(inner.values()):
                    self._find_cache(attribute)
        classes = [(name, holder.watched) for name, holder in self._classes.items()]
        self._quick = QuickLook(names, self._holder.watched, classes)
        self.cost = self._quick.cost + 10 * len(self._caches)
        """Of a look, in marks compared."""

    def _find_cache(self, value: Any) -> None:
        if is_one_of(value, _METHODS):
            value = value.__func__
        if type(value) is CacheWrapper and not any(cache.is_of(value) for cache in self._caches):
            cache = Memoised(value)
            if cache.module == self.name:
                self._caches.append(cache)

    def is_same(self, module: Any) -> bool:
        """Whether nothing in it is another, as far as one quick look tells."""
        return type(module) is ModuleType and not self._caches and self._quick.same(module.__dict__)

    def look(self, module: Any, project: _Project, changes: Changes, among: Among) -> int:
        """How many marks that took to compare."""
        names = module.__dict__
        if not self._quick.same(names):
            self._holder.compare(names, project, changes, among)
            for name, holder in self._classes.items():
                value = names.get(name)
                if is_one_of(value, _PYTHONS_METACLASSES):
                    holder.compare(class_names(value), project, changes, among)
            self._find(names, project)
        for cache in self._caches:
            cache.look(changes, among)
        return self.cost


class ModuleGlobals:
    def __init__(self, changes: Changes, tests: List[str]) -> None:
        self._changes = changes
        self._tests = tests
        """Node ids in the order they started."""
        self._project = _Project()
        self.own = self._project.own
        """Names of the project's own modules."""
        self.packages: Set[str] = set()
        """Their top-level names."""
        self._ring: List[_Module] = []
        self._at = 0
        self._of_tests: List[Tuple[str, _Module]] = []
        """File, and module: looked at after their own tests only."""
        self._near: Tuple[str, List[_Module]] = "", []
        """File of the present test, and its module."""
        self._is_small = False
        self._known: Set[str] = set()
        self._modules: Any = None
        self._count = -1

    def begin(self) -> None:
        self._modules = sys.modules
        if type(self._modules) is dict:
            self._discover(self._modules, 0)

    def look(self, ended: int, budget: int = sys.maxsize) -> None:
        """``ended`` is how many tests have ended. ``budget`` is in marks compared, some 100 ns each; at least one
        module is looked at, and that of the present test."""
        modules: Any = sys.modules
        if modules is not self._modules:
            self._changes.saw("module", "sys.modules", id(self._modules), id(modules), "another object stands for it")
            self._modules = modules
        if type(modules) is not dict:
            return
        if len(modules) != self._count:
            self._discover(modules, ended)
        for known in self._present():
            self._look_at(known, modules, ended)
        if self._is_small:
            budget = sys.maxsize
        for _ in range(len(self._ring)):
            if self._at >= len(self._ring):
                self._at = 0
            budget -= self._look_at(self._ring[self._at], modules, ended)
            self._at += 1
            if budget <= 0:
                break

    def _present(self) -> List[_Module]:
        file = self._tests[-1].partition("::")[0] if self._tests else ""
        if file != self._near[0]:
            self._near = file, [known for path, known in self._of_tests if path.endswith("/" + file)]
        return self._near[1]

    def _look_at(self, known: _Module, modules: Dict[str, Any], ended: int) -> int:
        module, since = modules.get(known.name), known.looked_at
        known.looked_at = ended
        try:
            if id(module) == known.id and known.is_same(module):  # the usual case
                return known.cost
        except RuntimeError:  # another thread changes it meanwhile
            return 50
        among = self._tests[since:] if len(self._tests) > since + 1 else []
        if id(module) != known.id:
            detail = "" if module is None else "another %s stands for it" % type_name(module)
            before = None if known.id == id(None) else known.id
            now = None if module is None else id(module)
            self._changes.saw("module", known.name, before, now, detail, among)
            known.follow(module, self._project)
            return 50
        if type(module) is not ModuleType:  # planted, or lazy
            return 1
        try:
            return known.look(module, self._project, self._changes, among)
        except RuntimeError:  # another thread changes it meanwhile
            return 50

    def _discover(self, modules: Dict[str, Any], ended: int) -> None:
        """Modules that are new. To import one late is no change; to plant one that no file made is."""
        first, self._count = self._count < 0, len(modules)
        fresh = []
        for name, module in list(modules.items()):
            if type(name) is not str or name in self._known:
                continue
            self._known.add(name)
            if type(module) is ModuleType and _is_own(name, module.__dict__):
                self.own.add(name)
                self.packages.add(name.partition(".")[0])
                is_of_tests = "test" in name.rpartition(".")[2] and _is_of_tests(module.__dict__)
                fresh.append((is_of_tests, name, module))
            elif not first and _is_planted(module) and not self._is_part_of_library(name):
                self._changes.saw("module", name, None, id(module), type_name(module))
                fresh.append((False, name, module))
        fresh.sort(key=lambda each: each[0])  # what tests import is another module's
        for is_of_tests, name, module in fresh:
            known = _Module(name, module, self._project, ended)
            if is_of_tests:
                self._of_tests.append((module.__dict__["__file__"].replace("\\", "/"), known))
            else:
                self._ring.append(known)
        self._near = "", []
        self._is_small = sum(known.cost for known in self._ring) <= SMALL_PROJECT

    def _is_part_of_library(self, name: str) -> bool:
        """Modules in C make submodules of their own, without a spec: ``xml.parsers.expat.model``."""
        package, dot, _ = name.partition(".")
        return bool(dot) and package in self._known and package not in self.packages


def _is_own(name: str, names: Dict[str, Any]) -> bool:
    file = names.get("__file__")
    return type(file) is str and name.partition(".")[0] != _OUR_PACKAGE and not is_library(file)


def _is_of_tests(names: Mapping[str, Any]) -> bool:
    """Whether tests are defined in it; a class is one as well, if its methods are tests."""
    for name, value in list(names.items()):
        if type(name) is str and name[:4] == "test" and type(value) is FunctionType:
            return True
        is_class = type(name) is str and name[:4] == "Test" and type(value) is type
        if is_class and class_module(value) == names.get("__name__") and _is_of_tests(class_names(value)):
            return True
    return False


def _is_planted(module: Any) -> bool:
    """Every import leaves a spec; what a test puts into ``sys.modules`` has none."""
    if type(module) is ModuleType:
        return module.__dict__.get("__spec__") is None
    return module is not None and not issubclass(type(module), ModuleType)
