"""Fixture lives: who was set up, for whom, how long, and when it was torn down.

Facts about pytest that shape this file:

* ``pytest_fixture_setup`` runs once per value, after the arguments are resolved; ``getfixturevalue`` nests.
* Before pytest 9.1 ``pytest_fixture_post_finalizer`` is called two to three times a life; the one call with
  ``cached_result is not None`` is the real one, on every version.
* No hook tells when a teardown begins: a finalizer added right after the set-up runs just before the fixture's own.
  It may only be added when the set-up has cached a value, else pytest 9.1 trips over it in the next parameter.
"""

import re
from functools import partial
from types import CodeType
from typing import Any, Dict, List, Optional, Sequence, Set

from ..call_sites import place_of_code
from ..events import FixtureDefined, FixtureSetUp, FixtureTornDown
from ..recorder import Recorder, describe

PROBE = "fixtures"

_INTERNAL = re.compile(
    r"_?(xunit_setup|unittest_setUpClass|unittest_setUpModule|_xunit_|_unittest_)|"
    r"event_loop_policy$|_asyncio_loop_factory$|_(session|package|module|class|function)_(scoped_runner|event_loop)$|"
    r"anyio_backend|request$"
)


_NONE: List[int] = []
"""No lives. Nobody adds to it."""


class _Definition:
    """``number`` of a FixtureDef, which it keeps alive so that its id stays its own. ``wide``: than a test."""

    __slots__ = ("fixturedef", "number", "wide")

    def __init__(self, number: int, fixturedef: Any) -> None:
        self.number, self.fixturedef = number, fixturedef
        self.wide = str(fixturedef.scope) != "function"


class _Life:
    """What the probe remembers of a life while it lasts."""

    # On the class: a test has several lives, and most of them need no more than that.
    nodeid = ""
    parent = 0
    parameter: Optional[str] = None
    depends: List[int] = _NONE
    asked: Sequence[int] = ()
    """Lives whose set-up it caused by ``getfixturevalue``."""
    began_at = 0.0
    spent_in_others = 0.0
    torn_down_at: Optional[float] = None

    def __init__(self, number: int, definition: _Definition) -> None:
        self.id = number
        self.definition = definition


