"""Changes of the process's own state, as one suite with many ways to make them tells them."""

from __future__ import annotations

import pytest

from isolation_tui.model import Outcome, StateResidue
from observing import Seen, observe, write
from pytest_isolation.events import StateChanged, StateInReach

SETTINGS = """
    import functools, logging, sys

    LIMITS = {"most": 3}
    NESTED = {"a": {"b": [1]}}
    QUEUE = []
    FLAG = False
    NAME = "a name long enough not to be one object with its copies"
    log = logging.getLogger(__name__)

    class Registry:
        kinds = []
        on = False

    class Options:
        def __init__(self):
            self.debug = False

    options = Options()

    @functools.lru_cache(maxsize=None)
    def rate(code):
        if code == "none":
            raise LookupError(code)
        return code

    class Prices:
        @staticmethod
        @functools.lru_cache
        def of(code):
            return code

    def most():
        return LIMITS["most"]

    def flag():
        return FLAG
    """

HOSTILE = """
    import collections, threading

    class Hostile:
        touched = []
        def _no(self, *args):
            Hostile.touched.append(1)
            raise RuntimeError("hands off")
        __eq__ = __repr__ = __hash__ = __len__ = __iter__ = __bool__ = __str__ = __call__ = _no
        def __getattr__(self, name):
            self._no()

    class Meta(type):
        def __eq__(self, other): raise RuntimeError("hands off")
        __hash__ = None
        def __getattribute__(self, name):
            if name != "__class__":
                raise RuntimeError("hands off")
            return type.__getattribute__(self, name)

    class Strange(metaclass=Meta): pass

    class Props:
        @property
        def __dict__(self): raise RuntimeError("hands off")

    strange, props, hostile = Strange(), Props(), Hostile()
    items = [Hostile(), Hostile()]
    named = {"a": Hostile()}
    cyclic = {}
    cyclic["me"] = cyclic
    deep = current = []
    for _ in range(2000):
        current.append([])
        current = current[0]
    huge = list(range(1_000_000))
    wide = {n: [n] for n in range(50_000)}
    held = collections.deque([1, 2], maxlen=5)
    lock = threading.Lock()
    lock.acquire()

    def __getattr__(name):
        raise RuntimeError("a lazy module was woken: " + name)
    """

TESTS = """
    import collections, logging, os, random, socket, sys, types, warnings
    import pytest
    import settings, hostile

    @pytest.fixture(scope="module")
    def wide():
        os.environ["WIDE"] = "1"
        settings.FLAG = "wide"
        os.environ["BRIEF"] = "1"
        yield
        del os.environ["BRIEF"]

    @pytest.fixture
    def narrow():
        os.environ["NARROW"] = "1"

    @pytest.fixture
    def tidy():
        os.environ["TIDY"] = "1"
        yield
        del os.environ["TIDY"]

    def test_nothing(): pass

    # what is put back is no change
    def test_patched(monkeypatch, tmp_path, caplog):
        monkeypatch.setenv("PATCHED", "1")
        monkeypatch.setattr(settings, "FLAG", True)
        monkeypatch.setitem(settings.LIMITS, "most", 9)
        monkeypatch.chdir(tmp_path)
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.setitem(sys.modules, "planted", types.ModuleType("planted"))
        caplog.set_level(logging.DEBUG)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
    def test_tidy(tidy): pass
    def test_equal_value_put_back():
        settings.NAME = "".join(settings.NAME)
        settings.NAME = "".join(list(settings.NAME))
    def test_list_put_back():
        settings.QUEUE.append(1)
        settings.QUEUE.pop()
    def test_drawing_numbers(): random.random()
    def test_seed_put_back():
        state = random.getstate()
        random.seed(7)
        random.setstate(state)
    def test_late_import(): import late

    # what is left
    def test_env(): os.environ["LEFT"] = "1"
    def test_env_again(): os.environ["LEFT"] = "2"
    def test_env_back(): del os.environ["LEFT"]
    def test_env_gone(): del os.environ["THERE"]
    def test_narrow(narrow): pass
    def test_wide(wide): pass
    def test_wide_is_overruled_for_a_moment(wide):
        os.environ["WIDE"] = "2"
        os.environ["WIDE"] = "1"
    def test_path(): sys.path.append("/nowhere")
    def test_in_place(): settings.LIMITS["most"] = 4
    def test_in_depth(): settings.NESTED["a"]["b"].append(2)
    def test_class(): settings.Registry.kinds.append(1)
    def test_class_attribute(): settings.Registry.on = True
    def test_instance(): settings.options.debug = True
    def test_new_global(): settings.extra = object()
    def test_cache(): settings.rate("a")
    def test_cache_hit(): settings.rate("a")
    def test_cache_refused():
        with pytest.raises(LookupError):
            settings.rate("none")
    def test_cache_of_a_method(): settings.Prices.of("a")
    def test_cache_cleared_and_filled():
        settings.rate.cache_clear()
        settings.rate("b")
    def test_log_level(): settings.log.setLevel(logging.ERROR)
    def test_log_handler(): logging.getLogger().addHandler(logging.NullHandler())
    def test_log_disabled(): logging.disable(logging.INFO)
    def test_seed(): random.seed(42)
    def test_planted(): sys.modules["stripe"] = types.ModuleType("stripe")
    def test_module_replaced(): sys.modules["late"] = types.ModuleType("late")
    def test_own_list(): OWN.append(1)
    def test_cwd(tmp_path): os.chdir(tmp_path)
    def test_hostile_things_change():
        hostile.items.append(hostile.Hostile())
        hostile.named["b"] = hostile.Hostile()
        hostile.huge.append(1)
        hostile.cyclic["more"] = 1
        hostile.hostile = hostile.Hostile()
    def test_nobody_touched_them(): assert hostile.Hostile.touched == []
    def test_objects_are_let_go():
        import gc, weakref
        class Thing: pass
        settings.thing = Thing()
        known = weakref.ref(settings.thing)
        del settings.thing
        gc.collect()
        assert known() is None

    # what a suite may do to the process
    def test_everything_cleared():
        kept = dict(os.environ)
        os.environ.clear()
        os.environ.update(kept)
    def test_environ_replaced(monkeypatch): monkeypatch.setattr(os, "environ", {"A": "1"})
    def test_environ_mapped(monkeypatch): monkeypatch.setattr(os, "environ", collections.ChainMap({}, os.environ))
    def test_modules_replaced(monkeypatch): monkeypatch.setattr(sys, "modules", dict(sys.modules))
    def test_path_strange(monkeypatch): monkeypatch.setattr(sys, "path", [hostile.Hostile(), *sys.path])
    def test_socket_and_time(monkeypatch):
        import time
        monkeypatch.setattr(socket, "socket", None)
        monkeypatch.setattr(time, "time", lambda: 0)
        monkeypatch.setattr(time, "perf_counter", lambda: 0)
        monkeypatch.setattr(os, "getcwd", lambda: 1 / 0)
    def test_fork():
        child = os.fork()
        if not child:
            os.environ["CHILD"] = "1"
            settings.LIMITS["child"] = 1
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    def test_last(): pass

    OWN = []
    """

