"""A suite under us is the suite by itself: outcomes, order, exit status, warnings and output of plain
``python -m pytest`` with the same arguments.

One thing is known to differ, and accepted: ``--tb=native`` prints every frame, and two of pluggy's more stand between
pytest and a fixture that is watched. The other styles leave pytest's own frames out.
"""

from __future__ import annotations

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import environments
from observing import as_last_line, bare, comparable, observe, write

pytestmark = pytest.mark.slow

PLAIN = {
    "conftest.py": """
        import pytest

        @pytest.fixture(scope="session")
        def settings():
            yield {"name": "shop"}

        @pytest.fixture
        def name(settings):
            return settings["name"]
        """,
    "test_mixed.py": """
        import warnings
        import pytest

        @pytest.fixture
        def broken():
            raise RuntimeError("no set-up")

        @pytest.fixture
        def untidy():
            yield 1
            raise RuntimeError("no teardown")

        def test_passes(name):
            assert name == "shop"

        def test_fails(name):
            assert name == "sh" + "ip", "a message"

        def test_has_no_setup(broken): pass
        def test_has_no_teardown(untidy): pass
        def test_fails_and_has_no_teardown(untidy): assert 0

        @pytest.mark.skip(reason="not now")
        def test_is_skipped(): pass

        def test_skips_itself(): pytest.skip("no network")

        @pytest.mark.xfail(reason="known")
        def test_is_expected_to_fail(): assert 0

        @pytest.mark.xfail(reason="known")
        def test_is_wrongly_expected_to_fail(): pass

        @pytest.mark.xfail(strict=True, reason="strictly known")
        def test_is_strictly_expected_to_fail(): pass

        @pytest.mark.xfail(run=False, reason="crashes")
        def test_is_not_even_run(): assert 0

        def test_warns():
            warnings.warn("old", DeprecationWarning)
            print("said on the way")

        def test_says_something_and_fails(capsys):
            print("said before")
            import sys
            print("said loudly", file=sys.stderr)
            raise ValueError("x" * 300)

        class TestGroup:
            def test_in_it(self, name): pass
            @pytest.mark.parametrize("n", [1, "two", None, object()])
            def test_each(self, n, name): assert n != "two"
        """,
    "test_broken_module.py": "import nothing_of_this_name\n",
}

LIVES = {
    "conftest.py": """
        import pytest

        @pytest.fixture(scope="module")
        def thing(): return "conftest's"

        @pytest.fixture(scope="session", params=["a", "b"], ids=["first", "second"])
        def backend(request):
            yield request.param

        @pytest.fixture
        def late(request):
            return request.getfixturevalue("thing")
        """,
    "test_lives.py": """
        import pytest

        @pytest.fixture(scope="module")
        def thing(thing): return "the module's, over " + thing

        @pytest.fixture(scope="module")
        def wide_and_broken(): raise OSError("no server")

        def test_override(thing): assert thing.startswith("the module's")
        def test_late(late): assert late.startswith("the module's")
        def test_later(request): assert request.getfixturevalue("late")
        def test_backend(backend): assert backend in "ab"
        def test_backend_again(backend, thing): assert backend == "a"
        def test_wide(wide_and_broken): pass
        def test_wide_again(wide_and_broken): pass
        """,
}

UNITTEST = {
    "test_classes.py": """
        import unittest

        class Good(unittest.TestCase):
            @classmethod
            def setUpClass(cls): cls.shared = []
            @classmethod
            def tearDownClass(cls): assert len(cls.shared) == 2
            def setUp(self): self.shared.append(self.id())
            def tearDown(self): pass
            def test_one(self): self.assertEqual(len(self.shared), 1)
            def test_two(self): self.assertEqual(len(self.shared), 2)

        class BadSetUp(unittest.TestCase):
            @classmethod
            def setUpClass(cls): raise RuntimeError("no class")
            def test_one(self): pass
            def test_two(self): pass

        class BadTearDown(unittest.TestCase):
            @classmethod
            def tearDownClass(cls): raise RuntimeError("no end")
            @unittest.expectedFailure
            def test_expected(self): self.fail()
            @unittest.expectedFailure
            def test_unexpected(self): pass
            @unittest.skip("later")
            def test_skipped(self): pass
            def test_fails(self): self.assertEqual([1], [2])
            def test_parts(self):
                for n in range(3):
                    with self.subTest(n=n): self.assertNotEqual(n, 1)

        def setUpModule(): pass
        def setup_function(function): pass
        def test_plain(): pass
        """,
}