class FixtureProbe:
    """Hands the facts of fixture lives to the recorder, and keeps its stage."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._alive: Dict[int, _Life] = {}
        """id(FixtureDef) -> its present life."""
        self._setting_up: List[_Life] = []
        self._definitions: Dict[int, _Definition] = {}
        """id(FixtureDef) -> what is known of it."""
        self._given_up = False
        self._last_life = 0
        self._raised: Dict[int, List[int]] = {}
        """id(exception) -> lives whose set-up it left, innermost first; pytest keeps it as long as they last."""
        self._known_of = (0, 0)
        """The item that was asked about last, and how many fixtures it had."""
        self._last_torn_down: Dict[int, int] = {}
        """Number of a definition -> its life that was torn down last."""

    # -- set-up ---------------------------------------------------------------------------------------------------

    def setting_up(self, fixturedef: Any, request: Any) -> Optional[_Life]:
        """Before the fixture function runs. None where the probe has given up."""
        if self._given_up:
            return None
        recorder = self._recorder
        try:
            definition = self._definitions.get(id(fixturedef)) or self._define(fixturedef)
            if not recorder.idle_since_flush or definition.wide:
                recorder.flush_around_fixture(definition.wide)
            self._last_life += 1
            life = _Life(self._last_life, definition)
            item = getattr(request, "_pyfuncitem", None)
            life.nodeid = getattr(item, "nodeid", "") or recorder.nodeid
            if hasattr(request, "param"):
                life.parameter = _parameter(fixturedef, request)
            if fixturedef.argnames:
                life.depends = self._dependencies(fixturedef, request)
            if self._setting_up:
                outer = self._setting_up[-1]
                life.parent = outer.id
                outer.asked = (*outer.asked, life.id)
            self._setting_up.append(life)
            recorder.unit_stack.append((life.id, "setup"))
            recorder.idle_since_flush = False
            life.began_at = recorder.clock()
            return life
        except Exception as error:
            self._give_up(error)
            return None

    def set_up(self, life: Optional[_Life], fixturedef: Any, excinfo: Any) -> None:
        """After the fixture function returned, yielded, or raised."""
        if life is None:
            return
        recorder, definition = self._recorder, life.definition
        try:
            if definition.wide:
                recorder.flush_around_fixture(True)
            else:
                recorder.flush_unit()
            spent = recorder.clock() - life.began_at
            stage, under_way = recorder.unit_stack, self._setting_up
            if stage and stage[-1][0] == life.id:
                stage.pop()
            if under_way and under_way[-1] is life:
                under_way.pop()
            if under_way:
                under_way[-1].spent_in_others += spent
            elif recorder.phase == "setup":
                recorder.idle_since_flush = True
            exception = message = ""
            if excinfo is not None:
                error = excinfo[1] if isinstance(excinfo, tuple) else excinfo
                exception = type(error).__name__
                message = describe(error)[len(exception) + 2 :]
                # Charged to the innermost: an outer fixture merely lets it through.
                self._raised.setdefault(id(error), []).append(life.id)
            recorder.emit(
                FixtureSetUp(
                    life.id,
                    definition.number,
                    life.nodeid,
                    int((recorder.offset + life.began_at) * 1e6),
                    int((spent - life.spent_in_others) * 1e9),
                    life.depends,
                    life.parameter,
                    life.parent,
                    exception,
                    message,
                )
            )
            if fixturedef.cached_result is None:  # KeyboardInterrupt, SystemExit: pytest has nothing to finish
                recorder.emit(FixtureTornDown(life.id, recorder.nodeid, None))
                self._forget_raised(life)
                return
            self._alive[id(fixturedef)] = life
            if excinfo is None:
                fixturedef.addfinalizer(partial(self._tearing_down, life))
                for look in recorder.at_fixture_values:
                    look(life.id, fixturedef.cached_result[0])
        except Exception as error:
            self._give_up(error)

    def _dependencies(self, fixturedef: Any, request: Any) -> List[int]:
        known = getattr(request, "_fixture_defs", None) or {}
        lives = []
        for name in fixturedef.argnames:
            life = self._alive.get(id(known.get(name)))
            if life is not None:
                lives.append(life.id)
        return lives

    def _define(self, fixturedef: Any) -> _Definition:
        number = len(self._definitions) + 1
        definition = self._definitions[id(fixturedef)] = _Definition(number, fixturedef)
        name = str(fixturedef.argname)
        place = place_of_code(fixturedef.func)
        arguments = [str(argument) for argument in fixturedef.argnames]
        internal = bool(_INTERNAL.match(name))
        self._recorder.emit(
            FixtureDefined(number, name, str(fixturedef.scope), str(fixturedef.baseid), place, arguments, internal)
        )
        return definition

    # -- teardown -------------------------------------------------------------------------------------------------

    def _tearing_down(self, life: _Life) -> None:
        """The stamp: finalizers run last in, first out, so this is the moment before the fixture's own."""
        if self._given_up:
            return
        recorder = self._recorder
        try:
            if not recorder.idle_since_flush or life.definition.wide:
                recorder.flush_around_fixture(life.definition.wide)
            recorder.unit_stack.append((life.id, "teardown"))
            # One that has no finalizers left has no teardown: nothing of the suite's runs before its end.
            recorder.idle_since_flush = not getattr(life.definition.fixturedef, "_finalizers", True)
            life.torn_down_at = recorder.clock()
        except Exception as error:
            self._give_up(error)

    def finalized(self, fixturedef: Any) -> None:
        """pytest's post_finalizer, which older versions call too often."""
        recorder = self._recorder
        try:
            if fixturedef.cached_result is None:
                return
            stage = recorder.unit_stack
            life = self._alive.pop(id(fixturedef), None)
            if life is None:
                return
            if not recorder.idle_since_flush or life.definition.wide:
                recorder.flush_around_fixture(life.definition.wide)
            duration = None
            if life.torn_down_at is not None:
                duration = int((recorder.clock() - life.torn_down_at) * 1e9)
                step = (life.id, "teardown")
                if stage and stage[-1] == step:
                    stage.pop()
                elif step in stage:
                    stage.remove(step)
            recorder.idle_since_flush = not stage and recorder.phase == "teardown"
            self._last_torn_down[life.definition.number] = life.id
            if self._raised:
                self._forget_raised(life)
            recorder.emit(FixtureTornDown(life.id, recorder.nodeid, duration))
        except Exception as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        """Nobody may be charged with what happens after a set-up or teardown whose end is not seen."""
        self._given_up = True
        self._recorder.disable(PROBE, error)
        self._recorder.unit_stack.clear()
        self._recorder.idle_since_flush = False

    # -- questions ------------------------------------------------------------------------------------------------

    def used_by(self, item: Any, already: List[int], excinfo: Any) -> List[int]:
        """Lives that the item has now, in the order they were set up, without those in ``already``.

        What a fixture rests on is had with it: an overridden fixture, or one that a wider fixture asked for long ago.
        So is the fixture that failed the item, which pytest does not count among the item's own.
        """
        request = getattr(item, "_request", None) or getattr(item, "fixture_request", None)
        known = getattr(request, "_fixture_defs", None)
        if known is None:
            return []
        if already and excinfo is None and self._known_of == (id(item), len(known)):
            return []  # nothing has come since: the usual case
        self._known_of = (id(item), len(known))
        lives = self._alive
        had = [lives[number].id for number in map(id, known.values()) if number in lives]
        if len(had) == len(lives) and excinfo is None and not already:  # all that are alive: the usual case
            had.sort()
            return had
        alive = {life.id: life for life in lives.values()}
        if excinfo is not None:
            had += self._raised.get(id(excinfo.value), ())
        found = set()
        while had:
            number = had.pop()
            if number in alive and number not in found:
                found.add(number)
                had += alive[number].depends
                had += alive[number].asked
        return sorted(found.difference(already))

    def life_that_raised(self, excinfo: Any, when: str) -> int:
        """The life whose function raised; 0 where it was the test itself, or is not known.

        A set-up is known by its exception object (a wider fixture raises the same one again for each later test); a
        teardown by whose function, or a function defined within it, is in the traceback.
        """
        if when != "teardown":
            return self._raised.get(id(excinfo.value), [0])[0]
        frames = _codes_in(excinfo.value)
        for definition in self._definitions.values():
            if not frames.isdisjoint(_codes_of(definition.fixturedef.func)):
                return self._last_torn_down.get(definition.number, 0)
        return 0

    def _forget_raised(self, life: _Life) -> None:
        """The life is over, and the exception may be freed: its id could be another's tomorrow."""
        for error, lives in list(self._raised.items()) if self._raised else ():
            if life.id in lives:
                lives.remove(life.id)
                if not lives:
                    del self._raised[error]


