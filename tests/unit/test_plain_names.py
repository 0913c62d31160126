"""Names of tests in few words: what stands in brackets is the suite's own, and may look like a path or a class."""

from __future__ import annotations

import pytest

from isolation_tui.diagnose.blame import short
from isolation_tui.text.wording import without_folders


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
    assert without_folders(nodeid) == below
