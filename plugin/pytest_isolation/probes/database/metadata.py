"""Emit what happens to MetaData and models: tables registered, refused, removed, cleared; mappings made and disposed.

Facts about SQLAlchemy (1.3 to 2.1) that shape this file:

* ``Table.after_parent_attach`` fires once a new Table. A second definition raises before any event: it is seen where
  the exception is made, which leaves no frame of the plugin in the suite's traceback.
* ``MetaData.clear``, ``remove``, ``registry.dispose`` and ``clear_mappers`` have no event and are wrapped.
* PostgreSQL's dialect and alembic register tables of their own: those are none of the suite's.
"""

import functools
import sys
import weakref
from typing import Any, Dict, List, Optional, Tuple

from ...call_sites import caller, callers, passes_through
from ...events import (
    HoldersGone,
    IndexRepeated,
    MetadataCleared,
    MetadataSeen,
    ModelMapped,
    RegistryDisposed,
    TableRefused,
    TableRegistered,
    TableRemoved,
    TableSets,
)
from ...recorder import Recorder
from .patches import CLEAR, DISPOSE, REFUSED, REMOVE

PROBE = "metadata"
_REFUSED = "is already defined for this MetaData"
_OTHERS_TABLES = ("sqlalchemy.dialects", "alembic")


class MetadataProbe:
    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._known: Dict[int, Tuple[Any, int]] = {}
        """id(MetaData) -> (weak reference, number)."""
        self._emitted: Dict[int, Tuple[str, ...]] = {}
        """Number -> the keys of its tables, according to the facts so far."""
        self._count = 0
        self._gone: List[int] = []
        """Numbers of those that were freed since the last test boundary."""

    def number_of(self, metadata: Any) -> int:
        """The number of a MetaData, which the first mention introduces."""
        known = self._known.get(id(metadata))
        if known is not None and known[0]() is metadata:
            return known[1]
        self._count += 1
        number = self._count
        key = id(metadata)
        self._known[key] = (weakref.ref(metadata, lambda gone: self._forget(key, number)), number)
        self._emitted[number] = ()
        info = getattr(metadata, "info", None)
        name = info.get("bind_key") if isinstance(info, dict) else None
        self._recorder.emit(MetadataSeen(number, str(name or ""), caller(3)))
        return number

    def known_number(self, metadata: Any) -> int:
        """0 where it never held a table."""
        known = self._known.get(id(metadata))
        return known[1] if known is not None and known[0]() is metadata else 0

    def _forget(self, key: int, number: int) -> None:
        if self._known.get(key, (None, 0))[1] == number:
            del self._known[key]
        self._emitted.pop(number, None)
        self._gone.append(number)

    def _remember(self, metadata: Any, number: int) -> None:
        self._emitted[number] = tuple(metadata.tables)

    # -- listeners ------------------------------------------------------------------------------------------------

    def registered(self, table: Any, parent: Any) -> None:
        frame = sys._getframe(2)
        if not hasattr(parent, "tables") or passes_through(frame, _OTHERS_TABLES):
            return
        own = callers(frame)
        if not own:
            return
        number = self.number_of(parent)
        self._recorder.emit(TableRegistered(number, str(table.key), own[0], own[1:], self._recorder.unit()))
        # SQLAlchemy enters it into .tables right after this event.
        self._emitted[number] = (*self._emitted[number], str(table.key))

    def refused(self, frame: Any) -> None:
        """``frame`` is where the exception is made: ``Table._new`` (2.x) or ``Table.__new__``."""
        local = frame.f_locals
        metadata, key = local.get("metadata"), local.get("key")
        if metadata is None or key is None:
            return
        own = callers(frame)
        if own:
            number = self.number_of(metadata)
            self._recorder.emit(TableRefused(number, str(key), own[0], own[1:], self._recorder.unit()))

    def indexed(self, index: Any, table: Any) -> None:
        """Definitions that extend a table leave the indexes it has, and add them once more."""
        name = index.name
        if not name or not any(each is not index and each.name == name for each in getattr(table, "indexes", ())):
            return
        own = callers(sys._getframe(2))
        metadata = table.metadata
        if own and id(metadata) in self._known:
            number = self.number_of(metadata)
            self._recorder.emit(
                IndexRepeated(
                    metadata=number,
                    table=str(table.key),
                    name=str(name),
                    place=own[0],
                    via=own[1:],
                    unit=self._recorder.unit(),
                )
            )

    def removed(self, metadata: Any, key: str) -> None:
        if id(metadata) in self._known:
            number = self.number_of(metadata)
            self._recorder.emit(TableRemoved(number, key, caller(4), self._recorder.unit()))
            self._remember(metadata, number)

    def cleared(self, metadata: Any, keys: List[str]) -> None:
        if id(metadata) in self._known:
            number = self.number_of(metadata)
            self._recorder.emit(MetadataCleared(number, keys, caller(4), self._recorder.unit()))
            self._remember(metadata, number)

    def mapped(self, mapper: Any, model: Any) -> None:
        table: Any = getattr(mapper, "local_table", None)
        metadata = getattr(table, "metadata", None)
        if metadata is not None and id(metadata) in self._known:
            name = "%s.%s" % (model.__module__, model.__qualname__)
            unit = self._recorder.unit()
            self._recorder.emit(ModelMapped(self.number_of(metadata), str(table.key), name, unit, caller(3)))

    def disposed(self, models: List[str]) -> None:
        if models:
            self._recorder.emit(RegistryDisposed(models, caller(4), self._recorder.unit()))

    # -- comparison -------------------- -----------------------------------------------------------------------------

    def compare(self) -> None:
        """At a test boundary: emit which MetaData were freed, and what each holds if the facts differ."""
        if self._gone:
            gone, self._gone = self._gone, []
            self._recorder.emit(HoldersGone(metadata=gone))
        changed = []
        for reference, number in list(self._known.values()):
            metadata = reference()
            if metadata is None:
                continue
            tables = metadata.tables
            emitted = self._emitted.get(number, ())
            if len(tables) != len(emitted) or tuple(tables) != emitted:
                now = tuple(str(key) for key in tables)
                if set(now) != set(emitted):
                    changed.append((number, list(now)))
                self._emitted[number] = now
        if changed:
            recorder = self._recorder
            edge = "start" if recorder.phase == "setup" else "end"
            recorder.emit(TableSets(recorder.nodeid, edge, metadata=changed))