FAILING = """
    import os, pytest, settings
    from settings import LIMITS

    class Shop:
        def most(self): return self.limit()
        def limit(self): return settings.most()

    @pytest.fixture
    def shop(): return Shop()

    @pytest.fixture
    def currency(monkeypatch): monkeypatch.setenv("WIDE", "x")

    def helper():
        from settings import most
        return most()

    def test_of_a_global(): assert settings.most() == 3
    def test_through_a_method(shop): assert shop.most() == 3
    def test_through_a_late_import(): assert helper() == 3
    def test_of_the_very_object(): assert LIMITS == {"most": 3}
    def test_of_a_variable(): assert "WIDE" not in os.environ
    def test_of_a_variable_it_sets(currency): assert os.environ["WIDE"] == "1"
    def test_of_a_cache(): assert settings.rate("b") == "c"
    def test_of_nothing(): assert 1 == 2
    def test_passes(): settings.most()
    """


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    files = {"settings.py": SETTINGS, "hostile.py": HOSTILE, "late.py": "", "test_a.py": TESTS, "test_b.py": FAILING}
    root = write(tmp_path_factory.mktemp("process") / "suite", files)
    return observe(root, "-q", env={"THERE": "1"})


def left(seen: Seen, name: str) -> list[tuple[str, str, str]]:
    """(author, location, change) of what was reported at the end of that test."""
    return [(entry.author.label, entry.location, entry.change) for entry in seen.test(f"::{name}").state_changed]


def the(seen: Seen, location: str) -> StateResidue:
    """What is still changed at that location at the end of the run."""
    return seen.run.workers["main"].state[location]


def test_the_suite_runs_as_it_would_and_no_probe_gave_up(seen: Seen) -> None:
    failed = {test.name for test in seen.run.tests.values() if test.outcome is not Outcome.PASSED}
    assert failed == {
        "test_of_a_global", "test_through_a_method", "test_through_a_late_import", "test_of_the_very_object",
        "test_of_a_variable", "test_of_a_variable_it_sets", "test_of_a_cache", "test_of_nothing",
    }, seen.output  # fmt: skip
    assert seen.run.disabled_probes == []


@pytest.mark.parametrize(
    "name",
    [
        "test_nothing", "test_patched", "test_tidy", "test_equal_value_put_back", "test_list_put_back",
        "test_drawing_numbers", "test_seed_put_back", "test_late_import", "test_wide_is_overruled_for_a_moment",
        "test_cache_hit", "test_cache_refused", "test_objects_are_let_go", "test_everything_cleared",
        "test_environ_replaced", "test_environ_mapped", "test_modules_replaced", "test_path_strange",
        "test_socket_and_time", "test_fork",
    ],
)  # fmt: skip
def test_a_change_that_is_undone_at_the_end_is_not_reported(seen: Seen, name: str) -> None:
    assert left(seen, name) == []


