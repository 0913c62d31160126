"""Globals of the project's own modules, attributes of their classes, and sizes of memoised functions.

Comparing everything takes longer than a small test. So the modules form a ring: each observation compares as many as
its budget allows, and the next one continues there. A change of a module that was last compared some tests ago is
emitted with these tests, as any of them may have made it.

Not compared: installed modules, modules whose class is not Python's (lazy ones), classes whose metaclass is not
Python's (mapped models, enumerations), and names like ``__this__``.
"""

import sys
from abc import ABCMeta
from types import FunctionType, ModuleType
from typing import Any, Dict, List, Mapping, Optional, Set, Tuple, Union

from ...call_sites import is_library
from .changes import Changes
from .fingerprints import (
    CacheWrapper,
    attributes_of,
    class_module,
    class_names,
    contents,
    fingerprint,
    ids,
    is_container,
    is_one_of,
    size_in_words,
    type_name,
)
from .memoised import Memoised
from .module_fingerprint import ModuleFingerprint, Watched

_OUR_PACKAGE = __name__.partition(".")[0]
_PYTHONS_METACLASSES = ids(type, ABCMeta)
_METHODS = ids(staticmethod, classmethod)

Among = List[str]

SMALL_PROJECT = 800
"""In values compared: a project no larger is compared as a whole after each test."""


class _Project:
    """What all modules share. ``own`` are their names, ``holders`` are known by their prefixes. Of a container that
    several modules hold by ``from ... import``, ``homes`` has the name under which it is compared, by its id."""

    __slots__ = ("holders", "homes", "own")

    def __init__(self) -> None:
        self.own: Set[str] = set()
        self.holders: Dict[str, _Holder] = {}
        self.homes: Dict[int, str] = {}

    def has(self, location: str, number: int) -> bool:
        """Whether the object with this id is there."""
        prefix, dot, name = location.rpartition(".")
        holder = self.holders.get(prefix + dot)
        return holder is not None and holder.identities.get(name) == number


class _Holder:
    """The names of a module or class, and the fingerprints of their values.

    ``watched`` has the names that are compared, and whether their contents are. Tests in a test module are left out:
    there are many, and nothing rebinds them.
    """

    __slots__ = ("_contents", "_has_tests", "identities", "prefix", "watched")

    def __init__(self, prefix: str, names: Mapping[str, Any], project: _Project) -> None:
        self.prefix = prefix
        self._has_tests = _has_tests(names)
        self.identities: Dict[str, Union[int, str]] = {}
        """Name -> fingerprint of its value."""
        self._contents: Dict[str, str] = {}
        """Name of a container that is compared here -> its size, and a hash of what it holds."""
        project.holders[prefix] = self
        self._remember(names, project)

    def _remember(self, names: Mapping[str, Any], project: _Project) -> None:
        for name in self._contents:
            number: Any = self.identities[name]
            if project.homes.get(number) == self.prefix + name:
                del project.homes[number]
        self.identities, self._contents = {}, {}
        self.watched: Watched = {}
        for name, value in list(names.items()):
            if type(name) is not str or name[:2] == "__" or name[:1] == "@" or name.startswith(("_abc_", "_sa_")):
                continue
            if self._has_tests and name[:4] in ("test", "Test"):
                continue
            container = _container_of(value, project.own)
            self.watched[name] = container is not None and self._is_home(name, value, project)
            self.identities[name] = fingerprint(value)
            if self.watched[name]:
                found = contents(container, fingerprint)
                self._contents[name] = "%d %d" % (found[0], hash(tuple(found)))

    def _is_home(self, name: str, value: Any, project: _Project) -> bool:
        """The first holder of a container compares its contents, as long as it holds it."""
        number, location = id(value), self.prefix + name
        home = project.homes.get(number, location)
        if home != location and project.has(home, number):
            return False
        project.homes[number] = location
        return True

    def compare(self, names: Mapping[str, Any], project: _Project, changes: Changes, among: Among) -> None:
        """Note what differs."""
        identities, before = self.identities, self._contents
        self._remember(names, project)
        for name in {**identities, **self.identities}:
            old, new = identities.get(name), self.identities.get(name)
            held, holds = before.get(name, ""), self._contents.get(name, "")
            if old == new and held == holds:
                continue
            value = names.get(name)
            if old is None and type(value) is ModuleType:
                continue  # a submodule was imported, and Python adds it to its package
            detail = "" if new is None else type_name(value)
            if old == new and is_container(value) and held:
                detail = size_in_words(int(held.partition(" ")[0]), value)
            first, now = (None if each is None else (each, inside) for each, inside in ((old, held), (new, holds)))
            changes.note("global", self.prefix + name, first, now, detail, among, in_place=old == new)