def arm_core(recorder: Recorder, sqlalchemy: Any, probe: MetadataProbe) -> None:
    """Listen to ``sqlalchemy``, the module as the suite imported it."""
    event = sqlalchemy.event
    event.listen(sqlalchemy.Table, "after_parent_attach", recorder.guarded(PROBE, probe.registered))
    event.listen(sqlalchemy.Index, "after_parent_attach", recorder.guarded(PROBE, probe.indexed))
    install = recorder.patches.install
    install(REFUSED, _noticing_refusals(recorder.guarded(PROBE, probe.refused)))
    install(CLEAR, _followed_by(_keys_of, recorder.guarded(PROBE, probe.cleared)))
    install(REMOVE, _followed_by(_key_of, recorder.guarded(PROBE, probe.removed)))
    recorder.at_test_boundaries(PROBE, probe.compare)


def arm_orm(recorder: Recorder, orm: Any, event: Any, probe: MetadataProbe) -> None:
    """Listen to ``sqlalchemy.orm``, the module as the suite imported it."""
    event.listen(orm.Mapper, "instrument_class", recorder.guarded(PROBE, probe.mapped))
    disposed = recorder.guarded(PROBE, lambda _, models: probe.disposed(models))
    recorder.patches.install(DISPOSE, _followed_by(_models_of, disposed))


def _keys_of(metadata: Any) -> List[str]:
    return list(map(str, metadata.tables))


def _key_of(metadata: Any, table: Any) -> str:
    return str(getattr(table, "key", table))


def _models_of(registries: Any, *_: Any) -> List[str]:
    mappers = [mapper for registry in registries for mapper in registry.mappers]
    return sorted("%s.%s" % (mapper.class_.__module__, mapper.class_.__qualname__) for mapper in mappers)


def _noticing_refusals(refused: Any) -> Any:
    """A patch of the exception: one around ``Table`` itself would be in every traceback."""

    def wrap(original: Any) -> Any:
        @functools.wraps(original)
        def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
            __tracebackhide__ = True
            original(self, *args, **kwargs)
            if args and isinstance(args[0], str) and _REFUSED in args[0]:
                refused(sys._getframe(1))

        return __init__

    return wrap


def _followed_by(before: Any, after: Any) -> Any:
    """A patch: call ``after(self, before(self))`` when the method has succeeded."""

    def wrap(original: Any) -> Any:
        @functools.wraps(original)
        def method(self: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            held: Optional[Any] = None
            try:
                held = before(self, *args)
            except Exception:
                held = None  # no fact about it, rather than an error
            result = original(self, *args, **kwargs)
            if held:
                after(self, held)
            return result

        return method

    return wrap
