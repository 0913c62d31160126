"""Compare a whole module with what it was, in a few microseconds: all loops are in C."""

from itertools import chain
from operator import itemgetter
from typing import Any, Callable, Dict, List, Mapping, Sequence, Tuple

from .fingerprints import CONTAINERS, attributes_of, class_names, contents, is_container, is_mapping

SMALL = 50
"""Elements of a container that is compared together with others, if it holds no containers itself."""

Watched = Dict[str, bool]
"""The names that are compared, and whether the contents of their values are."""


class ModuleFingerprint:
    """Identities of a module's values, of its classes' attributes, and of what the containers among them hold.

    Small and flat containers are compared all at once, the others one by one.
    """

    __slots__ = (
        "_classes",
        "_contents",
        "_elements",
        "_get",
        "_ids",
        "_inner",
        "_maps",
        "_rest",
        "_size",
        "_sizes",
        "_small",
        "cost",
    )

    def __init__(self, names: Mapping[str, Any], watched: Watched, classes: Sequence[Tuple[str, Watched]]) -> None:
        self._size = len(names)
        self._get = _getter(watched)
        values = list(self._get(names))
        self._ids = list(map(id, values))
        with_contents = [number for number, compared in enumerate(watched.values()) if compared]
        places = {name: number for number, name in enumerate(watched)}
        self._classes: List[Tuple[int, int, Callable[[Any], Any]]] = []
        attributes: List[Any] = []
        for name, inner in classes:
            known, start = class_names(values[places[name]]), len(values) + len(attributes)
            with_contents += [start + number for number, compared in enumerate(inner.values()) if compared]
            self._classes.append((places[name], len(known), _getter(inner)))
            attributes += self._classes[-1][2](known)
        self._inner = list(map(id, attributes))
        values += attributes
        self._small: List[int] = []
        self._maps: List[int] = []
        self._rest: List[int] = []
        for number in with_contents:
            self._sort(number, values[number])
        small = [values[number] for number in self._small]
        self._sizes = list(map(len, small))
        self._elements = list(map(id, self._elements_of(values, small)))
        self._contents = self._contents_of(values)
        others = len(self._contents) + 20 * len(self._rest)
        self.cost = 20 + len(values) + len(self._elements) + 5 * len(classes) + others
        """Of one comparison, in values compared."""

    def _sort(self, number: int, value: Any) -> None:
        if not is_container(value) or len(value) > SMALL or not CONTAINERS.isdisjoint(map(id, map(type, _flat(value)))):
            self._rest.append(number)
        else:
            self._small.append(number)
            if is_mapping(value):
                self._maps.append(number)

    def _elements_of(self, values: List[Any], small: List[Any]) -> List[Any]:
        elements = list(chain.from_iterable(small))
        elements += chain.from_iterable([values[number].values() for number in self._maps])
        return elements

    def _contents_of(self, values: List[Any]) -> List[int]:
        found: List[int] = []
        for number in self._rest:
            value = values[number]
            found += contents(value if is_container(value) else attributes_of(value) or {})
        return found

    def same(self, names: Mapping[str, Any]) -> bool:
        """Whether nothing differs. Each step relies on the steps before it: the same ids are the same objects."""
        if len(names) != self._size:
            return False
        try:
            values = list(self._get(names))
            if list(map(id, values)) != self._ids:
                return False
            if self._classes:
                attributes: List[Any] = []
                for number, size, get in self._classes:
                    known = class_names(values[number])
                    if len(known) != size:
                        return False
                    attributes += get(known)
                if list(map(id, attributes)) != self._inner:
                    return False
                values += attributes
        except KeyError:  # a name was removed, and another one added
            return False
        if self._small:
            small = [values[number] for number in self._small]
            if list(map(len, small)) != self._sizes:
                return False
            if list(map(id, self._elements_of(values, small))) != self._elements:
                return False
        return not self._rest or self._contents_of(values) == self._contents


def _getter(watched: Watched) -> Callable[[Any], Any]:
    """A function that gets the values of these names in one call."""
    if len(watched) > 1:
        return itemgetter(*watched)
    return lambda names: [names[name] for name in watched]


def _flat(value: Any) -> List[Any]:
    return [*value, *value.values()] if is_mapping(value) else [*value]
