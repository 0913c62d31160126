"""Facts about fixture lives: their tests, their dependencies, their teardown, and who is charged."""

from __future__ import annotations

from pathlib import Path

import pytest

import environments
from isolation_tui.model import FixtureLife, Outcome
from observing import Seen, observe, write
from pytest_isolation.events import FixtureDefined, FixtureSetUp, FixtureTornDown, PhaseFinished

pytestmark = pytest.mark.slow

SUITE = {
    "conftest.py": """
        import pytest

        @pytest.fixture(scope="session")
        def settings():
            yield "settings"

        @pytest.fixture(scope="session")
        def outer(request):
            return request.getfixturevalue("inner")

        @pytest.fixture(scope="session")
        def inner(): return "inner"

        @pytest.fixture
        def thing(): return ["conftest"]
        """,
    "test_a_sharing.py": """
        import pytest

        @pytest.fixture(scope="module")
        def server(settings):
            yield "server"
            raise RuntimeError("the server did not stop")

        @pytest.fixture
        def thing(thing): return thing + ["module"]

        def test_first(server): pass
        def test_second(server, thing): assert thing == ["conftest", "module"]
        def test_dynamic(outer): pass
        def test_dynamic_again(outer): pass
        def test_asks_itself(request): request.getfixturevalue("thing")
        def test_last(server): pass
        """,
    "test_b_broken.py": """
        import pytest

        @pytest.fixture(scope="module")
        def broken(settings): raise OSError("no server at postgresql://me:hush@host/db")

        @pytest.fixture
        def resting(broken): pass

        def test_first(broken): pass
        def test_second(resting): pass
        """,
    "test_c_parameters.py": """
        import pytest

        @pytest.fixture(scope="module", params=["sqlite", "postgresql"], ids=["lite", "full"])
        def backend(request):
            yield request.param

        @pytest.fixture(scope="module", params=[object(), 1])
        def odd(request): return request.param

        def test_one(backend): pass
        def test_two(backend): pass
        def test_odd(odd): pass
        """,
    "test_d_teardowns.py": """
        import pytest

        @pytest.fixture
        def finalizing(request):
            def clean():
                raise RuntimeError("not clean")
            request.addfinalizer(clean)

        @pytest.fixture
        def yielding():
            yield
            raise RuntimeError("not tidy")

        def test_finalizer(finalizing): pass
        def test_yield(yielding): pass
        def test_both(yielding, finalizing): pass
        """,
    "test_e_xunit.py": """
        import pytest

        class TestGroup:
            @pytest.fixture(scope="class", autouse=True)
            def group(self): yield
            def setup_method(self): pass
            def test_in_group(self): pass
        """,
}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    root = write(tmp_path_factory.mktemp("facts") / "suite", SUITE)
    return observe(root, "-q", "-p", "no:cacheprovider", python=environments.CURRENT.interpreter)


def lives(seen: Seen, name: str) -> list[FixtureLife]:
    return [life for life in seen.run.lives if life.definition.name == name]


def used(seen: Seen, test: str) -> list[str]:
    return [life.name for life in seen.test(test).lives if not life.definition.internal]


def test_no_probe_gave_up(seen: Seen) -> None:
    assert seen.run.disabled_probes == []


def test_each_life_is_set_up_once_and_torn_down_once(seen: Seen) -> None:
    set_up = [fact.life for fact in seen.of(FixtureSetUp)]
    torn_down = [fact.life for fact in seen.of(FixtureTornDown)]
    assert len(set_up) == len(set(set_up))
    assert sorted(torn_down) == sorted(set_up)


def test_a_shared_life_has_all_tests_that_had_it_in_order(seen: Seen) -> None:
    (server,) = lives(seen, "server")
    assert [test.name for test in server.users] == ["test_first", "test_second", "test_last"]
    assert server.asked_by is seen.test("a_sharing.py::test_first")


def test_what_a_fixture_rests_on_is_used_with_it(seen: Seen) -> None:
    assert used(seen, "a_sharing.py::test_second") == ["settings", "server", "thing", "thing"]


def test_a_fixture_got_by_getfixturevalue_belongs_to_its_requester(seen: Seen) -> None:
    (outer,), (inner,) = lives(seen, "outer"), lives(seen, "inner")
    assert inner.parent == outer.id
    assert outer.parent == 0


def test_a_later_user_of_the_asking_fixture_has_what_it_asked_for_too(seen: Seen) -> None:
    assert used(seen, "test_dynamic_again") == ["outer", "inner"]


def test_what_a_test_asks_for_itself_is_used_by_it(seen: Seen) -> None:
    assert used(seen, "test_asks_itself") == ["thing", "thing"]


