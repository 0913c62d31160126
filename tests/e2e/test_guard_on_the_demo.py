"""The guard on the demo: silent on what the fix repairs, and naming each culprit of what is broken."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from guarded import Guarded, guarded
from isolation_tui.fix import apply_fix, plan_fix

DEMO = Path(__file__).parents[2] / "demo_app"

BROKEN = (
    "integration/test_customer_accounts.py",
    "integration/test_supplier_import.py",
    "integration/test_suppliers.py",
    "integration/test_shipping.py",
    "services/test_discounts.py",
)
"""A part of what is broken that is quick to run; the fix repairs it."""

FIXED = (*BROKEN, "integration/test_api_integration.py", "services/test_warehouse_register.py")
"""More of what the demo's README calls fixed."""

AUTHORS = {
    "fixture customer": "customers",
    "test_customer_accounts.py::TestRegistration::test_register_starts_without_credit": "customers",
    "test_customer_accounts.py::TestRegistration::test_register_cleans_its_input": "customers",
    "test_supplier_import.py::test_new_suppliers_are_added": "suppliers",
    "test_shipping.py::test_a_wipe_leaves_no_table": "tables missing",
    "test_discounts.py::test_baskets_without_a_code_need_no_discounts": "discounts missing",
}
"""Whom the demo's README blames in these files, among others, and for what."""

pytest.importorskip("flask_sqlalchemy")
pytestmark = pytest.mark.slow


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the demo, and a state folder of its own."""
    monkeypatch.setenv("ISOLATION_TUI_STATE", str(tmp_path / "state"))
    without_caches = shutil.ignore_patterns("__pycache__", ".pytest_cache", "*.db")
    return Path(shutil.copytree(DEMO, tmp_path / "demo_app", ignore=without_caches))


def named(seen: Guarded) -> dict[str, str]:
    """Author -> what it left, by the first lines of the errors."""
    pairs = [line.split(" left behind: ") for line in seen.firsts.values()]
    assert len({who for who, _ in pairs}) == len(pairs), "an author was named twice"
    return {who: what for who, what in pairs}  # noqa: C416 - the pairs are lists


def test_strict_is_silent_on_the_part_that_is_fixed(demo: Path) -> None:
    apply_fix(plan_fix(demo))
    seen = guarded(demo, "--isolation=strict", *(f"backend/tests/{name}" for name in FIXED))
    assert (seen.errors, seen.failed, seen.section, seen.status) == ({}, [], [], 0)


def test_strict_names_each_author_on_the_broken_part_and_a_baseline_only_what_is_new(demo: Path) -> None:
    files = [f"backend/tests/{name}" for name in BROKEN]
    baseline = f"--isolation-baseline={demo / 'accepted.txt'}"

    broken = guarded(demo, "--isolation=strict", *files)
    authors = named(broken)
    for who, what in AUTHORS.items():
        assert what in authors[who]
    assert not any("test_suppliers.py" in who for who in authors), "those are victims"

    written = guarded(demo, "--isolation=strict", baseline, "--isolation-update-baseline", *files)
    assert written.errors == {}

    today = guarded(demo, "--isolation=strict", baseline, *files)
    assert today.errors == {}
    assert today.failed == written.failed  # the demo's own failures are the demo's

    with (demo / "backend/tests/integration/test_supplier_import.py").open("a", encoding="utf-8") as file:
        file.write('\n\ndef test_a_new_leak(session):\n    import_suppliers(HEADER + "NEW,New Ltd,,1\\n")\n')
    tomorrow = guarded(demo, "--isolation=strict", baseline, *files)
    assert list(named(tomorrow)) == ["test_supplier_import.py::test_a_new_leak"]
    assert "suppliers" in named(tomorrow)["test_supplier_import.py::test_a_new_leak"]
    assert tomorrow.status == 1
