"""Fingerprints of the suite's objects, made without running any code of their classes.

The fingerprint of an atom (a number, a short text) is its value, so that restoring an equal value is no change. That of
any other object is its identity; a container adds its size and the identities of its elements, bounded in depth and
number. Not seen: a change beyond these bounds, a change inside an object that is no container, and a new object at the
address of a freed one.

What the probe keeps of a project are numbers and texts, as far as possible: Python's garbage collector neither counts
nor visits these, so it runs when it would run without the probe.
"""

import functools
from collections import Counter, OrderedDict, defaultdict, deque
from itertools import islice
from types import GetSetDescriptorType
from typing import Any, Callable, Dict, List, Optional, Set, Tuple, Union

MOST_ELEMENTS = 32
"""Elements of one container, from its start; as many again from its end."""
MOST_FINGERPRINTS = 200
"""Of one global, with all that it holds."""
DEPTH = 3


def ids(*kinds: type) -> Set[int]:
    """Ids of types, which are compared by identity: ``==`` would run a metaclass of the suite."""
    return {id(kind) for kind in kinds}


_ATOMS = ids(int, float, bool, complex, type(None))
_TEXTS = ids(str, bytes)
_INT = id(int)
_DICTS = ids(dict, OrderedDict, defaultdict, Counter)
_SEQUENCES = ids(list, deque)
_SETS = ids(set)
CONTAINERS = _DICTS | _SEQUENCES | _SETS
"""Ids of the types whose elements are compared; not their subclasses, which may have code of their own."""

CacheWrapper = type(functools.lru_cache(maxsize=1)(lambda: None))
"""The type of a memoised function, if CPython's own functools made it."""

class_names: Callable[[type], Any] = type.__dict__["__dict__"].__get__
class_module: Callable[[type], Any] = type.__dict__["__module__"].__get__
class_name: Callable[[type], Any] = type.__dict__["__name__"].__get__
class_bases: Callable[[type], Any] = type.__dict__["__mro__"].__get__


def fingerprint(value: Any) -> Union[int, str]:
    """The fingerprint of one object, without its elements; never equal for an int and a bool."""
    kind = id(type(value))
    if kind in _ATOMS:
        if kind == _INT and value.bit_length() > 1_000:  # the text of a long number takes quadratic time
            return "%d #%d" % (kind, hash(value))
        return "%d %r" % (kind, value)
    return "%d %r" % (kind, value) if kind in _TEXTS and len(value) < 200 else id(value)


def is_atom(value: Any) -> bool:
    """Whether it is a number, a text, bytes or None."""
    return id(type(value)) in _ATOMS or id(type(value)) in _TEXTS


def type_name(value: Any) -> str:
    """The name of its class, without the module."""
    return str(class_name(type(value)))


def is_one_of(value: Any, kinds: Set[int]) -> bool:
    """Whether its type is one of these, given by :func:`ids`."""
    return id(type(value)) in kinds


def is_container(value: Any) -> bool:
    """Whether its elements are compared."""
    return id(type(value)) in CONTAINERS


def is_mapping(value: Any) -> bool:
    """Whether it is a container of keys and values."""
    return id(type(value)) in _DICTS


def contents(value: Any, of_each: Callable[[Any], Any] = id) -> List[Any]:
    """Fingerprints of what a container holds, in order: its size, its elements, and those of containers in it.

    ``of_each`` makes the fingerprint of an element.
    """
    out: List[Any] = []
    _walk(value, out, of_each, DEPTH, {id(value)})
    return out


def _walk(value: Any, out: List[Any], of_each: Callable[[Any], Any], depth: int, seen: Set[int]) -> None:
    kind, size = id(type(value)), len(value)
    if kind in _DICTS:
        elements = list(islice(value, MOST_ELEMENTS))
        elements += islice(value.values(), MOST_ELEMENTS)
    else:
        elements = list(islice(value, MOST_ELEMENTS))
    if size > MOST_ELEMENTS and kind not in _SETS:
        elements += islice(reversed(value), MOST_ELEMENTS)
        if kind in _DICTS:
            elements += islice(reversed(value.values()), MOST_ELEMENTS)
    out.append(size)
    out.extend(map(of_each, elements))
    if depth and not CONTAINERS.isdisjoint(map(id, map(type, elements))):
        for element in elements:
            if len(out) > MOST_FINGERPRINTS:
                return
            if id(type(element)) in CONTAINERS and id(element) not in seen:
                seen.add(id(element))
                _walk(element, out, of_each, depth - 1, seen)


def name_of_cache(wrapper: Any) -> Tuple[str, str]:
    """(module, qualified name) of a memoised function."""
    held = wrapper.__dict__
    module, name = held.get("__module__"), held.get("__qualname__")
    return (module, name) if type(module) is str and type(name) is str else ("", "")


def attributes_of(value: Any) -> Optional[Dict[str, Any]]:
    """An instance's own attributes; None if it has none, or if its class defines ``__dict__``."""
    for base in class_bases(type(value)):
        descriptor = class_names(base).get("__dict__")
        if descriptor is not None:
            found = descriptor.__get__(value) if type(descriptor) is GetSetDescriptorType else None
            return found if type(found) is dict else None
    return None


def size_in_words(before: int, now: Any) -> str:
    """``dict of 3, was 2``."""
    size = len(now)
    return "%s of %d" % (type_name(now), size) + (", was %d" % before if before != size else "")