def test_an_overriding_fixture_and_the_overridden_one_are_two_definitions(seen: Seen) -> None:
    found = [fact for fact in seen.of(FixtureDefined) if fact.name == "thing"]
    assert {(fact.baseid, Path(fact.place.file).name) for fact in found} == {
        ("", "conftest.py"),
        ("test_a_sharing.py", "test_a_sharing.py"),
    }


def test_a_wide_fixture_that_fails_is_charged_with_each_test_it_fails(seen: Seen) -> None:
    (broken,) = lives(seen, "broken")
    for name in ("b_broken.py::test_first", "b_broken.py::test_second"):
        failure = seen.test(name).failure
        assert failure is not None
        assert failure.life == broken.id


def test_a_fixture_that_fails_is_set_up_once_for_all_its_tests(seen: Seen) -> None:
    (broken,) = lives(seen, "broken")
    assert broken.exception == "OSError"
    assert [test.name for test in broken.users] == ["test_first", "test_second"]


def test_a_teardown_that_fails_is_charged_to_the_fixture_and_not_to_the_last_test(seen: Seen) -> None:
    last = seen.test("a_sharing.py::test_last")
    (server,) = lives(seen, "server")
    assert last.outcome is Outcome.ERROR
    assert last.failure is not None
    assert last.failure.life == server.id


@pytest.mark.parametrize(("test", "fixtures"), [("test_finalizer", {"finalizing"}), ("test_yield", {"yielding"}),
                                                ("test_both", {"finalizing", "yielding"})])  # fmt: skip
def test_a_failing_finalizer_is_charged_to_its_fixture(seen: Seen, test: str, fixtures: set[str]) -> None:
    observed = seen.test(test)
    assert observed.failure is not None
    life = seen.run.life("main", observed.failure.life)
    assert life is not None
    assert life.definition.name in fixtures


def test_a_parameter_is_named_as_pytest_names_it(seen: Seen) -> None:
    assert [life.name for life in lives(seen, "backend")] == ["backend[lite]", "backend[full]"]


def test_a_parameter_that_is_an_object_is_named_by_its_place(seen: Seen) -> None:
    assert [life.parameter for life in lives(seen, "odd")] == ["odd0", "1"]


def test_each_parameter_of_a_module_fixture_has_a_life_of_its_own(seen: Seen) -> None:
    lite, full = lives(seen, "backend")
    assert [test.name for test in lite.users] == ["test_one[lite]", "test_two[lite]"]
    assert [test.name for test in full.users] == ["test_one[full]", "test_two[full]"]
    assert lite.torn_down is not None
    assert lite.torn_down <= full.began


def test_pytests_own_fixtures_are_marked(seen: Seen) -> None:
    internal = {fact.name.partition("_fixture")[0] for fact in seen.of(FixtureDefined) if fact.internal}
    assert "_xunit_setup_method" in internal
    assert not {"group", "server", "settings"} & internal


def test_teardown_phases_carry_no_uses(seen: Seen) -> None:
    assert all(fact.uses == [] for fact in seen.of(PhaseFinished) if fact.when == "teardown")


def test_no_password_of_an_exceptions_message_leaves_the_process(seen: Seen) -> None:
    said = b"".join(line for line in seen.recorded.read_bytes().splitlines() if b'"Output"' not in line)
    assert b"no server at postgresql://me:***@host/db" in said
    assert b"hush" not in said


def test_a_rerun_test_has_the_fixture_lives_of_its_last_attempt(tmp_path: Path) -> None:
    """pytest-rerunfailures reports all phases after the last of them."""
    root = write(
        tmp_path / "suite",
        {
            "test_flaky.py": """
                import pytest
                tries = []

                @pytest.fixture(scope="module")
                def wide(): return 1

                @pytest.fixture
                def own(wide): yield 2

                @pytest.mark.flaky(reruns=1)
                def test_at_last(own):
                    tries.append(1)
                    assert len(tries) == 2
                """
        },
    )
    seen = observe(root, "-p", "no:randomly", python=environments.PLUGINS.interpreter)
    assert used(seen, "test_at_last") == ["wide", "own"]
    assert len(lives(seen, "own")) == 2
    assert seen.test("test_at_last").attempt == 2


@pytest.mark.parametrize(("args", "error"), [(("-x",), "ValueError"), ((), "KeyboardInterrupt")])
def test_wide_fixtures_end_before_the_session_does_however_it_ends(
    tmp_path: Path, args: tuple[str, ...], error: str
) -> None:
    root = write(
        tmp_path / "suite",
        {
            "test_end.py": f"""
                import pytest

                @pytest.fixture(scope="session")
                def wide(): yield

                def test_it(wide): raise {error}
                def test_other(wide): pass
                """
        },
    )
    seen = observe(root, *args, python=environments.CURRENT.interpreter)
    (wide,) = lives(seen, "wide")
    assert wide.torn_down is not None
    assert seen.run.workers["main"].finished
