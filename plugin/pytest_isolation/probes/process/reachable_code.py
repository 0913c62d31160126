"""Find the changed state that a test's code may read, without running it.

The search follows names from the test function and its fixtures through the project's own functions: globals and their
attributes, functions within functions, methods of classes that are named, and the views of a Flask application whose
addresses a test with a test client mentions. Values are looked up without running code of their classes. What is
reached another way (by ``getattr``, through a registry) is not found.
"""

import sys
from collections import deque
from functools import partial
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any, Callable, Deque, Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from ...call_sites import is_library
from ...events import Place
from .code_names import GLOBAL, IMPORT, LOCAL, Chain, mentions
from .fingerprints import (
    CacheWrapper,
    attributes_of,
    class_bases,
    class_module,
    class_name,
    class_names,
    ids,
    is_one_of,
)
from .flask_apps import views
from .search_targets import SearchTargets

MOST_FUNCTIONS = 800
"""Functions that are read for one test."""

_SET_UPS = ("setup", "setUp", "setup_method", "setup_class", "setUpClass", "asyncSetUp")
_FOLLOWED_IN_CELLS = ids(FunctionType, CacheWrapper)
_METHODS = _FOLLOWED_IN_CELLS | ids(staticmethod, classmethod, property)
_NOTHING: Any = object()


class _Work(NamedTuple):
    """A function to read, the globals it sees, and the class whose method it is."""

    code: CodeType
    globals: Dict[str, Any]
    given: Optional[Dict[str, Any]]
    """Fixture values by argument, for the test and its fixtures; None for code that they call."""
    owner: Any


