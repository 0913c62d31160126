"""Killed at any call that writes: the next start finds all before, all after, or a journal that leads to both."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from isolation_tui.fix import (
    ChangedSincePlan,
    EditedSinceFix,
    FixInterrupted,
    FixStatus,
    apply_fix,
    finish_fix,
    fix_status,
    plan_fix,
    undo_fix,
)

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork and SIGKILL")

WRITING_CALLS = ("open", "write", "fsync", "chmod", "replace", "unlink")
Look = Callable[[Path], dict[str, tuple[bytes, int]]]


def killed_at(step: int, act: Callable[[], object]) -> bool:
    """Do ``act`` in a child that SIGKILLs itself before its ``step``-th writing call; whether it came to that."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
        return os.WIFSIGNALED(status)
    try:
        calls = count(1)

        def counted(really: Callable[..., Any]) -> Callable[..., Any]:
            def call(*args: Any, **options: Any) -> Any:
                if next(calls) == step:
                    os.kill(os.getpid(), signal.SIGKILL)
                return really(*args, **options)

            return call

        for name in WRITING_CALLS:
            setattr(os, name, counted(getattr(os, name)))
        act()
    except BaseException:
        os._exit(1)
    os._exit(0)


@pytest.mark.parametrize("action", ["apply", "undo"])
@pytest.mark.parametrize("afterwards", ["finish", "undo"])
def test_a_killed_apply_or_undo_can_be_finished_and_taken_back(
    shop: Path, tree: Look, state_folder: Path, action: str, afterwards: str
) -> None:
    plan = plan_fix(shop)
    before = tree(shop)
    apply_fix(plan)
    after = tree(shop)
    undo_fix(shop)
    interrupted = FixStatus.INTERRUPTED_APPLY if action == "apply" else FixStatus.INTERRUPTED_UNDO
    seen, steps = set(), 0

    while True:
        steps += 1
        shutil.rmtree(state_folder)
        if action == "undo":
            apply_fix(plan)
        killed = killed_at(steps, lambda: apply_fix(plan) if action == "apply" else undo_fix(shop))
        status = fix_status(shop)
        seen.add(status)
        if status is interrupted:
            if action == "apply":
                with pytest.raises(FixInterrupted):
                    apply_fix(plan)
            if afterwards == "undo":
                undo_fix(shop)
                assert tree(shop) == before, f"step {steps}"
            else:
                finish_fix(shop)
                assert tree(shop) == (after if action == "apply" else before), f"step {steps}"
        elif status is FixStatus.CLEAN:
            assert tree(shop) == before, f"step {steps}"
        else:
            assert tree(shop) == after, f"step {steps}"
        if fix_status(shop) is FixStatus.APPLIED:
            undo_fix(shop)
        assert tree(shop) == before
        if not killed:
            break

    assert seen == {FixStatus.CLEAN, interrupted, FixStatus.APPLIED}
    assert steps > 20, "every file and the journal were interrupted at each of their steps"


def test_an_edit_made_after_the_kill_is_not_lost(shop: Path, tree: Look) -> None:
    plan = plan_fix(shop)
    edited = plan.changes[-1].path
    for step in count(1):
        assert killed_at(step, lambda: apply_fix(plan))
        if fix_status(shop) is FixStatus.INTERRUPTED_APPLY:
            break
    edited.write_bytes(edited.read_bytes() + b"# mine\n")
    unchanged = tree(shop)
    with pytest.raises(ChangedSincePlan, match=r"database\.py"):
        finish_fix(shop)
    with pytest.raises(EditedSinceFix, match=r"database\.py"):
        undo_fix(shop)
    assert tree(shop) == unchanged
