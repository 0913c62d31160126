"""The plain command that repeats a trial is right for a shell and for pytest."""

from __future__ import annotations

from pathlib import Path

from isolation_tui.experiments.plain_command import command_line, plain_command


def test_ids_are_relative_to_where_it_is_run() -> None:
    command = plain_command("python", ["-n", "0"], ["tests/test_a.py::test_x"], root=Path("/p"), cwd=Path("/p/tests"))
    assert command == ("python", "-m", "pytest", "-n", "0", "test_a.py::test_x")


def test_ids_that_pytest_would_take_for_something_else_begin_with_a_dot() -> None:
    ids = ["-x/test_a.py::test_x", "@test_b.py::test_y"]
    command = plain_command("python", [], ids, root=Path("/p"), cwd=Path("/p"))
    assert command[3:] == ("./-x/test_a.py::test_x", "./@test_b.py::test_y")


def test_the_line_is_quoted_for_a_shell() -> None:
    line = command_line(("python", "-m", "pytest", "test_a.py::test[a b]"), Path("/my project"))
    assert line == "cd '/my project' && python -m pytest 'test_a.py::test[a b]'"
