"""The baseline file: any name survives writing and reading, and damage is reported with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from isolation_tui.guard import baseline
from isolation_tui.guard.leaks import LeakKey as Key

LEAKS = [
    Key("rows", "memory.users", "tests/test_users.py::TestUsers::test_create"),
    Key("rows", "memory.users", "fixture user in tests/conftest.py"),
    Key("tables", "shop.db.order lines", "tests/test a.py::test_it"),
    Key("process", "env:HÖHE\n%41", "import of src/100%.py"),
    Key("transactions", " ", "tests/test_b.py::test_a\nrows  memory.users  nobody"),
]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    file = tmp_path / "baseline.txt"
    baseline.write(file, LEAKS)
    assert baseline.read(file) == set(LEAKS)
    entries = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert len(entries) == len(LEAKS)
    assert "rows  memory.users  fixture user in tests/conftest.py" in entries


def test_the_order_does_not_depend_on_which_leak_is_found_first(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    baseline.write(one, LEAKS)
    baseline.write(other, reversed(LEAKS))
    assert one.read_bytes() == other.read_bytes()
    entries = [line for line in one.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert entries == sorted(entries)


def test_writing_replaces_the_file_and_keeps_its_permissions(tmp_path: Path) -> None:
    file = tmp_path / "baseline.txt"
    file.write_text("# mine\n")
    file.chmod(0o640)
    baseline.write(file, LEAKS[:1])
    assert file.stat().st_mode & 0o777 == 0o640
    assert "# mine" not in file.read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["baseline.txt"]


def test_comments_and_empty_lines_say_nothing(tmp_path: Path) -> None:
    file = tmp_path / "baseline.txt"
    file.write_text("# why\n\n   \nrows  memory.users  tests/test_a.py::test_b\n")
    assert baseline.read(file) == {Key("rows", "memory.users", "tests/test_a.py::test_b")}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("# fine\nrows  memory.users\n", ":2: expected: kind"),
        ("cows  memory.users  test_a.py::test_b\n", ":1: unknown kind 'cows'"),
        ("<<<<<<< HEAD\n", ":1: expected: kind"),
    ],
)
def test_damage_is_reported_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "baseline.txt"
    file.write_text(text)
    with pytest.raises(baseline.BaselineError) as told:
        baseline.read(file)
    assert f"{file}{says}" in str(told.value)


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(baseline.BaselineError, match="--isolation-update-baseline writes it"):
        baseline.read(tmp_path / "none.txt")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(baseline.BaselineError, match="cannot be read"):
        baseline.read(tmp_path / "binary")
