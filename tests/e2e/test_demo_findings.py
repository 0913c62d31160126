"""Every failing test of the demo has a finding, of the class and with the author that the demo's own README names.

What is expected is read from that README: a group of failing tests is a row of its tables.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from isolation_tui.diagnose import Finding, diagnose
from isolation_tui.fix import apply_fix, plan_fix
from isolation_tui.model import Run
from observing import observe

DEMO = Path(__file__).parents[2] / "demo_app"
PREFIX = "backend/tests/"
UNNUMBERED = {"in-process cache": "cache:", "environment variable": "env:", "application's config": "config:"}
"""A class without a number, as README has it, and how the location of such a finding begins."""

pytest.importorskip("flask_sqlalchemy")
pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Group:
    """A row of README: ``kind`` is ``errors`` or ``failed``, ``who`` the cell that names the authors."""

    kind: str
    count: int
    file: str
    classes: str
    who: str
    stays: bool

    def agrees(self, finding: Finding) -> bool:
        """Whether the finding is of a class that is named."""
        prefix = UNNUMBERED.get(self.classes)
        if prefix is not None:
            return any(location.startswith(prefix) for location in finding.locations)
        return finding.code in re.findall(r"F\d+", self.classes)

    def names(self, culprit: str) -> bool:
        """Whether the author is named: by its own name, or with all tests of its file."""
        words = {word for quoted in re.findall(r"`([^`]+)`", self.who) for word in quoted.split("::")}
        if culprit.startswith("fixture "):
            return culprit.removeprefix("fixture ").partition("[")[0] in words
        file, _, test = culprit.removeprefix(PREFIX).partition("::")
        if test.rpartition("::")[2].partition("[")[0] in words:
            return True
        whole = self.file if "Every test of the file" in self.who else ""
        whole = next((word for word in words if word.endswith(".py") and "its tests" in self.who), whole)
        return bool(whole) and file.endswith(whole)


def read_groups() -> list[Group]:
    """The rows of the two tables of what goes wrong."""
    groups = []
    kind = ""
    for line in (DEMO / "README.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] in ("Errors", "Failed"):
            kind = cells[0].lower()
        elif kind and len(cells) == 6 and cells[0].isdigit():
            file = re.findall(r"`([^`]+\.py)`", cells[1])[0]
            groups.append(Group(kind, int(cells[0]), file, cells[3], cells[4], "stays" in cells[5]))
    return groups


GROUPS = read_groups()


@pytest.fixture(scope="module", params=["as shipped", "with the fix"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, bool]:
    """The demo, observed, and whether it has the fix."""
    folder = tmp_path_factory.mktemp("demo")
    ignored = shutil.ignore_patterns("__pycache__", ".pytest_cache", "*.db")
    root = Path(shutil.copytree(DEMO, folder / "demo_app", ignore=ignored))
    fixed = request.param == "with the fix"
    if fixed:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ISOLATION_TUI_STATE", str(folder / "state"))
            apply_fix(plan_fix(root))
    return observe(root, "-q", "-p", "no:cacheprovider").run, fixed


def test_readme_accounts_for_every_failing_test(run: tuple[Run, bool]) -> None:
    observed, fixed = run
    expected = sorted((group.file, group.kind, group.count) for group in GROUPS if group.stays or not fixed)
    counted: dict[tuple[str, str], int] = {}
    for test in observed.order:
        if test.failure is not None:
            key = test.file.removeprefix(PREFIX), "errors" if test.failure.when == "setup" else "failed"
            counted[key] = counted.get(key, 0) + 1
    assert sorted((file, kind, count) for (file, kind), count in counted.items()) == expected


def test_every_failing_test_has_a_finding_that_agrees_with_readme(run: tuple[Run, bool]) -> None:
    observed, fixed = run
    findings = {nodeid: finding for finding in causes(observed) for nodeid in finding.tests}
    wrong = []
    for group in GROUPS:
        if fixed and not group.stays:
            continue
        for test in failing(observed, group):
            finding = findings.get(test)
            if finding is None:
                wrong.append(f"no finding ({group.classes}): {test}")
            elif not group.agrees(finding):
                wrong.append(f"{finding.code} {finding.kind} instead of {group.classes}: {test}")
            elif not group.names(finding.culprit):
                wrong.append(f"{finding.culprit!r} blamed, which README does not ({group.who}): {test}")
    assert not wrong, "\n".join(wrong)


def test_each_class_of_a_group_is_found(run: tuple[Run, bool]) -> None:
    """``F7, then F15`` takes both."""
    observed, fixed = run
    for group in GROUPS:
        if ", then " in group.classes and not fixed:
            tests = set(failing(observed, group))
            codes = {finding.code for finding in causes(observed) if tests & set(finding.tests)}
            assert codes == set(re.findall(r"F\d+", group.classes))


def test_no_finding_has_a_victim_that_did_not_fail(run: tuple[Run, bool]) -> None:
    observed, _ = run
    failed = {test.nodeid for test in observed.order if test.failure is not None}
    assert not {nodeid for finding in causes(observed) for nodeid in finding.tests} - failed


def causes(run: Run) -> list[Finding]:
    return [finding for finding in diagnose(run) if not finding.harmless]


def failing(run: Run, group: Group) -> list[str]:
    return [
        test.nodeid for test in run.order if test.failure is not None and test.file == PREFIX + group.file
    ]  # fmt: skip
