"""Configuration and extensions of Flask applications, which are found when the suite makes them.

What happens to an application in the fixture or test that makes it is its set-up, and no change: it is compared from
the end of that fixture or test on. Flask is never imported here.
"""

import functools
import weakref
from typing import Any, Callable, Dict, Iterable, List, Tuple

from ...patches import Patches
from .changes import Changes
from .fingerprints import attributes_of, fingerprint, type_name
from .patches import FLASK


class _App:
    """One application, held weakly, and the fingerprints of its configuration and extensions."""

    __slots__ = ("config", "label", "reference", "seen")

    def __init__(self, app: Any, label: str, forget: Callable[[Any], None]) -> None:
        self.reference = weakref.ref(app, forget)
        self.config: Callable[[], Any] = lambda: None
        """A weak reference, from the end of its set-up on."""
        self.label = label
        self.seen: Dict[str, Tuple[List[int], Dict[str, Any]]] = {}
        """``config`` and ``extension`` -> ids of the values, and fingerprints by key."""


class FlaskApps:
    """All applications that were made, and what changes in them."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self.known: Dict[int, _App] = {}
        """id of an application -> what is known of it."""
        self._new: List[_App] = []
        """Made since the last close observation: their set-up is not over."""
        self._gone: List[_App] = []
        self._labels: Dict[str, int] = {}

    def arm(self, patches: Patches) -> None:
        """Wrap the constructor of Flask, which the suite has imported."""
        patches.install(FLASK, self._noticing)

    def _noticing(self, original: Any) -> Any:
        @functools.wraps(original)
        def __init__(app: Any, *args: Any, **kwargs: Any) -> None:
            __tracebackhide__ = True
            original(app, *args, **kwargs)
            try:
                self._made(app)
            except Exception:
                pass  # this application is not followed

        return __init__

    def _made(self, app: Any) -> None:
        name = (attributes_of(app) or {}).get("import_name")
        label = name if type(name) is str else "flask"
        count = self._labels[label] = self._labels.get(label, 0) + 1
        number = id(app)
        known = _App(app, label if count == 1 else "%s#%d" % (label, count), lambda _: self._forget(number, known))
        self.known[number] = known
        self._new.append(known)

    def _forget(self, number: int, known: _App) -> None:
        if self.known.get(number) is known:
            del self.known[number]
        self._gone.append(known)

    def label_of(self, value: Any) -> str:
        """The name under which its changes are emitted; '' for anything but a known application."""
        known = self.known.get(id(value))
        return known.label if known is not None and known.reference() is value else ""

    def observe_closely(self) -> None:
        """Compare all, extensions too. The set-up of new applications is over; changes of freed ones are dropped."""
        new, self._new = self._new, []
        for known in new:
            for what, held in _held(known.reference()):
                known.seen[what] = _ids(held), _fingerprints(held)
                if what == "config":
                    known.config = weakref.ref(held)
        if self._gone:
            gone, self._gone = self._gone, []
            for known in gone:
                for what in ("config", "extension"):
                    self._changes.owner_gone(what, known.label + ".")
        for known in list(self.known.values()):
            for what, held in _held(known.reference()) if known.seen else ():
                if what not in known.seen or _ids(held) != known.seen[what][0]:
                    self._compare(known, what, held)

    def observe(self) -> None:
        """Compare the configurations."""
        for known in list(self.known.values()):
            config = known.config()
            if config is not None and _ids(config) != known.seen["config"][0]:
                self._compare(known, "config", config)

    def _compare(self, known: _App, what: str, held: Dict[Any, Any]) -> None:
        before, now = known.seen[what][1] if what in known.seen else {}, _fingerprints(held)
        known.seen[what] = _ids(held), now
        for name in {**before, **now}:
            if before.get(name) != now.get(name):
                detail = type_name(dict.__getitem__(held, name)) if name in now else ""
                self._changes.note(what, "%s.%s" % (known.label, name), before.get(name), now.get(name), detail)


def views(app: Any, urls: Iterable[str]) -> List[Any]:
    """The view functions that may answer requests for these addresses, or for addresses that begin with them."""
    held = attributes_of(app) or {}
    rules: Any = (attributes_of(held.get("url_map")) or {}).get("_rules")
    functions: Any = held.get("view_functions")
    if type(rules) is not list or type(functions) is not dict:
        return []
    addresses = [url.partition("?")[0] for url in urls]
    found = {}
    for rule in rules:
        attributes = attributes_of(rule) or {}
        pattern, endpoint = attributes.get("rule"), attributes.get("endpoint")
        if type(pattern) is str and type(endpoint) is str:
            fixed, _, variable = pattern.partition("<")
            if any(
                url == pattern or (variable and url.startswith(fixed)) or (url[-1:] == "/" and fixed.startswith(url))
                for url in addresses
            ):
                found[endpoint] = functions.get(endpoint)
    return list(found.values())


def _held(app: Any) -> List[Tuple[str, Dict[Any, Any]]]:
    attributes = attributes_of(app) or {}  # {} for a freed application
    config: Any = attributes.get("config")
    extensions: Any = attributes.get("extensions")
    found: List[Tuple[str, Dict[Any, Any]]] = []
    if issubclass(type(config), dict):
        found.append(("config", config))
    if type(extensions) is dict:
        found.append(("extension", extensions))
    return found


def _ids(held: Dict[Any, Any]) -> List[int]:
    return list(map(id, dict.values(held)))


def _fingerprints(held: Dict[Any, Any]) -> Dict[str, Any]:
    return {key: fingerprint(value) for key, value in list(dict.items(held)) if type(key) is str}
