"""Which line of the suite's own code is named: the innermost, also where the way to it was gone before."""

from __future__ import annotations

import importlib.util
import linecache
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pytest_isolation import call_sites

LIBRARY = """
from pytest_isolation.call_sites import caller

def outermost(then=None): return second(then)
def second(then): return third(then)
def third(then): return fourth(then)
def fourth(then): return then() if then else fifth()
def fifth(): return sixth()
def sixth(): return seventh()
def seventh(): return eighth()
def eighth(): return listener()
def listener(): return caller(1)
def again(times): return again(times - 1) if times else fifth()
"""

SUITE = """
import library

def first_line(): return library.outermost()
def second_line(): return library.outermost()
def through_a_listener(): return library.outermost(own_listener)
def own_listener(): return library.sixth()
def from_further(times): return library.again(times)
def directly(): return library.listener()
"""


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module of the suite's own that calls an installed one."""
    monkeypatch.setattr(call_sites, "_paths", {})
    monkeypatch.setitem(__import__("sys").modules, "library", load(tmp_path / "site-packages" / "library.py", LIBRARY))
    return load(tmp_path / "suite.py", SUITE)


def load(path: Path, text: str) -> ModuleType:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def line_of(function: Callable[..., Any]) -> tuple[str, int]:
    return function.__code__.co_filename, function.__code__.co_firstlineno


def test_lines_on_the_same_path_are_distinguished(suite: ModuleType) -> None:
    for function in (suite.first_line, suite.second_line, suite.first_line) * 2:
        place = function()
        assert (place.file, place.line) == line_of(function)
        assert (place.module, place.function) == ("suite", function.__name__)
        assert linecache.getline(place.file, place.line).strip().endswith("library.outermost()")
    assert [len(ways) for ways in call_sites._paths.values()] == [1]


def test_code_of_the_suites_own_that_libraries_call_is_the_innermost(suite: ModuleType) -> None:
    """As deep on the stack as the way that is known."""
    for function, innermost in (
        (suite.first_line, suite.first_line),
        (suite.through_a_listener, suite.own_listener),
        (suite.first_line, suite.first_line),
        (suite.through_a_listener, suite.own_listener),
    ):
        place = function()
        assert (place.file, place.line) == line_of(innermost)


def test_paths_of_any_length_are_learned_and_only_so_many_are_kept(suite: ModuleType) -> None:
    for _ in range(2):
        for times in range(3 * call_sites.MOST_PATHS):
            place = suite.from_further(times)
            assert (place.file, place.line) == line_of(suite.from_further)
    assert max(len(ways) for ways in call_sites._paths.values()) <= call_sites.MOST_PATHS


def test_a_short_path_is_walked(suite: ModuleType) -> None:
    for _ in range(2):
        assert suite.directly().line == line_of(suite.directly)[1]
    assert not call_sites._paths
