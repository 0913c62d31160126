"""What fixtures give: engines, connections, sessions, and instances of mapped classes with the loss of their session.

Facts about SQLAlchemy (1.4 to 2.1) that shape this file:

* ``persistent_to_detached`` is fired for each instance that a closing session lets go of. So it is listened to only
  from the first instance on that a fixture gave.
* A session that is freed without being closed fires nothing: an instance that has lost it already when its fixture
  gives it is said to have.

A value is known by its type's bases alone: nothing of the suite's own is called, compared or kept alive.
"""

import sys
import weakref
from typing import Any, Dict, Iterator, Optional, Tuple

from ..call_sites import caller, passes_through
from ..events import FixtureGave, InstanceDetached
from ..recorder import Recorder

PROBE = "given"
MOST_LOOKED_AT = 8
"""How many items of a list, tuple or dict are looked at."""

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
"""Ids of types that tell of nothing: most values."""
_bases_of = type.__dict__["__mro__"].__get__
_name_of = type.__dict__["__name__"].__get__
_qualified_name_of = type.__dict__["__qualname__"].__get__
_attributes_of = type.__dict__["__dict__"].__get__


class GivenProbe:
    def __init__(self, recorder: Recorder, event: Any) -> None:
        self._recorder = recorder
        self._event = event
        self._listens = False
        self._held: Dict[int, Tuple[Any, int, str]] = {}
        """id(instance) -> (weak reference, life, model)."""

    def look(self, life: int, value: Any) -> None:
        """At the value that a fixture gave."""
        if id(type(value)) in _PLAIN:
            return
        for each in _parts(value):
            what, name = _what(type(each))
            if what == "instance":
                known = self._held.get(id(each))
                if known is None or known[0]() is not each:  # else it was made by another fixture, and is handed on
                    self._recorder.emit(FixtureGave(life, what, name, self._hold(each, life, name)))
            elif what:
                self._recorder.emit(FixtureGave(life, what, name))

    def _hold(self, instance: Any, life: int, model: str) -> bool:
        """Hear of it when it loses its session; True where it has none any more."""
        key = id(instance)
        self._held[key] = (weakref.ref(instance, lambda _: self._held.pop(key, None)), life, model)
        if not self._listens:
            self._listens = True
            detached = self._recorder.guarded(PROBE, self.detached)
            self._event.listen(sys.modules["sqlalchemy.orm"].Session, "persistent_to_detached", detached)
        state = object.__getattribute__(instance, "_sa_instance_state")
        return state.key is not None and state.session is None

    def detached(self, session: Any, instance: Any) -> None:
        held = self._held.get(id(instance))
        if held is None or held[0]() is not instance:
            return
        _, life, model = held
        way = "context" if passes_through(sys._getframe(2), ("flask.",)) else "session"
        self._recorder.emit(InstanceDetached(life, model, way, caller(3), self._recorder.unit()))


def _parts(value: Any) -> Iterator[Any]:
    """The value, or the first items of a plain container."""
    kind = type(value)
    if kind is list or kind is tuple:  # not "in": a metaclass may have an __eq__ of its own
        yield from value[:MOST_LOOKED_AT]
    elif kind is dict:
        yield from list(value.values())[:MOST_LOOKED_AT]
    else:
        yield value


def _what(kind: type) -> Tuple[str, str]:
    """(what, name) as :class:`FixtureGave` has them; ('', '') where it tells of no database."""
    for base in _bases_of(kind):
        attributes = _attributes_of(base)
        module: Optional[Any] = attributes.get("__module__")
        if type(module) is not str:
            continue
        if "_sa_class_manager" in attributes:
            return "instance", "%s.%s" % (module, _qualified_name_of(base))
        if module.startswith("sqlalchemy."):
            what = _WHAT.get(_name_of(base), "")
            if what:
                return what, _name_of(base)
    return "", ""


def arm(recorder: Recorder, sqlalchemy: Any) -> None:
    """Look at what fixtures give from now on; ``sqlalchemy`` is the module as the suite imported it."""
    probe = GivenProbe(recorder, sqlalchemy.event)
    recorder.at_fixture_values.append(recorder.guarded(PROBE, probe.look))
