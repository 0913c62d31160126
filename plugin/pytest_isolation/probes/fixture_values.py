"""The probe of fixture values: engines, connections, sessions, and instances of mapped classes that lose their session.

What SQLAlchemy (1.4 to 2.1) does, as far as this file depends on it:

* ``persistent_to_detached`` fires for each instance of a session that closes. So the probe listens to it only once a
  fixture has returned an instance.
* A session that is freed without being closed fires nothing. So the probe checks whether an instance has a session when
  its fixture returns it.

A value is recognised by the bases of its type alone: nothing of the suite's is called, compared or kept alive.
"""

import sys
import weakref
from typing import Any, Dict, Iterator, Optional, Tuple

from ..call_sites import caller, passes_through
from ..events import FixtureGave, InstanceDetached
from ..recorder import Recorder
from .database.drivers import has_lost_session, is_mapped

PROBE = "given"
MOST_ITEMS = 8
"""Items of a list, tuple or dict that are examined."""

_WHAT = {
    "Engine": "engine",
    "AsyncEngine": "engine",
    "Connection": "connection",
    "AsyncConnection": "connection",
    "Session": "session",
    "AsyncSession": "session",
    "scoped_session": "session",
    "async_scoped_session": "session",
}
_PLAIN = frozenset(map(id, (type(None), bool, int, str, bytes, float, type(lambda: None))))
"""Ids of types that most values have, and that have nothing to do with a database."""
_bases_of = type.__dict__["__mro__"].__get__
_name_of = type.__dict__["__name__"].__get__
_qualified_name_of = type.__dict__["__qualname__"].__get__
_attributes_of = type.__dict__["__dict__"].__get__


class FixtureValueProbe:
    """Emits what fixtures return, and when an instance among it loses its session."""

    def __init__(self, recorder: Recorder, event: Any) -> None:
        self._recorder = recorder
        self._event = event
        self._listens = False
        self._held: Dict[int, Tuple[Any, int, str]] = {}
        """id(instance) -> (weak reference, life, model)."""

    def observe(self, life: int, value: Any) -> None:
        """Examine the value that a fixture returned."""
        if id(type(value)) in _PLAIN:
            return
        for each in _parts(value):
            what, name = _what(type(each))
            if what == "instance":
                known = self._held.get(id(each))
                if known is None or known[0]() is not each:  # else another fixture made it and passed it on
                    self._recorder.emit(FixtureGave(life, what, name, self._hold(each, life, name)))
            elif what:
                self._recorder.emit(FixtureGave(life, what, name))

    def _hold(self, instance: Any, life: int, model: str) -> bool:
        """Watch for the loss of its session; True if it has none already."""
        key = id(instance)
        self._held[key] = (weakref.ref(instance, lambda _: self._held.pop(key, None)), life, model)
        if not self._listens:
            self._listens = True
            detached = self._recorder.guarded(PROBE, self.detached)
            self._event.listen(sys.modules["sqlalchemy.orm"].Session, "persistent_to_detached", detached)
        return has_lost_session(instance)

    def detached(self, session: Any, instance: Any) -> None:
        """SQLAlchemy's event: the instance has lost its session."""
        held = self._held.get(id(instance))
        if held is None or held[0]() is not instance:
            return
        _, life, model = held
        way = "context" if passes_through(sys._getframe(2), ("flask.",)) else "session"
        self._recorder.emit(InstanceDetached(life, model, way, caller(3), self._recorder.unit()))


def _parts(value: Any) -> Iterator[Any]:
    """The value itself, or the first items of a plain container."""
    kind = type(value)
    if kind is list or kind is tuple:  # not "in": a metaclass may have an __eq__ of its own
        yield from value[:MOST_ITEMS]
    elif kind is dict:
        yield from list(value.values())[:MOST_ITEMS]
    else:
        yield value


def _what(kind: type) -> Tuple[str, str]:
    """(what, name) as in :class:`FixtureGave`; ('', '') for a type that has nothing to do with a database."""
    for base in _bases_of(kind):
        attributes = _attributes_of(base)
        module: Optional[Any] = attributes.get("__module__")
        if type(module) is not str:
            continue
        if is_mapped(attributes):
            return "instance", "%s.%s" % (module, _qualified_name_of(base))
        if module.startswith("sqlalchemy."):
            what = _WHAT.get(_name_of(base), "")
            if what:
                return what, _name_of(base)
    return "", ""


def arm(recorder: Recorder, sqlalchemy: Any) -> None:
    """Observe fixture values from now on; ``sqlalchemy`` is the module that the suite imported."""
    probe = FixtureValueProbe(recorder, sqlalchemy.event)
    recorder.at_fixture_values.append(recorder.guarded(PROBE, probe.observe))