class ReachableCode:
    """One search, from a test to those of its targets that its code mentions."""

    def __init__(self, targets: SearchTargets, own: Set[str], label_of: Callable[[Any], str]) -> None:
        self._targets = targets
        self._own = own
        self._label_of = label_of
        self._asked: Dict[int, Any] = {}
        """Applications that have a test client."""
        self._urls: Set[str] = set()
        self._waiting: Deque[_Work] = deque()
        self._seen: Set[int] = set()
        self._module = ""
        self._work: Optional[_Work] = None

    def search(self, item: Any) -> None:
        """Follow the names in the code of the test, its fixtures, and the views that it requests."""
        function = getattr(item, "obj", None)
        values = getattr(item, "funcargs", None)
        values = dict(values) if type(values) is dict else {}
        definitions = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", None) or {}
        functions = [definition.func for known in definitions.values() for definition in known]
        for each in [function, *functions]:
            self._follow(each, values)
        cls = getattr(item, "cls", None)
        if cls is not None:
            for name in _SET_UPS:
                self._follow(_class_attribute(cls, name), values, cls)
        for value in values.values():
            self._follow(value)
        self._run()
        for app in self._asked.values():
            for view in views(app, self._urls):
                self._follow(view)
        self._run()

    def _run(self) -> None:
        done = 0
        while self._waiting and done < MOST_FUNCTIONS and not self._targets.all_found:
            done += 1
            self._read(self._waiting.popleft())

    def _read(self, work: _Work) -> None:
        found = mentions(work.code)
        self._work = work
        module = work.globals.get("__name__")
        self._module = module if type(module) is str else ""
        if work.given is not None:
            for text in found.set:
                self._targets.set(text)
            for chain in found.emptied:
                self._targets.emptied(self._value(chain, work))
            self._urls.update(text for text, _ in found.texts if text[:1] == "/")
        for text, line in found.texts:
            self._targets.text(text, self._place(line))
        for inner in found.inner:
            self._enqueue(inner, work.globals, work.given, work.owner)
        for chain in found.chains:
            self._resolve(chain, work)

    def _place(self, line: int) -> Place:
        code = self._work.code if self._work is not None else None
        return Place(self._module, code.co_filename, line, code.co_name) if code is not None else Place()

    # -- names to values ------------------------------------------------------------------------------------------

    def _resolve(self, chain: Chain, work: _Work) -> None:
        place = self._place(chain.line)
        self._targets.words(chain.names, place)
        value = self._value(chain, work)
        if value is not _NOTHING:
            self._targets.value(value, place)
            self._follow(value)

    def _value(self, chain: Chain, work: _Work) -> Any:
        place = self._place(chain.line)
        value, rest = self._root(chain, work, place)
        for name in rest:
            if value is _NOTHING:
                break
            if name == "test_client" and self._label_of(value):
                self._asked[id(value)] = value
            value = self._attribute(value, name, place)
        return value

    def _root(self, chain: Chain, work: _Work, place: Place) -> Tuple[Any, Sequence[str]]:
        first, rest = chain.names[0], chain.names[1:]
        if chain.root == GLOBAL:
            self._targets.name(self._module, first, place)
            value = work.globals.get(first, _NOTHING)
            if type(value) is str:
                self._targets.text(value, place)  # a constant that names a variable or a key
            return value, rest
        if chain.root == IMPORT:
            name = _absolute(first, chain.level, work.globals)
            self._targets.imported(name, place)
            return _module(name), rest
        if chain.root == LOCAL and work.owner is not None and first in ("self", "cls") and rest:
            attribute = _class_attribute(work.owner, rest[0])
            self._mention_class(work.owner, rest[0], place)
            return attribute, rest[1:]
        return (work.given or {}).get(first, _NOTHING), rest

    def _attribute(self, value: Any, name: str, place: Place) -> Any:
        if type(value) is ModuleType:
            names = value.__dict__
            module = names.get("__name__")
            if type(module) is str:
                self._targets.name(module, name, place)
                if name not in names:
                    return _module("%s.%s" % (module, name))
            return names.get(name, _NOTHING)
        cls = value if issubclass(type(value), type) else type(value)
        if not self._is_own(cls):
            return _NOTHING
        self._mention_class(cls, name, place)
        if cls is not value:
            held = (attributes_of(value) or {}).get(name, _NOTHING)
            if held is not _NOTHING:
                return held
        return _class_attribute(cls, name)

    def _mention_class(self, cls: Any, name: str, place: Place) -> None:
        for base in class_bases(cls):
            if self._is_own(base) and name in class_names(base):
                self._targets.class_name(base, name, place)

    def _is_own(self, cls: Any) -> bool:
        module = class_module(cls)
        return type(module) is str and module in self._own

    # -- values to functions --------------------------------------------------------------------------------------

    def _follow(self, value: Any, values: Optional[Dict[str, Any]] = None, owner: Any = None) -> None:
        kind = type(value)
        if kind is FunctionType:
            self._enqueue(value.__code__, value.__globals__, values, owner)
            for cell in value.__closure__ or ():
                try:
                    inner = cell.cell_contents
                except ValueError:  # not filled yet
                    continue
                if is_one_of(inner, _FOLLOWED_IN_CELLS):
                    self._follow(inner)
        elif kind is CacheWrapper:
            self._follow(value.__wrapped__, values, owner)
        elif kind is MethodType:
            self._follow(value.__func__, values, owner or type(value.__self__))
        elif kind is staticmethod or kind is classmethod:
            self._follow(value.__func__, values, owner)
        elif kind is property:
            self._follow(value.fget, values, owner)
        elif kind is partial:
            self._follow(value.func)
        elif kind is ModuleType:
            return
        elif self._label_of(value):
            self._targets.app(self._label_of(value))
        elif issubclass(kind, type):
            self._follow_class(value)
        elif self._is_own(kind):
            self._follow_class(kind)
        else:
            held = attributes_of(value) or {}
            app = held.get("application")
            if app is not None and self._label_of(app):  # a test client
                self._asked[id(app)] = app
                self._targets.app(self._label_of(app))

    def _follow_class(self, cls: Any) -> None:
        """Follow all methods, as it is unknown which of them are called; but not those of a test class."""
        if id(cls) in self._seen or not self._is_own(cls):
            return
        self._seen.add(id(cls))
        for base in class_bases(cls):
            if self._is_own(base) and not str(class_name(base)).startswith("Test"):
                for value in list(class_names(base).values()):
                    if is_one_of(value, _METHODS):
                        self._targets.value(value, Place())
                        self._follow(value, owner=cls)

    def _enqueue(self, code: CodeType, names: Dict[str, Any], given: Optional[Dict[str, Any]], owner: Any) -> None:
        if id(code) not in self._seen and not is_library(code.co_filename):
            self._seen.add(id(code))
            self._waiting.append(_Work(code, names, given, owner))


def state_in_reach(
    item: Any, changed: Set[Tuple[str, str]], own: Set[str], label_of: Callable[[Any], str]
) -> List[Tuple[str, Place]]:
    """(``what:name``, place) of the changed state that the item's code mentions."""
    targets = SearchTargets(changed, own, tuple(getattr(item, "fixturenames", None) or ()))
    ReachableCode(targets, own, label_of).search(item)
    return targets.mentioned()


def _class_attribute(cls: Any, name: str) -> Any:
    for base in class_bases(cls):
        value = class_names(base).get(name, _NOTHING)
        if value is not _NOTHING:
            return value
    return _NOTHING


def _module(name: str) -> Any:
    modules: Any = sys.modules
    return modules.get(name, _NOTHING) if type(modules) is dict else _NOTHING


def _absolute(name: str, level: int, names: Dict[str, Any]) -> str:
    if not level:
        return name
    package = names.get("__package__")
    parts = package.split(".") if type(package) is str else []
    base = ".".join(parts[: len(parts) - level + 1])
    return "%s.%s" % (base, name) if name and base else base or name