def _container_of(value: Any, own: Set[str]) -> Optional[Any]:
    """The container to compare: the value itself, or the attributes of an instance of the project's own classes."""
    if is_container(value):
        return value
    module = class_module(type(value))
    return attributes_of(value) if type(module) is str and module in own else None


class _Module:
    """One module: its names, its classes, its memoised functions."""

    __slots__ = ("_caches", "_classes", "_fingerprint", "_holder", "cost", "id", "name", "observed_at")

    def __init__(self, name: str, module: Any, project: _Project, observed_at: int) -> None:
        self.name = name
        self.observed_at = observed_at
        """How many tests had ended when it was last compared."""
        self.follow(module, project)

    def follow(self, module: Any, project: _Project) -> None:
        """Start to compare ``module``; nothing in it is compared if its class is not Python's."""
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
        self._fingerprint = ModuleFingerprint(names, self._holder.watched, classes)
        self.cost = self._fingerprint.cost + 10 * len(self._caches)
        """Of one comparison, in values compared."""

    def _find_cache(self, value: Any) -> None:
        if is_one_of(value, _METHODS):
            value = value.__func__
        if type(value) is CacheWrapper and not any(cache.is_of(value) for cache in self._caches):
            cache = Memoised(value)
            if cache.module == self.name:
                self._caches.append(cache)

    def is_same(self, module: Any) -> bool:
        """Whether nothing differs; False if only a closer comparison can tell."""
        return type(module) is ModuleType and not self._caches and self._fingerprint.same(module.__dict__)

    def observe(self, module: Any, project: _Project, changes: Changes, among: Among) -> int:
        """Note what differs; the number of values that were compared."""
        names = module.__dict__
        if not self._fingerprint.same(names):
            self._holder.compare(names, project, changes, among)
            for name, holder in self._classes.items():
                value = names.get(name)
                if is_one_of(value, _PYTHONS_METACLASSES):
                    holder.compare(class_names(value), project, changes, among)
            self._find(names, project)
        for cache in self._caches:
            cache.observe(changes, among)
        return self.cost