@pytest.mark.parametrize(
    ("name", "location", "change"),
    [
        ("test_env", "env:LEFT", "added"),
        ("test_env_again", "env:LEFT", "added"),
        ("test_env_back", "env:LEFT", "restored"),
        ("test_env_gone", "env:THERE", "removed"),
        ("test_path", "path:sys.path", "changed"),
        ("test_in_place", "global:settings.LIMITS", "changed"),
        ("test_in_depth", "global:settings.NESTED", "changed"),
        ("test_class", "global:settings.Registry.kinds", "changed"),
        ("test_class_attribute", "global:settings.Registry.on", "changed"),
        ("test_instance", "global:settings.options", "changed"),
        ("test_new_global", "global:settings.extra", "added"),
        ("test_cache", "cache:settings.rate", "changed"),
        ("test_cache_of_a_method", "cache:settings.Prices.of", "changed"),
        ("test_cache_cleared_and_filled", "cache:settings.rate", "changed"),
        ("test_log_level", "logging:settings.level", "changed"),
        ("test_log_handler", "logging:root.handlers", "changed"),
        ("test_log_disabled", "logging:logging.disable", "changed"),
        ("test_seed", "random:random", "changed"),
        ("test_planted", "module:stripe", "added"),
        ("test_module_replaced", "module:late", "changed"),
        ("test_own_list", "global:test_a.OWN", "changed"),
        ("test_cwd", "cwd:cwd", "changed"),
    ],
)
def test_what_a_test_leaves_is_reported_with_its_author(seen: Seen, name: str, location: str, change: str) -> None:
    assert left(seen, name) == [(seen.test(f"::{name}").nodeid, location, change)]


def test_what_a_fixture_leaves_is_the_fixtures(seen: Seen) -> None:
    assert left(seen, "test_narrow") == [("fixture narrow", "env:NARROW", "added")]


def test_what_a_wide_fixture_changes_is_its_own_and_intended_until_its_teardown(seen: Seen) -> None:
    assert sorted(left(seen, "test_wide")) == [
        ("fixture wide", "env:BRIEF", "added"),
        ("fixture wide", "env:WIDE", "added"),
        ("fixture wide", "global:settings.FLAG", "changed"),
    ]
    assert "env:WIDE" not in seen.test("::test_last").state_found
    assert "env:WIDE" in seen.test("::test_of_nothing").state_found


def test_what_a_wide_fixture_takes_back_in_its_teardown_is_restored(seen: Seen) -> None:
    assert ("fixture wide", "env:BRIEF", "restored") in left(seen, "test_last")
    assert "env:BRIEF" not in seen.test("::test_of_nothing").state_found


def test_hostile_things_are_followed_without_being_touched(seen: Seen) -> None:
    told = {location for _, location, _ in left(seen, "test_hostile_things_change")}
    assert told == {f"global:hostile.{name}" for name in ("items", "named", "huge", "cyclic", "hostile")}


def test_details_hold_types_and_sizes_and_no_value(seen: Seen) -> None:
    assert the(seen, "global:settings.LIMITS").detail == "dict of 1"
    assert the(seen, "global:test_a.OWN").detail == "list of 1, was 0"
    assert the(seen, "env:NARROW").detail == ""


def test_a_memoised_function_filled_again_is_charged_to_who_filled_it_last(seen: Seen) -> None:
    assert the(seen, "cache:settings.rate").author.label.endswith("::test_cache_cleared_and_filled")


def reached(seen: Seen, name: str) -> dict[str, str]:
    """Location -> the function that mentions it; without the path that a late import goes along."""
    reach = seen.test(f"::{name}").state_in_reach
    return {each.location: each.place.function for each in reach if each.location != "path:sys.path"}


@pytest.mark.parametrize(
    ("name", "location", "function"),
    [
        ("test_of_a_global", "global:settings.LIMITS", "most"),
        ("test_through_a_method", "global:settings.LIMITS", "most"),
        ("test_through_a_late_import", "global:settings.LIMITS", "most"),
        ("test_of_the_very_object", "global:settings.LIMITS", "test_of_the_very_object"),
        ("test_of_a_variable", "env:WIDE", "test_of_a_variable"),
        ("test_of_a_cache", "cache:settings.rate", "test_of_a_cache"),
    ],
)
def test_changed_state_in_a_failed_tests_reach_is_found(seen: Seen, name: str, location: str, function: str) -> None:
    assert reached(seen, name) == {location: function}


def test_a_test_that_passed_may_have_read_it_as_well(seen: Seen) -> None:
    assert reached(seen, "test_passes") == {"global:settings.LIMITS": "most"}


@pytest.mark.parametrize("name", ["test_of_nothing", "test_of_a_variable_it_sets", "test_last"])
def test_no_other_test_is_reported_to_reach_it(seen: Seen, name: str) -> None:
    assert reached(seen, name) == {}


def test_facts_are_few(seen: Seen) -> None:
    """What is not changed any more is not told again."""
    assert len(seen.of(StateChanged)) < 40
    assert len(seen.of(StateInReach)) < 20
