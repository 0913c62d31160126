"""pytest's own counts on the demo: as shipped, with the fix, and with the fix undone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from isolation_tui.fix import FixStatus, NothingToFix, Plan, apply_fix, fix_status, plan_fix, undo_fix

DEMO = Path(__file__).parents[2] / "demo_app"
MODULE = "backend/tests/integration/test_api_integration.py"
ALREADY_DEFINED = re.compile(r"Table '\w+' is already defined for this MetaData instance")

pytest.importorskip("flask_sqlalchemy")
pytestmark = pytest.mark.slow


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the demo, and a state folder of its own."""
    monkeypatch.setenv("ISOLATION_TUI_STATE", str(tmp_path / "state"))
    without_caches = shutil.ignore_patterns("__pycache__", ".pytest_cache", "*.db")
    return Path(shutil.copytree(DEMO, tmp_path / "demo_app", ignore=without_caches))


def run_pytest(root: Path, *options: str) -> tuple[dict[str, int], list[str]]:
    """The counts by outcome, and the test files (one entry for each) in which a table was defined twice."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "COV", "TESTING", "DATABASE_URL"))}
    report = root.parent / "report.xml"
    command = [
        sys.executable,
        *options,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-q",
        "--tb=no",
        f"--junit-xml={report}",
    ]
    environment = {**kept, "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=300)
    closing = done.stdout.strip().splitlines()[-1]
    found = re.findall(r"(\d+) (passed|failed|errors?)\b", closing)
    counts = {word.rstrip("s"): int(number) for number, word in found}
    return counts, list(_defined_twice(ElementTree.parse(report).getroot()))


def _defined_twice(report: ElementTree.Element) -> Iterator[str]:
    for case in report.iter("testcase"):
        for error in case.iter("error"):
            if ALREADY_DEFINED.search(error.get("message", "")):
                yield case.get("classname", "").split(".Test")[0]


def bytes_below(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def lines_of(plan: Plan) -> dict[str, str]:
    return {f"{row.change_type} {row.file} {row.what}": row.lines for row in plan.summary}


def test_the_ledger_before_with_and_after_the_fix(demo: Path) -> None:
    shipped = bytes_below(demo)
    counts, twice = run_pytest(demo)
    assert counts == {"failed": 34, "passed": 170, "error": 83}
    assert twice == [MODULE.removesuffix(".py").replace("/", ".")] * 22

    apply_fix(plan_fix(demo))
    counts, twice = run_pytest(demo, "-W", "error")  # nor does the fix add a warning
    assert twice == []
    assert 10 <= counts["failed"] <= 15
    assert counts["passed"] >= 200
    assert counts["error"] < 30
    assert sum(counts.values()) == 287

    undo_fix(demo)
    assert bytes_below(demo) == shipped


def test_the_plan_is_the_one_of_the_seed(demo: Path) -> None:
    plan = plan_fix(demo)
    assert [(change.kind, change.relative) for change in plan.changes] == [
        ("NEW", "backend/tests/conftest.py"),
        ("MODIFY", MODULE),
        ("MODIFY", "backend/src/database.py"),
    ]
    assert [(row.change_type, row.file.rpartition("/")[2]) for row in plan.summary] == [
        ("NEW", "conftest.py"),
        ("MODIFY", "test_api_integration.py"),
        ("MODIFY", "test_api_integration.py"),
        ("ADD", "database.py"),
        ("ADD", "database.py"),
    ]
    assert all(re.fullmatch(r"[+-]\d+( -\d+)?", lines) for lines in lines_of(plan).values())


def test_a_fixed_demo_has_nothing_to_fix_and_knows_it(demo: Path) -> None:
    apply_fix(plan_fix(demo))
    assert fix_status(demo) is FixStatus.APPLIED
    with pytest.raises(NothingToFix, match="already"):
        plan_fix(demo)
