"""A trial runs exactly the tests that it was asked for, in exactly their order, in whatever project."""

from __future__ import annotations

from pathlib import Path

import pytest

from isolation_tui.experiments.prober import Prober
from isolation_tui.experiments.trial import Outcome
from trial_project import said, trial, write_project

POLLUTED = {
    "shop.py": "RATES = {}\n",
    "test_a.py": """
        import shop

        def test_fills():
            shop.RATES["EUR"] = 1

        def test_other():
            pass
        """,
    "test_b.py": """
        import shop

        def test_is_empty():
            assert shop.RATES == {}
        """,
}
FILLS, OTHER, EMPTY = "test_a.py::test_fills", "test_a.py::test_other", "test_b.py::test_is_empty"

SHUFFLER = """
    import pytest

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(items):
        yield
        items.reverse()
        del items[2:]
    """


def test_a_pair_fails_that_passes_the_other_way_round(tmp_path: Path, fork: bool) -> None:
    with Prober(write_project(tmp_path, POLLUTED), fork=fork) as prober:
        assert said(prober.run(trial(EMPTY))) == [f"{EMPTY} passed"]
        after = prober.run(trial(FILLS, EMPTY))
        assert said(after) == [f"{FILLS} passed", f"{EMPTY} failed"]
        assert said(prober.run(trial(EMPTY, FILLS))) == [f"{EMPTY} passed", f"{FILLS} passed"]
    assert after.fresh is not fork
    assert after.victim is not None
    assert after.victim.signature.startswith("call: AssertionError: assert")
    assert after.victim.message.startswith("AssertionError: assert {'EUR': 1} == {}")


def test_a_test_can_run_twice_and_is_set_up_each_time(tmp_path: Path, fork: bool) -> None:
    project = write_project(
        tmp_path,
        {
            "test_twice.py": """
                import pytest, unittest
                SEEN = []

                @pytest.fixture
                def number():
                    SEEN.append(1)
                    yield len(SEEN)

                @pytest.mark.parametrize("name", ["a b", "[x]", "ü"])
                def test_first(number, name):
                    assert number == 1

                class Test(unittest.TestCase):
                    count = 0

                    def test_method(self):
                        type(self).count += 1
                        assert self.count == 1
                """
        },
    )
    first, method = "test_twice.py::test_first[a b]", "test_twice.py::Test::test_method"
    with Prober(project, fork=fork) as prober:
        assert said(prober.run(trial(first, first))) == [f"{first} passed", f"{first} failed"]
        assert said(prober.run(trial(method, method))) == [f"{method} passed", f"{method} failed"]


@pytest.mark.parametrize(
    ("ini", "args"),
    [
        ("addopts = -n 2 --dist loadfile", ()),
        ("addopts = -x --maxfail=1 --lf --sw", ()),
        ("addopts = --cache-clear --junitxml=report.xml -p shuffler", ()),
        ("addopts = -p shuffler test_a.py -k other", ()),
        ("", ("-x", "-n2", "test_b.py")),
    ],
)
def test_options_of_the_project_do_not_change_a_trial(tmp_path: Path, ini: str, args: tuple[str, ...]) -> None:
    files = {**POLLUTED, "shuffler.py": SHUFFLER, "pytest.ini": f"[pytest]\npythonpath = .\n{ini}\n"}
    before = _content(tmp_path) if (project := write_project(tmp_path, files, *args)) else {}
    with Prober(project, files=("test_a.py", "test_b.py")) as prober:
        result = prober.run(trial(FILLS, EMPTY, OTHER, EMPTY))
        assert said(result) == [f"{FILLS} passed", f"{EMPTY} failed", f"{OTHER} passed", f"{EMPTY} failed"]
        plain = prober.confirm(trial(FILLS, EMPTY))
    assert said(plain) == [f"{FILLS} passed", f"{EMPTY} failed"], plain.command
    assert _content(tmp_path) == before


