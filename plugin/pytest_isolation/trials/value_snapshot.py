"""The contents of a value as they are now, to be put back into the very same objects later."""

import collections
import types
from typing import Any, Dict, List, Tuple

DEEPEST = 8
MOST = 100_000
"""Values that one snapshot holds at most."""

_LEAVES = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.CodeType)


class TooLarge(Exception):
    """A value holds too much to be copied."""


class Snapshot:
    """Of one value: of the containers and instances in it, each with what it held.

    The objects stay the same: who else refers to them sees them as they were.
    """

    def __init__(self, value: Any) -> None:
        self._held: List[Tuple[Any, Any]] = []
        self._known: Dict[int, Any] = {}
        self._count = 0
        self._take(value, DEEPEST)

    def _take(self, value: Any, depth: int) -> None:
        if depth < 0 or id(value) in self._known or isinstance(value, _LEAVES):
            return
        content = _content(value)
        if content is None:
            return
        self._known[id(value)] = value  # also keeps the id from being used again
        self._held.append((value, content))
        inner = _inner(content)
        self._count += len(inner)
        if self._count > MOST:
            raise TooLarge
        for each in inner:
            self._take(each, depth - 1)

    def restore(self) -> bool:
        """Put the contents back; whether any differed."""
        differed = False
        for value, content in self._held:
            if not _same(_content(value), content):
                _put(value, content)
                differed = True
        return differed


def _content(value: Any) -> Any:
    """A shallow copy of what it holds; None for what holds nothing that could be put back."""
    if isinstance(value, dict):
        return list(_dict_kind(value).items(value))
    if isinstance(value, (list, collections.deque)):
        return list(value)
    if isinstance(value, set):
        return set(value)
    if isinstance(value, bytearray):
        return bytes(value)
    attributes = _attributes(value)
    return None if attributes is None else dict(attributes)


def _dict_kind(value: Any) -> Any:
    """Whose methods to call: an OrderedDict's order is no dict's, and a subclass may do more than it is asked."""
    return collections.OrderedDict if isinstance(value, collections.OrderedDict) else dict


def _attributes(value: Any) -> Any:
    try:
        found = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return None
    return found if type(found) is dict else None


def _inner(content: Any) -> List[Any]:
    if isinstance(content, bytes):
        return []
    if isinstance(content, dict):
        return list(content.values())
    return [each[1] if type(each) is tuple and len(each) == 2 else each for each in content]


def _same(now: Any, before: Any) -> bool:
    """By identity: an equal object is another one yet."""
    if type(now) is not type(before) or len(now) != len(before):
        return False
    if isinstance(now, bytes):
        return bool(now == before)
    if isinstance(now, set):
        return set(map(id, now)) == set(map(id, before))
    if isinstance(now, dict):
        return all(name in before and before[name] is value for name, value in now.items())
    return all(_same_item(*pair) for pair in zip(now, before))


def _same_item(one: Any, other: Any) -> bool:
    if one is other:
        return True
    pair = type(one) is tuple and type(other) is tuple and len(one) == len(other) == 2
    return pair and one[0] is other[0] and one[1] is other[1]


def _put(value: Any, content: Any) -> None:
    if isinstance(value, dict):
        kind = _dict_kind(value)
        kind.clear(value)
        for key, each in content:
            kind.__setitem__(value, key, each)
    elif isinstance(value, list):
        list.__setitem__(value, slice(None), content)
    elif isinstance(value, collections.deque):
        value.clear()
        value.extend(content)
    elif isinstance(value, set):
        set.clear(value)
        set.update(value, content)
    elif isinstance(value, bytearray):
        value[:] = content
    else:
        attributes = _attributes(value)
        attributes.clear()
        attributes.update(content)
