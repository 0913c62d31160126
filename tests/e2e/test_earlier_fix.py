"""What an earlier session left of the fix is reported at the start, and never keeps a suite from running."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def journal(tool: Any, shop: Path, tmp_path: Path) -> Path:
    """The journal of the shop, in which the fix is applied. Its integration tests are suite enough."""
    (shop / "backend" / "tests" / "unit" / "test_roles.py").unlink()
    assert tool.run("fix", "suite", "--apply").status == 0
    (found,) = (tmp_path / "state").rglob("journal.json")
    return Path(found)


@pytest.fixture
def launched(tool: Any) -> Callable[[], str]:
    """Runs the suite; returns what was printed to stderr."""

    def launch() -> str:
        ended = tool.run("launch", "suite", "--headless")
        assert (ended.status, ended.out.partition(" in ")[0]) == (0, "suite: 4 passed"), ended.err
        return str(ended.err)

    return launch


def test_an_applied_fix_is_named_with_the_way_to_undo_it(journal: Path, launched: Callable[[], str]) -> None:
    (line,) = [line for line in launched().splitlines() if "fix" in line]
    assert "is applied in" in line
    assert line.endswith("isolation-tui fix suite --undo")


@pytest.mark.parametrize(
    ("intent", "ways"),
    [
        ("applying", "isolation-tui fix suite --finish, or undo it with: isolation-tui fix suite --undo"),
        ("undoing", "isolation-tui fix suite --undo"),
    ],
)
def test_a_fix_that_was_cut_off_is_named_with_the_ways_on(
    tool: Any, journal: Path, launched: Callable[[], str], intent: str, ways: str
) -> None:
    journal.write_text(journal.read_text().replace('"applied"', f'"{intent}"'))
    (line,) = [line for line in launched().splitlines() if "fix" in line]
    assert "was interrupted" in line
    assert line.endswith(ways)
    assert tool.run("fix", "suite", "--finish").status == 0


def test_a_damaged_journal_keeps_no_suite_from_running(tool: Any, journal: Path, launched: Callable[[], str]) -> None:
    journal.write_text("{")
    assert "The status of the fix is unknown: the journal" in launched()
    for words in (("fix", "suite"), ("launch", "suite", "--headless", "--fix")):
        refused = tool.run(*words)
        assert refused.status == 69
        assert "is not valid" in refused.err
        assert refused.out == ""


def test_another_process_amid_the_fix_keeps_no_suite_from_running(journal: Path, launched: Callable[[], str]) -> None:
    fcntl = pytest.importorskip("fcntl")
    with (journal.parent / "lock").open("rb+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "another isolation-tui is applying or undoing a fix" in launched()


def test_a_journal_that_cannot_be_read_keeps_no_suite_from_running(
    tool: Any, journal: Path, launched: Callable[[], str]
) -> None:
    journal.unlink()
    journal.mkdir()  # cannot be read as a file, even by root
    assert "The status of the fix is unknown: " in launched()
    assert tool.run("fix", "suite", "--undo").status == 69