SUBTESTS = {
    "test_subtests.py": """
        def test_some_fail(subtests):
            for n in range(4):
                with subtests.test(msg="n", n=n): assert n % 2 == 0

        def test_all_pass(subtests):
            with subtests.test("a"): pass
            with subtests.test("b"): pass

        def test_none(subtests): pass
        """,
}

ENDINGS = """
    import pytest, sys

    @pytest.fixture(scope="session", autouse=True)
    def session_thing():
        yield
        print("session torn down")

    @pytest.fixture(scope="module")
    def module_thing():
        yield
        print("module torn down")

    def test_before(module_thing): pass
    def test_that_ends_it(module_thing): {ending}
    def test_after(module_thing): pass
    """

DOCTESTS = {
    "conftest.py": """
        import pytest
        @pytest.fixture(autouse=True)
        def add_names(doctest_namespace): doctest_namespace["two"] = 2
        """,
    "sums.py": '''
        def add(a, b):
            """Add.

            >>> add(1, two)
            3
            >>> add(1, 1)
            3
            """
            return a + b

        def good():
            """
            >>> two
            2
            """
        ''',
    "test_sums.txt": ">>> 1 + 1\n2\n",
}

RERUNS = {
    "test_flaky.py": """
        import pytest
        tries = []

        @pytest.fixture(scope="module")
        def wide(): return 1

        @pytest.fixture
        def own(wide): yield 2

        @pytest.mark.flaky(reruns=2)
        def test_passes_at_last(own):
            tries.append(1)
            assert len(tries) == 3

        @pytest.mark.flaky(reruns=1)
        def test_never_passes(own): assert 0

        def test_steady(own): pass
        """,
}

RANDOM = {
    f"test_{letter}.py": """
        import random
        import pytest

        @pytest.mark.parametrize("n", range(6))
        def test_it(n): assert random.random() != n

        def test_number(): print(random.random()); assert random.random() < 0
        """
    for letter in "abc"
}

ASYNC = {
    "pytest.ini": "[pytest]\nasyncio_mode = auto\n",
    "test_async.py": """
        import asyncio, pytest

        @pytest.fixture(scope="module")
        async def server():
            await asyncio.sleep(0)
            yield "up"
            await asyncio.sleep(0)

        @pytest.fixture
        async def client(server):
            return server

        @pytest.mark.asyncio(loop_scope="module")
        async def test_up(client): assert client == "up"
        async def test_fails(): assert await asyncio.sleep(0, 1) == 2
        """,
}


@dataclass(frozen=True)
class Scene:
    """A suite and how it is started. ``plugins``: in the environment that has the well-known plugins."""

    name: str
    files: dict[str, str]
    args: tuple[str, ...] = ()
    status: int = 1
    """What pytest itself ends with; says that the scene is what its name says."""
    plugins: bool = False
    twice: bool = False
    env: dict[str, str | None] = field(default_factory=dict)
    in_any_order: bool = False

    def __str__(self) -> str:
        return self.name


def ending(name: str, line: str, status: int) -> Scene:
    return Scene(name, {"test_end.py": ENDINGS.replace("{ending}", line)}, status=status)


def ini(text: str) -> dict[str, str]:
    return {"pytest.ini": "[pytest]\n" + text, **PLAIN}


KEEP_GOING = "--continue-on-collection-errors"

