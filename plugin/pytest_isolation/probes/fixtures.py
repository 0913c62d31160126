"""The probe of fixture lives: which fixture was set up, for which test, how long it took, and when it was torn down.

What pytest does, as far as this file depends on it:

* ``pytest_fixture_setup`` runs once for each value, after the arguments are resolved; ``getfixturevalue`` nests.
* Before pytest 9.1 ``pytest_fixture_post_finalizer`` is called two to three times a life. On every version, exactly one
  of the calls has ``cached_result is not None``.
* No hook is called when a teardown starts. A finalizer that is added right after the set-up runs just before the
  fixture's own. It may only be added if the set-up has cached a value, else pytest 9.1 fails in the next parameter.
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
"""No lives: one list for all, never added to."""


class _Definition:
    """The ``number`` of a FixtureDef, which is kept alive so that its id is not reused. ``wide``: wider than a test."""

    __slots__ = ("fixturedef", "number", "wide")

    def __init__(self, number: int, fixturedef: Any) -> None:
        self.number, self.fixturedef = number, fixturedef
        self.wide = str(fixturedef.scope) != "function"


class _Life:
    """One fixture life, from its set-up to its teardown."""

    # Defaults on the class: a test has several lives, and most of them need nothing else.
    nodeid = ""
    parent = 0
    parameter: Optional[str] = None
    depends: List[int] = _NONE
    asked: Sequence[int] = ()
    """Lives that its set-up requested by ``getfixturevalue``."""
    began_at = 0.0
    spent_in_others = 0.0
    torn_down_at: Optional[float] = None

    def __init__(self, number: int, definition: _Definition) -> None:
        self.id = number
        self.definition = definition


class FixtureProbe:
    """Emits the facts of fixture lives, and keeps the recorder's stack of units."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._alive: Dict[int, _Life] = {}
        """id(FixtureDef) -> its current life."""
        self._setting_up: List[_Life] = []
        self._definitions: Dict[int, _Definition] = {}
        """id(FixtureDef) -> its definition."""
        self._given_up = False
        self._last_life = 0
        self._raised: Dict[int, List[int]] = {}
        """id(exception) -> lives whose set-up it ended, innermost first; pytest keeps it as long as they last."""
        self._known_of = (0, 0)
        """The item of the last :meth:`used_by`, and how many fixtures it had."""
        self._last_torn_down: Dict[int, int] = {}
        """Number of a definition -> its last life that was torn down."""

    # -- set-up ---------------------------------------------------------------------------------------------------

    def setting_up(self, fixturedef: Any, request: Any) -> Optional[_Life]:
        """The fixture function is about to run. Returns its life, None if the probe has given up."""
        if self._given_up:
            return None
        recorder = self._recorder
        try:
            definition = self._definitions.get(id(fixturedef)) or self._define(fixturedef)
            if not recorder.idle_since_flush or definition.wide:
                recorder.flush_around_fixture(definition.wide)
            self._last_life += 1
            life = _Life(self._last_life, definition)
            if definition.wide:
                recorder.wide_lives.add(life.id)
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
        """The fixture function has returned, yielded or raised."""
        if life is None:
            return
        recorder, definition = self._recorder, life.definition
        try:
            if definition.wide:
                recorder.flush_around_fixture(True)
            else:
                recorder.flush_unit()
            spent = recorder.clock() - life.began_at
            stack, under_way = recorder.unit_stack, self._setting_up
            if stack and stack[-1][0] == life.id:
                stack.pop()
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
                # Charged to the innermost: it only passes through an outer fixture.
                self._raised.setdefault(id(error), []).append(life.id)
            recorder.emit(
                FixtureSetUp(  # in the order of the fields: keywords take three times as long
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
            if fixturedef.cached_result is None:  # KeyboardInterrupt, SystemExit: pytest does not finish it
                recorder.emit(FixtureTornDown(life.id, recorder.nodeid, None))
                recorder.wide_lives.discard(life.id)
                self._forget_raised(life)
                return
            self._alive[id(fixturedef)] = life
            if excinfo is None:
                fixturedef.addfinalizer(partial(self._tearing_down, life))
                for observe in recorder.at_fixture_values:
                    observe(life.id, fixturedef.cached_result[0])
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
        self._recorder.emit(
            FixtureDefined(
                definition=number,
                name=name,
                scope=str(fixturedef.scope),
                baseid=str(fixturedef.baseid),
                place=place_of_code(fixturedef.func),
                arguments=[str(argument) for argument in fixturedef.argnames],
                internal=bool(_INTERNAL.match(name)),
            )
        )
        return definition

    # -- teardown -------------------------------------------------------------------------------------------------

    def _tearing_down(self, life: _Life) -> None:
        """The teardown starts: finalizers run last in, first out, so this one runs before the fixture's own."""
        if self._given_up:
            return
        recorder = self._recorder
        try:
            if not recorder.idle_since_flush or life.definition.wide:
                recorder.flush_around_fixture(life.definition.wide)
            recorder.unit_stack.append((life.id, "teardown"))
            # Without finalizers it has no teardown, and no code of the suite runs before its end.
            recorder.idle_since_flush = not getattr(life.definition.fixturedef, "_finalizers", True)
            life.torn_down_at = recorder.clock()
        except Exception as error:
            self._give_up(error)

    def finalized(self, fixturedef: Any) -> None:
        """The teardown has ended. Older versions of pytest call this too often."""
        recorder = self._recorder
        try:
            if fixturedef.cached_result is None:
                return
            stack = recorder.unit_stack
            life = self._alive.pop(id(fixturedef), None)
            if life is None:
                return
            if not recorder.idle_since_flush or life.definition.wide:
                recorder.flush_around_fixture(life.definition.wide)
            duration = None
            if life.torn_down_at is not None:
                duration = int((recorder.clock() - life.torn_down_at) * 1e9)
                step = (life.id, "teardown")
                if stack and stack[-1] == step:
                    stack.pop()
                elif step in stack:
                    stack.remove(step)
            recorder.idle_since_flush = not stack and recorder.phase == "teardown"
            recorder.wide_lives.discard(life.id)
            self._last_torn_down[life.definition.number] = life.id
            if self._raised:
                self._forget_raised(life)
            recorder.emit(FixtureTornDown(life.id, recorder.nodeid, duration))
        except Exception as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        """Charge nothing to a fixture from now on: the end of its set-up or teardown may have been missed."""
        self._given_up = True
        self._recorder.disable(PROBE, error)
        self._recorder.unit_stack.clear()
        self._recorder.idle_since_flush = False

    # -- queries --------------------------------------------------------------------------------------------------

    def used_by(self, item: Any, already: List[int], excinfo: Any) -> List[int]:
        """Lives that the item uses now, in the order of their set-up, without those in ``already``.

        It uses what its fixtures depend on too: an overridden fixture, or one that a wider fixture requested long ago;
        and the fixture that failed it, which pytest does not list for the item.
        """
        request = getattr(item, "_request", None) or getattr(item, "fixture_request", None)
        known = getattr(request, "_fixture_defs", None)
        if known is None:
            return []
        if already and excinfo is None and self._known_of == (id(item), len(known)):
            return []  # nothing was added: the usual case
        self._known_of = (id(item), len(known))
        lives = self._alive
        used = [lives[number].id for number in map(id, known.values()) if number in lives]
        if len(used) == len(lives) and excinfo is None and not already:  # every life: the usual case
            used.sort()
            return used
        alive = {life.id: life for life in lives.values()}
        if excinfo is not None:
            used += self._raised.get(id(excinfo.value), ())
        found = set()
        while used:
            number = used.pop()
            if number in alive and number not in found:
                found.add(number)
                used += alive[number].depends
                used += alive[number].asked
        return sorted(found.difference(already))

    def life_that_raised(self, excinfo: Any, when: str) -> int:
        """The life whose function raised; 0 if the test itself raised, or if that is not known.

        A set-up is found by its exception object, which a wider fixture raises again for each later test. A teardown is
        found by the fixture function, or a function defined in it, in the traceback.
        """
        if when != "teardown":
            return self._raised.get(id(excinfo.value), [0])[0]
        frames = _codes_in(excinfo.value)
        for definition in self._definitions.values():
            if not frames.isdisjoint(_codes_of(definition.fixturedef.func)):
                return self._last_torn_down.get(definition.number, 0)
        return 0

    def _forget_raised(self, life: _Life) -> None:
        """The life has ended, and pytest may free the exception: its id can be reused."""
        for error, lives in list(self._raised.items()) if self._raised else ():
            if life.id in lives:
                lives.remove(life.id)
                if not lives:
                    del self._raised[error]


def _codes_in(error: BaseException) -> Set[CodeType]:
    """The functions that an exception passed through; from pytest 8 on, it may be a group of several."""
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
    """A function's code, and that of the functions it defines, which are mostly finalizers."""
    waiting = [getattr(getattr(function, "__func__", function), "__code__", None)]
    codes = set()
    while waiting:
        code = waiting.pop()
        if isinstance(code, CodeType):
            codes.add(code)
            waiting += code.co_consts
    return codes


def _parameter(fixturedef: Any, request: Any) -> str:
    """The parameter's id as pytest shows it, else a short text; never the repr of an object of the suite."""
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
        pass  # the suite's own ids function failed, and pytest reports it
    if isinstance(param, (str, int, float, bool, type(None))):
        return str(param)[:80]
    return "%s%d" % (fixturedef.argname, getattr(request, "param_index", 0))