def _codes_in(error: BaseException) -> Set[CodeType]:
    """The functions that an exception passed through; from pytest 8 on several of them come in a group."""
    codes = set()
    traceback = error.__traceback__
    while traceback is not None:
        codes.add(traceback.tb_frame.f_code)
        traceback = traceback.tb_next
    for inner in getattr(error, "exceptions", None) or ():
        if isinstance(inner, BaseException):
            codes |= _codes_in(inner)
    return codes


def _codes_of(function: Any) -> Set[CodeType]:
    """A function's code and that of the functions it defines: finalizers, mostly."""
    waiting = [getattr(getattr(function, "__func__", function), "__code__", None)]
    codes = set()
    while waiting:
        code = waiting.pop()
        if isinstance(code, CodeType):
            codes.add(code)
            waiting += code.co_consts
    return codes


def _parameter(fixturedef: Any, request: Any) -> str:
    """The parameter's id as pytest shows it, else a short text; never the repr of a user's object."""
    ids = getattr(fixturedef, "ids", None)
    param = request.param
    try:
        if callable(ids):
            chosen = ids(param)
            if chosen is not None:
                return str(chosen)[:80]
        elif ids:
            return str(ids[request.param_index])[:80]
    except Exception:
        pass  # the suite's own ids function failed: pytest says so itself
    if isinstance(param, (str, int, float, bool, type(None))):
        return str(param)[:80]
    return "%s%d" % (fixturedef.argname, getattr(request, "param_index", 0))