class ModuleGlobals:
    """All modules of the project, and which of them are compared when."""

    def __init__(self, changes: Changes, tests: List[str]) -> None:
        self._changes = changes
        self._tests = tests
        """Node ids of the tests that have started, in order."""
        self._project = _Project()
        self.own = self._project.own
        """Names of the project's own modules."""
        self.packages: Set[str] = set()
        """Their top-level names."""
        self._ring: List[_Module] = []
        self._at = 0
        self._of_tests: List[Tuple[str, _Module]] = []
        """(file, module) of test modules, which are compared after their own tests only."""
        self._near: Tuple[str, List[_Module]] = "", []
        """File of the running test, and its module."""
        self._is_small = False
        self._known: Set[str] = set()
        self._modules: Any = None
        self._count = -1

    def begin(self) -> None:
        self._modules = sys.modules
        if type(self._modules) is dict:
            self._discover(self._modules, 0)

    def observe(self, ended: int, budget: int = sys.maxsize) -> None:
        """Compare the module of the running test and at least one other, within the budget.

        ``ended`` is how many tests have ended; ``budget`` is in values compared, some 100 ns each.
        """
        modules: Any = sys.modules
        if modules is not self._modules:
            self._changes.note("module", "sys.modules", id(self._modules), id(modules), "replaced by another object")
            self._modules = modules
        if type(modules) is not dict:
            return
        if len(modules) != self._count:
            self._discover(modules, ended)
        for known in self._of_running_test():
            self._observe(known, modules, ended)
        if self._is_small:
            budget = sys.maxsize
        for _ in range(len(self._ring)):
            if self._at >= len(self._ring):
                self._at = 0
            budget -= self._observe(self._ring[self._at], modules, ended)
            self._at += 1
            if budget <= 0:
                break

    def _of_running_test(self) -> List[_Module]:
        file = self._tests[-1].partition("::")[0] if self._tests else ""
        if file != self._near[0]:
            self._near = file, [known for path, known in self._of_tests if path.endswith("/" + file)]
        return self._near[1]

    def _observe(self, known: _Module, modules: Dict[str, Any], ended: int) -> int:
        module, since = modules.get(known.name), known.observed_at
        known.observed_at = ended
        try:
            if id(module) == known.id and known.is_same(module):  # the usual case
                return known.cost
        except RuntimeError:  # another thread changes it meanwhile
            return 50
        among = self._tests[since:] if len(self._tests) > since + 1 else []
        if id(module) != known.id:
            detail = "" if module is None else "replaced by another %s" % type_name(module)
            before = None if known.id == id(None) else known.id
            now = None if module is None else id(module)
            self._changes.note("module", known.name, before, now, detail, among)
            known.follow(module, self._project)
            return 50
        if type(module) is not ModuleType:  # planted, or lazy
            return 1
        try:
            return known.observe(module, self._project, self._changes, among)
        except RuntimeError:  # another thread changes it meanwhile
            return 50

    def _discover(self, modules: Dict[str, Any], ended: int) -> None:
        """Find new modules. A late import is no change; a module in ``sys.modules`` that no file made is one."""
        first, self._count = self._count < 0, len(modules)
        fresh = []
        for name, module in list(modules.items()):
            if type(name) is not str or name in self._known:
                continue
            self._known.add(name)
            if type(module) is ModuleType and _is_own(name, module.__dict__):
                self.own.add(name)
                self.packages.add(name.partition(".")[0])
                has_tests = "test" in name.rpartition(".")[2] and _has_tests(module.__dict__)
                fresh.append((has_tests, name, module))
            elif not first and _is_planted(module) and not self._is_part_of_library(name):
                self._changes.note("module", name, None, id(module), type_name(module))
                fresh.append((False, name, module))
        fresh.sort(key=lambda each: each[0])  # what tests import belongs to other modules
        for has_tests, name, module in fresh:
            known = _Module(name, module, self._project, ended)
            if has_tests:
                self._of_tests.append((module.__dict__["__file__"].replace("\\", "/"), known))
            else:
                self._ring.append(known)
        self._near = "", []
        self._is_small = sum(known.cost for known in self._ring) <= SMALL_PROJECT

    def _is_part_of_library(self, name: str) -> bool:
        """Modules in C make submodules without a spec: ``xml.parsers.expat.model``."""
        package, dot, _ = name.partition(".")
        return bool(dot) and package in self._known and package not in self.packages


def _is_own(name: str, names: Dict[str, Any]) -> bool:
    file = names.get("__file__")
    return type(file) is str and name.partition(".")[0] != _OUR_PACKAGE and not is_library(file)


def _has_tests(names: Mapping[str, Any]) -> bool:
    """Whether it defines tests, as functions or as methods of a class."""
    for name, value in list(names.items()):
        if type(name) is str and name[:4] == "test" and type(value) is FunctionType:
            return True
        is_class = type(name) is str and name[:4] == "Test" and type(value) is type
        if is_class and class_module(value) == names.get("__name__") and _has_tests(class_names(value)):
            return True
    return False


def _is_planted(module: Any) -> bool:
    """Whether no import made it: every import leaves a spec."""
    if type(module) is ModuleType:
        return module.__dict__.get("__spec__") is None
    return module is not None and not issubclass(type(module), ModuleType)