SCENES = [
    Scene("plain", PLAIN, status=2),
    Scene("going on after a module that cannot be imported", PLAIN, (KEEP_GOING,)),
    Scene("verbose with durations and locals", PLAIN, (KEEP_GOING, "-v", "-l", "--durations=3", "-ra", "--setup-show")),
    Scene("warnings are errors", PLAIN, (KEEP_GOING, "-W", "error", "--tb=short")),
    Scene("Python's development mode", PLAIN, (KEEP_GOING, "-q"), env={"PYTHONDEVMODE": "1"}),
    Scene("addopts holds a path", ini("addopts = test_mixed.py -q\n")),
    Scene("addopts clears the cache", ini("addopts = --cache-clear\n"), (KEEP_GOING, "--tb=line")),
    Scene("strict", PLAIN, (KEEP_GOING, "--strict-config", "--strict-markers", "--tb=no")),
    Scene("no cache", PLAIN, (KEEP_GOING, "-p", "no:cacheprovider", "-q")),
    Scene("no terminal", PLAIN, (KEEP_GOING, "-p", "no:terminal")),
    Scene("no capturing", PLAIN, (KEEP_GOING, "-s", "-p", "no:logging")),
    Scene("deselected by keyword and by mark", PLAIN, ("test_mixed.py", "-k", "not each", "-m", "not xfail", "-v")),
    Scene("nothing selected", PLAIN, ("test_mixed.py", "-k", "nothing_so_named"), status=5),
    Scene("collect only", PLAIN, ("--collect-only", "-q"), status=2),
    Scene("an option that pytest does not know", PLAIN, ("--no-such-option",), status=4),
    Scene("imported by importlib", PLAIN, (KEEP_GOING, "--import-mode=importlib", "-q")),
    Scene("fixtures override, come late and fail widely", LIVES, ("-v",)),
    Scene("unittest classes", UNITTEST, ("-v",)),
    Scene("subtests", SUBTESTS),
    Scene("subtests, verbose", SUBTESTS, ("-v",)),
    Scene("stop at the first failure", PLAIN, ("test_mixed.py", "-x")),
    Scene("stop at the second", PLAIN, ("test_mixed.py", "--maxfail=2", "-p", "no:randomly")),
    Scene("last failed", PLAIN, ("test_mixed.py", "--lf"), twice=True),
    ending("Ctrl-C in a test", "raise KeyboardInterrupt", 2),
    ending("pytest.exit in a test", "pytest.exit('enough', returncode=9)", 9),
    ending("SystemExit in a test", "sys.exit(3)", 1),
    Scene("a conftest that cannot be imported", {**PLAIN, "conftest.py": "def broken(:\n"}, status=4),
    Scene(
        "SystemExit in a fixture",
        {"test_exit.py": """
            import sys, pytest

            @pytest.fixture(params=[1, 2], scope="module")
            def leaves(request): sys.exit(3)

            def test_it(leaves): pass
            def test_other(): pass
         """},
    ),
    Scene("doctests", DOCTESTS, ("--doctest-modules", "-v")),
    Scene("two workers", PLAIN, ("test_mixed.py", "-n2", "-p", "no:randomly", "-q"), plugins=True, in_any_order=True),
    Scene("shuffled", RANDOM, ("--randomly-seed=11", "-v"), plugins=True),
    Scene("with coverage", PLAIN, (KEEP_GOING, "--cov", "--cov-report=term", "-p", "no:randomly", "-q"), plugins=True),
    Scene("with coverage and two workers", PLAIN, ("test_mixed.py", "--cov", "-n2", "-p", "no:randomly", "-q"),
          plugins=True, in_any_order=True),
    Scene("reruns", RERUNS, ("-p", "no:randomly", "-v"), plugins=True),
    Scene("async tests", ASYNC, ("-p", "no:randomly", "-v"), plugins=True),
]  # fmt: skip


def in_order(text: str) -> str:
    """Workers report as they come: lines, and the letters of a line of progress, in an order of their own."""
    lines = ("".join(sorted(line)) if line.endswith("%]") else line for line in text.splitlines())
    return re.sub(r"\[gw\d+\]", "[gwN]", "\n".join(sorted(lines)))


@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_a_suite_under_us_is_the_suite_by_itself(scene: Scene, tmp_path: Path) -> None:
    python = (environments.PLUGINS if scene.plugins else environments.CURRENT).interpreter
    one = write(tmp_path / "bare" / "suite", scene.files)
    other = write(tmp_path / "seen" / "suite", scene.files)
    if scene.twice:
        bare(one, *scene.args, python=python)
        shutil.copytree(one / ".pytest_cache", other / ".pytest_cache")
    with ThreadPoolExecutor(1) as beside:
        running = beside.submit(bare, one, *scene.args, env=scene.env, python=python)
        seen = observe(other, *scene.args, env=scene.env, python=python)
        alone = running.result()

    said, said_to_us = comparable(alone.output, one), comparable(seen.output, other)
    if scene.in_any_order:
        said, said_to_us = in_order(said), in_order(said_to_us)
    assert said_to_us == said
    assert seen.status == alone.status == scene.status
    assert not seen.run.crashed
    assert not seen.run.disabled_probes
    if " in N s" in said and "--collect-only" not in scene.args:
        assert as_last_line(seen.run.counts) == {
            word: number for word, number in alone.last_line.items() if not word.startswith("subtests")
        }
