"""Names of tests in few words: the text in brackets is the suite's own, and may look like a path or a class."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from isolation_tui.diagnose.blame import short
from isolation_tui.text import wording
from pytest_isolation.events import Place


@pytest.mark.parametrize(
    ("nodeid", "test", "below"),
    [
        ("tests/unit/test_a.py::test_it", "test_it", "test_a.py::test_it"),
        ("tests/test_a.py::TestB::test_it[a/b]", "test_it[a/b]", "test_a.py::TestB::test_it[a/b]"),
        ("test_a.py::test_it[[bold]b[/]]", "test_it[[bold]b[/]]", "test_a.py::test_it[[bold]b[/]]"),
        ("test_a.py::test_it[a::b]", "test_it[a::b]", "test_a.py::test_it[a::b]"),
        ("fixture customer", "fixture customer", "fixture customer"),
    ],
)
def test_brackets_are_left_alone(nodeid: str, test: str, below: str) -> None:
    assert short(nodeid) == test
    assert wording.without_folders(nodeid) == below


@dataclass
class Folders:
    rootdir: str = "/home/me/shop"
    cwd: str = "/home/me"


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        (Place("shop", "/home/me/shop/src/shop.py", 12), "src/shop.py:12"),
        (Place("shop", "/home/me/shop/src/shop.py"), "src/shop.py"),
        (Place("lib", "/home/me/lib/a.py", 3), "lib/a.py:3"),
        (Place("os", "/usr/lib/os.py", 3), "/usr/lib/os.py:3"),
        (Place("shop.models"), "shop.models"),
        (Place(), ""),
        (Place("", "/home/me/shop/a\x1b[2Jb.py", 1), "ab.py:1"),
    ],
)
def test_a_place_is_shown_relative_to_the_run_and_made_safe(place, shown):
    assert wording.where(place, Folders()) == shown


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("tests/unit/test_a.py::TestB::test_it[a/b::c]", "TestB::test_it[a/b::c]"),
        ("fixture a/b", "fixture a/b"),
        ("test_a.py::test_\x1b]0;x\x07it", "test_it"),
    ],
)
def test_an_author_is_named_without_its_file(author, name):
    assert wording.test_name(author) == name
