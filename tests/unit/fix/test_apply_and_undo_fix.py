"""Applying a plan writes all of it or nothing; undoing gives every byte back."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from isolation_tui.fix import (
    ChangedSincePlan,
    EditedSinceFix,
    FixBusy,
    FixError,
    FixStatus,
    apply_fix,
    finish_fix,
    fix_status,
    plan_fix,
    undo_fix,
)
from isolation_tui.fix.journal import JournalFolder

API = "backend/tests/integration/test_api_integration.py"
DATABASE = "backend/src/database.py"
CONFTEST = "backend/tests/conftest.py"
Look = Callable[[Path], dict[str, tuple[bytes, int]]]


def test_applying_writes_exactly_what_the_plan_shows(shop: Path) -> None:
    plan = plan_fix(shop)
    applied = apply_fix(plan)
    assert applied.files == (CONFTEST, API, DATABASE)
    assert [(shop / change.relative).read_bytes() for change in plan.changes] == [c.after for c in plan.changes]


def test_undo_restores_every_byte_and_leaves_no_file_behind(shop: Path, tree: Look) -> None:
    before = tree(shop)
    apply_fix(plan_fix(shop))
    assert undo_fix(shop).files == (CONFTEST, API, DATABASE)
    assert tree(shop) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.replace(b"\n", b"\r\n"),
        lambda content: content.rstrip(b"\n"),
        lambda content: b"\xef\xbb\xbf" + content,
        lambda content: content.replace(b"\n", b"\r\n", 5) + b"\n\n\n",
    ],
    ids=["CRLF", "no newline at the end", "byte order mark", "mixed line ends"],
)
def test_undo_restores_unusual_files_byte_for_byte(shop: Path, tree: Look, change: Callable[[bytes], bytes]) -> None:
    for relative in (API, DATABASE):
        (shop / relative).write_bytes(change((shop / relative).read_bytes()))
    before = tree(shop)
    plan = plan_fix(shop)
    apply_fix(plan)
    for edited in plan.changes[1:]:
        assert edited.before is not None
        assert edited.after.startswith(b"\xef\xbb\xbf") == edited.before.startswith(b"\xef\xbb\xbf")
        if edited.before.count(b"\n") == edited.before.count(b"\r\n"):
            assert edited.after.count(b"\n") == edited.after.count(b"\r\n")
    undo_fix(shop)
    assert tree(shop) == before


def test_permission_bits_survive_apply_and_undo(shop: Path) -> None:
    (shop / DATABASE).chmod(0o640)
    apply_fix(plan_fix(shop))
    assert stat.S_IMODE((shop / DATABASE).stat().st_mode) == 0o640
    undo_fix(shop)
    assert stat.S_IMODE((shop / DATABASE).stat().st_mode) == 0o640


def test_the_status_is_clean_then_applied_then_clean_again(shop: Path) -> None:
    assert fix_status(shop) is FixStatus.CLEAN
    applied = apply_fix(plan_fix(shop))
    assert fix_status(shop) is FixStatus.APPLIED
    assert applied.files == (CONFTEST, API, DATABASE)
    undo_fix(shop)
    assert fix_status(shop) is FixStatus.CLEAN


def test_asking_for_the_state_of_a_clean_project_writes_nothing(shop: Path, state_folder: Path) -> None:
    fix_status(shop)
    assert not state_folder.exists()


def test_the_journal_is_private_and_outside_the_project(shop: Path, state_folder: Path) -> None:
    apply_fix(plan_fix(shop))
    journal = JournalFolder.of(shop).file
    assert journal.is_relative_to(state_folder)
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600
    assert stat.S_IMODE(journal.parent.stat().st_mode) == 0o700


def test_a_file_changed_since_the_plan_is_named_and_nothing_is_touched(shop: Path, tree: Look) -> None:
    plan = plan_fix(shop)
    with (shop / DATABASE).open("a") as file:
        file.write("# an edit\n")
    before = tree(shop)
    with pytest.raises(ChangedSincePlan, match=DATABASE) as caught:
        apply_fix(plan)
    assert caught.value.files == (DATABASE,)
    assert tree(shop) == before
    assert fix_status(shop) is FixStatus.CLEAN


def test_a_conftest_made_since_the_plan_is_not_overwritten(shop: Path) -> None:
    plan = plan_fix(shop)
    (shop / CONFTEST).write_text("mine = 1\n")
    with pytest.raises(ChangedSincePlan, match="conftest"):
        apply_fix(plan)
    assert (shop / CONFTEST).read_text() == "mine = 1\n"


def test_undo_refuses_to_lose_an_edit_and_touches_nothing(shop: Path, tree: Look) -> None:
    apply_fix(plan_fix(shop))
    with (shop / CONFTEST).open("a") as file:
        file.write("# my own line\n")
    edited = tree(shop)
    with pytest.raises(EditedSinceFix, match="conftest") as caught:
        undo_fix(shop)
    assert caught.value.files == (CONFTEST,)
    assert tree(shop) == edited
    assert fix_status(shop) is FixStatus.APPLIED


def test_undo_works_again_once_the_edit_is_taken_back(shop: Path, tree: Look) -> None:
    before = tree(shop)
    plan = plan_fix(shop)
    apply_fix(plan)
    (shop / DATABASE).write_bytes(b"")
    with pytest.raises(EditedSinceFix):
        undo_fix(shop)
    (shop / DATABASE).write_bytes(plan.changes[2].after)
    undo_fix(shop)
    assert tree(shop) == before


def test_applying_twice_is_refused(shop: Path) -> None:
    plan = plan_fix(shop)
    apply_fix(plan)
    with pytest.raises(FixError, match="already"):
        apply_fix(plan)


def test_a_fix_taken_back_another_way_counts_as_clean_and_can_be_applied_again(shop: Path, tree: Look) -> None:
    before = tree(shop)
    plan = plan_fix(shop)
    apply_fix(plan)
    for relative, (content, _) in before.items():
        (shop / relative).write_bytes(content)
    (shop / CONFTEST).unlink()
    assert fix_status(shop) is FixStatus.CLEAN
    apply_fix(plan)
    undo_fix(shop)
    assert tree(shop) == before


def test_undo_and_finish_say_so_where_there_is_nothing_to_do(shop: Path) -> None:
    with pytest.raises(FixError, match="nothing to undo"):
        undo_fix(shop)
    with pytest.raises(FixError, match="nothing to finish"):
        finish_fix(shop)
    apply_fix(plan_fix(shop))
    with pytest.raises(FixError, match="nothing to finish"):
        finish_fix(shop)


@pytest.mark.parametrize("relative", [DATABASE, "backend/tests"])
def test_a_read_only_file_or_folder_is_named_and_nothing_is_touched(shop: Path, tree: Look, relative: str) -> None:
    plan = plan_fix(shop)
    before = tree(shop)
    place = shop / relative
    mode = stat.S_IMODE(place.stat().st_mode)
    place.chmod(mode & ~0o222)
    try:
        with pytest.raises(FixError, match="read-only") as caught:
            apply_fix(plan)
        assert Path(relative).name in str(caught.value)
    finally:
        place.chmod(mode)
    assert tree(shop) == before


@pytest.mark.parametrize("action", ["apply", "undo"])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_file_that_cannot_be_replaced_puts_the_others_back(
    shop: Path, tree: Look, monkeypatch: pytest.MonkeyPatch, action: str, nth: int
) -> None:
    plan = plan_fix(shop)
    if action == "undo":
        apply_fix(plan)
    unchanged, state = tree(shop), fix_status(shop)
    really, seen = os.replace, []

    def disk_full_at_the_nth_file(source: Path, target: Path) -> None:
        if Path(target).is_relative_to(shop):
            seen.append(target)
            if len(seen) == min(nth, 3 if action == "apply" else 2):
                raise OSError(errno.ENOSPC, "No space left on device")
        really(source, target)

    monkeypatch.setattr(os, "replace", disk_full_at_the_nth_file)
    with pytest.raises(FixError, match="No space left on device"):
        apply_fix(plan) if action == "apply" else undo_fix(shop)
    monkeypatch.undo()
    monkeypatch.setenv("ISOLATION_TUI_STATE", str(shop.parent / "state"))
    assert tree(shop) == unchanged
    assert fix_status(shop) is state


def test_a_second_process_at_the_same_time_is_refused(shop: Path, tree: Look) -> None:
    apply_fix(plan_fix(shop))
    unchanged = tree(shop)
    lock = JournalFolder.of(shop).folder / "lock"
    holder = "import fcntl,sys; f=open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(FixBusy, match="another isolation-tui"):
            undo_fix(shop)
        process.communicate("\n")
    assert tree(shop) == unchanged
    undo_fix(shop)


def test_nothing_is_written_through_a_symbolic_link(shop: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_bytes((shop / DATABASE).read_bytes())
    (shop / DATABASE).unlink()
    (shop / DATABASE).symlink_to(outside)
    plan = plan_fix(shop)
    with pytest.raises(FixError, match="symbolic link"):
        apply_fix(plan)
    assert not (shop / CONFTEST).exists()
    assert b"clear_test_database" not in outside.read_bytes()


def test_undo_refuses_a_folder_that_became_a_link_to_somewhere_else(shop: Path, tmp_path: Path) -> None:
    apply_fix(plan_fix(shop))
    (shop / "backend/src").rename(tmp_path / "src")
    (shop / "backend/src").symlink_to(tmp_path / "src")
    with pytest.raises(FixError, match="symbolic link"):
        undo_fix(shop)
    assert (shop / CONFTEST).exists()


def test_a_damaged_journal_is_named_and_nothing_is_touched(shop: Path, tree: Look) -> None:
    apply_fix(plan_fix(shop))
    journal = JournalFolder.of(shop).file
    unchanged = tree(shop)
    journal.write_bytes(journal.read_bytes()[:-40])
    with pytest.raises(FixError, match=r"journal\.json"):
        undo_fix(shop)
    assert tree(shop) == unchanged


def test_a_state_folder_that_cannot_be_used_is_named(shop: Path, tree: Look, state_folder: Path) -> None:
    state_folder.write_text("a file, not a folder")
    before = tree(shop)
    with pytest.raises(FixError, match="ISOLATION_TUI_STATE"):
        apply_fix(plan_fix(shop))
    assert tree(shop) == before


def test_two_projects_have_journals_of_their_own(shop: Path, tmp_path: Path) -> None:
    shop.rename(tmp_path / "other")
    (tmp_path / "shop").symlink_to(tmp_path / "other")
    apply_fix(plan_fix(tmp_path / "shop"))
    assert fix_status(tmp_path / "other") is FixStatus.APPLIED, "one project, whatever path leads to it"
    assert fix_status(tmp_path) is FixStatus.CLEAN
