"""A project that can be fixed, for tests of screens: plans, applies and undoes in memory, and notes each step."""

from __future__ import annotations

from pathlib import Path

from isolation_tui.fix import FileChange, FixStatus, Plan, SummaryRow
from isolation_tui.workbench import FixAction, FixOutcome

ROOT = Path("/home/dev/demo_app/backend")

CONFTEST = b'''"""Fresh tables for every test."""

import pytest

from src.database import db


@pytest.fixture(autouse=True)
def fresh_tables(test_app):
    db.drop_all()
    db.create_all()
    yield
    db.drop_all()
'''
TEST_BEFORE = b"""import pytest

from src.app import app


@pytest.fixture(scope='module')
def test_app():
    yield app


def test_one(test_app):
    assert test_app
"""
TEST_AFTER = b"""def test_one(test_app):
    assert test_app
"""


def plan(extra: str = "") -> Plan:
    """A new conftest and a changed test file. ``extra`` is added to the conftest: untrusted text."""
    path = ROOT / "tests"
    return Plan(
        "conftest",
        ROOT,
        (
            FileChange.of(
                ROOT,
                path / "conftest.py",
                before=None,
                after=CONFTEST + extra.encode(),
                what=("fresh_tables(), autouse", "client()"),
            ),
            FileChange.of(
                ROOT,
                path / "integration" / "test_api_integration.py",
                before=TEST_BEFORE,
                after=TEST_AFTER,
                what=("test_app() moved to conftest.py",),
            ),
        ),
        (
            SummaryRow(
                "NEW",
                "tests/conftest.py",
                what="Create pytest hooks",
                lines="+13",
                impact="Fresh tables for every test",
            ),
            SummaryRow(
                "MODIFY",
                "tests/integration/test_api_integration.py",
                what="Change fixture scope module → function",
                lines="-10",
                impact="Enables isolation",
            ),
        ),
    )


class Mending:
    """Mixed into the fake workbench: the part of it that fixes."""

    fix_status = FixStatus.CLEAN
    fix_failure = fix_remark = ""
    planned: Plan | None = None
    extra = ""

    def plan_fix(self) -> Plan:
        if self.failure is not None:  # type: ignore[attr-defined]
            raise self.failure  # type: ignore[attr-defined]
        return plan(self.extra)

    def apply_and_run(self, planned: Plan) -> FixOutcome:
        return self._change(FixAction.APPLY, FixStatus.APPLIED)

    def undo_and_run(self) -> FixOutcome:
        return self._change(FixAction.UNDO, FixStatus.CLEAN)

    def finish_and_run(self) -> FixOutcome:
        return self._change(FixAction.FINISH, FixStatus.APPLIED)

    def _change(self, action: FixAction, status: FixStatus) -> FixOutcome:
        if self.failure is not None:  # type: ignore[attr-defined]
            self.fix_outcome = FixOutcome(action, refused=str(self.failure))  # type: ignore[attr-defined]
        else:
            self.asked.append((action.value, None))  # type: ignore[attr-defined]
            self.fix_status = status
            self.fix_outcome = FixOutcome(action)
            self.start()  # type: ignore[attr-defined]
        return self.fix_outcome
