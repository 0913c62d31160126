"""Marks: what stands for an object of the suite, made without running any code of its class.

Atoms (numbers, short texts) are their own marks, so that an equal value put back is no change. Everything else is
marked by its identity, and containers by their size and the identities of what they hold, in depth and number bounded.
Not seen: a change beyond those bounds, inside an object that is no container, or where a new object happens to lie at
the address of one that is gone.
"""

import functools
from collections import Counter, OrderedDict, defaultdict, deque
from itertools import islice
from types import GetSetDescriptorType
from typing import Any, Callable, Dict, List, Optional, Set, Tuple

MOST_ELEMENTS = 32
"""Of one container, from its start; as many again from its end."""
MOST_MARKS = 200
"""Of one global, whatever it holds."""
DEPTH = 3


def ids(*kinds: type) -> Set[int]:
    """Types are compared by identity: ``==`` would ask the metaclass of a class of the suite."""
    return {id(kind) for kind in kinds}


_ATOMS = ids(int, float, bool, complex, type(None))
_TEXTS = ids(str, bytes)
_DICTS = ids(dict, OrderedDict, defaultdict, Counter)
_SEQUENCES = ids(list, deque)
_SETS = ids(set)
CONTAINERS = _DICTS | _SEQUENCES | _SETS
"""Ids of the types that are looked into: exactly these, as a subclass may have code of its own."""

CacheWrapper = type(functools.lru_cache(maxsize=1)(lambda: None))
"""What a memoised function is, where CPython's own functools is used."""

class_names: Callable[[type], Any] = type.__dict__["__dict__"].__get__
class_module: Callable[[type], Any] = type.__dict__["__module__"].__get__
class_name: Callable[[type], Any] = type.__dict__["__name__"].__get__
class_bases: Callable[[type], Any] = type.__dict__["__mro__"].__get__


def mark(value: Any) -> Any:
    """What stands for a value; never equal for an int and a bool."""
    kind = id(type(value))
    if kind in _ATOMS or (kind in _TEXTS and len(value) < 200):
        return kind, value
    return id(value)


def is_atom(value: Any) -> bool:
    return id(type(value)) in _ATOMS or id(type(value)) in _TEXTS


def type_name(value: Any) -> str:
    return str(class_name(type(value)))


def is_one_of(value: Any, kinds: Set[int]) -> bool:
    """Whether it is of exactly one of these types, given by :func:`ids`."""
    return id(type(value)) in kinds


def is_container(value: Any) -> bool:
    return id(type(value)) in CONTAINERS


def maps(value: Any) -> bool:
    """Whether it is a mapping among the containers."""
    return id(type(value)) in _DICTS


def inside(value: Any, marked: Callable[[Any], Any] = id) -> List[Any]:
    """Marks of what a container holds, in order: sizes, elements, and those of the containers among them."""
    out: List[Any] = []
    _walk(value, out, marked, DEPTH, {id(value)})
    return out


def _walk(value: Any, out: List[Any], marked: Callable[[Any], Any], depth: int, seen: Set[int]) -> None:
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
    out.extend(map(marked, elements))
    if depth and not CONTAINERS.isdisjoint(map(id, map(type, elements))):
        for element in elements:
            if len(out) > MOST_MARKS:
                return
            if id(type(element)) in CONTAINERS and id(element) not in seen:
                seen.add(id(element))
                _walk(element, out, marked, depth - 1, seen)


def name_of_cache(wrapper: Any) -> Tuple[str, str]:
    """(module, qualified name) of a memoised function."""
    held = wrapper.__dict__
    module, name = held.get("__module__"), held.get("__qualname__")
    return (module, name) if type(module) is str and type(name) is str else ("", "")


def attributes_of(value: Any) -> Optional[Dict[str, Any]]:
    """An instance's own attributes; None where it has none, or a ``__dict__`` of its class's making."""
    for base in class_bases(type(value)):
        descriptor = class_names(base).get("__dict__")
        if descriptor is not None:
            found = descriptor.__get__(value) if type(descriptor) is GetSetDescriptorType else None
            return found if type(found) is dict else None
    return None


def size_in_words(before: Tuple[Any, ...], now: Any) -> str:
    """``dict of 3, was 2``."""
    size = len(now)
    was = before[0] if before and type(before[0]) is int else None
    return "%s of %d" % (type_name(now), size) + (", was %d" % was if was not in (None, size) else "")
