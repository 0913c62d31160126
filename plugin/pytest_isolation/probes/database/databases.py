"""Number the databases that a suite uses; all probes share the numbers."""

import os
import re
import weakref
from typing import Any, Callable, Dict, List, Optional, Tuple

from ...events import DatabaseSeen, HoldersGone, Unit
from ...recorder import Recorder
from .drivers import engine_itself
from .patches import NEW_ENGINE

_SECRET_IN_QUERY = re.compile(r"((?:password|passwd|pwd|secret|token)=)[^&\s]+", re.IGNORECASE)


MOST_KEPT = 500
"""How many databases are known by their URL though no engine is connected to them; also how many keep their tables."""


class Databases:
    """The number of each database, by its URL; of in-memory SQLite, by its pool."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._count = 0
        self._numbers: Dict[str, int] = {}
        """:func:`_place` of a URL -> number of the database."""
        self._pools: Dict[int, Tuple[Any, int]] = {}
        """id(pool) -> (weak reference, number of its database): looked up for each table."""
        self._gone: List[int] = []
        """In-memory databases that were freed since the last test boundary."""
        self.when_gone: List[Callable[[int], None]] = []
        """Called with the number of an in-memory database that was freed, before the fact is emitted."""
        self.when_pool_gone: List[Callable[[int], None]] = []
        """Called with the id of a pool that was freed: by the garbage collector at any moment, so only note it."""
        self._makers: Any = weakref.WeakKeyDictionary()
        """Engine -> the unit that made it."""

    def watch_engines(self) -> None:
        """Note which unit makes each engine, from now on."""
        self._recorder.patches.install(NEW_ENGINE, self._noting_maker)

    def _noting_maker(self, original: Any) -> Any:
        makers, unit = self._makers, self._recorder.unit

        def __new__(cls: Any, *args: Any, **kwargs: Any) -> Any:
            engine = original(cls) if original is object.__new__ else original(cls, *args, **kwargs)
            try:
                makers[engine] = unit()
            except Exception:
                pass  # an engine whose maker is not known counts as the import's
            return engine

        return __new__

    def number(self, connection: Any) -> Optional[int]:
        """The number of the database behind a connection, which the first mention introduces; None where there is none
        (``create_mock_engine``)."""
        try:
            pool = connection.engine.pool
        except AttributeError:
            return None
        known = self._pools.get(id(pool))
        if known is not None and known[0]() is pool:
            return known[1]
        engine = connection.engine
        url = engine.url
        # Each pool of an in-memory SQLite has a database of its own, which ends with it.
        in_memory = _in_memory(url)
        place = _place(url)
        number = None if in_memory else self._numbers.get(place)
        if number is None:
            self._count += 1
            number = self._count
            if not in_memory:
                self._numbers[place] = number
                if len(self._numbers) > 2 * MOST_KEPT:
                    self._forget_unused()
            maker = self._makers.get(engine_itself(engine), Unit())
            self._recorder.emit(DatabaseSeen(number, _label(url), str(engine.dialect.name), maker))
        key = id(pool)
        self._pools[key] = (weakref.ref(pool, self._forgetter(key, number if in_memory else 0)), number)
        return number

    def _forget_unused(self) -> None:
        """A suite may have a file for each test. One that it comes back to much later counts as a new database."""
        used = {number for reference, number in list(self._pools.values()) if reference() is not None}
        oldest = list(self._numbers.items())[:-MOST_KEPT]
        for place, number in oldest:
            if number not in used:
                del self._numbers[place]

    def of_pool(self, pool: Any) -> int:
        """The number of a pool's database; 0 where no statement was sent to it yet."""
        known = self._pools.get(id(pool))
        return known[1] if known is not None and known[0]() is pool else 0

    def flush_gone(self) -> None:
        """Emit the databases that were freed, at a test boundary."""
        if self._gone:
            gone, self._gone = self._gone, []
            for number in gone:
                for forget in self.when_gone:
                    forget(number)
            self._recorder.emit(HoldersGone(databases=gone))

    def _forgetter(self, key: int, number: int) -> Any:
        """A callback for when a pool is freed; ``number`` is its database, 0 if that remains."""

        def forget(gone: Any) -> None:
            if self._pools.get(key, (None, 0))[0] is gone:
                del self._pools[key]
            for note in self.when_pool_gone:
                note(key)
            if number:
                self._gone.append(number)

        return forget


def _label(url: Any) -> str:
    """The URL without its password, which may also be in the query."""
    render = getattr(url, "render_as_string", None)
    text = render(hide_password=True) if render is not None else repr(url)
    return _SECRET_IN_QUERY.sub(r"\1***", text)


def _place(url: Any) -> str:
    """A key that is the same for all drivers of one database, and has no password. The query may contain one: the key
    never leaves the process."""
    kind, name = str(url.drivername).partition("+")[0], url.database
    if kind == "sqlite" and name and not name.startswith("file:"):
        try:
            name = os.path.abspath(name)
        except OSError:  # the working directory is gone
            pass
    return repr((kind, url.username, url.host, url.port, name, sorted(dict(url.query).items())))


def _in_memory(url: Any) -> bool:
    if not str(url.drivername).startswith("sqlite"):
        return False
    database = url.database
    return not database or database == ":memory:" or "mode=memory" in str(url)