def test_ids_that_are_hard_to_write_are_run(tmp_path: Path) -> None:
    project = write_project(
        tmp_path,
        {
            "pytest.ini": "[pytest]\naddopts = --doctest-modules\nasyncio_default_fixture_loop_scope = function\n",
            "-x/test_dash.py": "def test_it(): pass\n",
            "test_all.py": '''
                """
                >>> 1 + 1
                2
                """
                import asyncio, pytest, unittest

                @pytest.mark.parametrize("text", ["a b", "a::b", "[x]", "ü", "-k"])
                def test_text(text): pass

                @pytest.mark.asyncio
                async def test_async():
                    await asyncio.sleep(0)

                class Test(unittest.TestCase):
                    def test_sub(self):
                        for number in range(2):
                            with self.subTest(number=number):
                                assert number == 0
                ''',
        },
    )
    with Prober(project) as prober:
        ids = (
            "-x/test_dash.py::test_it", "test_all.py::test_text[-k]", "test_all.py::test_text[a b]",
            "test_all.py::test_text[a::b]", "test_all.py::test_text[[x]]", "test_all.py::test_text[\\xfc]",
            "test_all.py::test_async", "test_all.py::test_all",
        )  # fmt: skip
        result = prober.run(trial(*ids))
        assert said(result) == [f"{each} passed" for each in ids]
        plain = prober.confirm(trial(*ids))
        assert said(plain) == said(result), plain.command
        sub = prober.run(trial("test_all.py::Test::test_sub"))
    assert [each.outcome for each in sub.outcomes] == [Outcome.FAILED]


def test_ids_that_are_not_there_are_named(tmp_path: Path) -> None:
    with Prober(write_project(tmp_path, POLLUTED)) as prober:
        result = prober.run(trial("test_a.py::test_nothing", EMPTY))
    assert result.problem == "test_a.py::test_nothing was not collected"
    assert [each.outcome for each in result.outcomes] == [Outcome.NOT_RUN] * 2


def test_an_error_of_collection_is_reported(tmp_path: Path) -> None:
    files = {**POLLUTED, "test_c.py": "import there_is_no_such_module\n"}
    with Prober(write_project(tmp_path, files)) as prober:
        assert said(prober.run(trial(FILLS, EMPTY))) == [f"{FILLS} passed", f"{EMPTY} failed"]
        result = prober.run(trial("test_c.py::test_it", "test_b.py::test_is_empty"))
    assert "test_c.py::test_it was not collected" in result.problem
    assert "there_is_no_such_module" in result.problem


def test_a_file_can_be_left_out(tmp_path: Path) -> None:
    files = {**POLLUTED, "test_c.py": "import shop\nshop.RATES['GBP'] = 1\n"}
    with Prober(write_project(tmp_path, files)) as prober:
        alone = trial(EMPTY)
        assert said(prober.run(alone)) == [f"{EMPTY} failed"]
        without = type(alone)(alone.tests, alone.victim, without_files=("test_c.py",))
        assert said(prober.run(without)) == [f"{EMPTY} passed"]


def test_outcomes_are_pytests(tmp_path: Path, fork: bool) -> None:
    project = write_project(
        tmp_path,
        {
            "test_all.py": """
                import pytest

                @pytest.fixture
                def broken(): raise OSError(5, "disk")

                @pytest.fixture
                def leaves():
                    yield
                    raise ValueError("in teardown")

                def test_setup(broken): pass
                def test_teardown(leaves): pass
                def test_skip(): pytest.skip("no")
                @pytest.mark.xfail
                def test_xfail(): assert 0
                @pytest.mark.xfail
                def test_xpass(): pass
                @pytest.mark.xfail(strict=True)
                def test_strict(): pass
                """
        },
    )
    names = ("setup", "teardown", "skip", "xfail", "xpass", "strict")
    with Prober(project, fork=fork) as prober:
        result = prober.run(trial(*(f"test_all.py::test_{name}" for name in names)))
    assert result.fresh is not fork
    assert [(each.outcome.value, each.phase) for each in result.outcomes] == [
        ("error", "setup"), ("error", "teardown"), ("skipped", "call"), ("xfailed", "call"), ("xpassed", ""),
        ("failed", "call"),
    ]  # fmt: skip
    assert result.outcomes[0].signature == "setup: OSError: [Errno 0] disk"
    assert result.outcomes[1].message == "ValueError: in teardown"


def _content(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
