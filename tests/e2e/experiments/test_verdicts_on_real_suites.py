"""The planner and the prober together: small suites with one thing wrong each, from the observed run to the verdict."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from isolation_tui.diagnose import diagnose
from isolation_tui.experiments.evidence import Questions
from isolation_tui.experiments.planner import drive, plan
from isolation_tui.experiments.prober import Prober
from isolation_tui.experiments.question import Candidate, Question
from isolation_tui.experiments.verdict import Kind, Verdict
from observing import environment, observe, project, write

SHOP = "PRICES = {}\nLEFT = []\nREADY = []\n"
FILLER = "\n".join(f"def test_filler_{number}(): pass" for number in range(9))


def module_of(*functions: str) -> str:
    """A test module: ``name: statement`` for each test."""
    lines = ["import shop", ""]
    for function in functions:
        name, _, body = function.partition(": ")
        lines.append(f"def test_{name}(): {body}")
    return "\n".join(lines) + "\n"


def verdict_on(tmp_path: Path, victim: str, files: dict[str, str], *candidates: str, **more: bool) -> Verdict:
    root = write(tmp_path / "suite", {"pytest.ini": "[pytest]\npythonpath = .\n", "shop.py": SHOP, **files})
    run = observe(root, "-q").run
    question = Questions(run, diagnose(run)).about(victim)
    assert question is not None
    question = _asked(question, candidates, **more)
    with environment(), Prober(project(root, "-q"), files=question.files) as prober:
        return drive(plan(question), prober.run)


def _asked(question: Question, candidates: tuple[str, ...], **more: bool) -> Question:
    suspected = tuple(Candidate((each,)) for each in candidates) or question.candidates
    return replace(question, candidates=suspected, confirmations=1, **more)  # type: ignore[arg-type]


VICTIM = "test_z.py::test_victim"


def test_a_single_polluter_is_named(tmp_path: Path) -> None:
    files = {
        "test_a.py": module_of("polluter: shop.LEFT.append(1)") + FILLER,
        "test_z.py": module_of("victim: assert shop.LEFT == []"),
    }
    verdict = verdict_on(tmp_path, VICTIM, files)
    assert (verdict.kind, verdict.polluters) == (Kind.ORDER_DEPENDENT, (("test_a.py::test_polluter",),))
    assert verdict.complete


def test_joint_polluters_are_named_together(tmp_path: Path) -> None:
    files = {
        "test_a.py": module_of("one: shop.LEFT.append(1)", "other: shop.LEFT.append(1)") + FILLER,
        "test_z.py": module_of("victim: assert len(shop.LEFT) < 2"),
    }
    verdict = verdict_on(tmp_path, VICTIM, files)
    assert verdict.polluters == (("test_a.py::test_one", "test_a.py::test_other"),)


def test_independent_polluters_are_all_named(tmp_path: Path) -> None:
    files = {
        "test_a.py": module_of("one: shop.LEFT.append(1)", "other: shop.READY.append(1)") + FILLER,
        "test_z.py": module_of("victim: assert shop.LEFT + shop.READY == []"),
    }
    verdict = verdict_on(tmp_path, VICTIM, files)
    assert {*verdict.polluters} == {("test_a.py::test_one",), ("test_a.py::test_other",)}
    assert verdict.complete


def test_the_setter_of_a_brittle_test_is_named(tmp_path: Path) -> None:
    files = {
        "test_a.py": module_of("setter: shop.PRICES.update(a=1)") + FILLER,
        "test_z.py": module_of("victim: assert shop.PRICES"),
    }
    verdict = verdict_on(tmp_path, VICTIM, files)
    assert (verdict.kind, verdict.setters) == (Kind.NEEDS_EARLIER_TEST, (("test_a.py::test_setter",),))


def test_a_masked_polluter_and_its_cleaner_are_named(tmp_path: Path) -> None:
    files = {
        "test_a.py": module_of("polluter: shop.LEFT.append(1)", "cleaner: shop.LEFT.clear()") + FILLER,
        "test_z.py": module_of("victim: assert shop.LEFT == []"),
    }
    verdict = verdict_on(tmp_path, VICTIM, files, "test_a.py::test_polluter")
    assert verdict.polluters == (("test_a.py::test_polluter",),)
    assert verdict.cleaners == (("test_a.py::test_cleaner",),)


def test_a_file_that_pollutes_when_it_is_imported_is_named(tmp_path: Path) -> None:
    files = {
        "test_a.py": "import shop\nshop.LEFT.append(1)\n" + FILLER,
        "test_b.py": FILLER,
        "test_z.py": module_of("victim: assert shop.LEFT == []"),
    }
    verdict = verdict_on(tmp_path, VICTIM, files)
    assert (verdict.kind, verdict.polluting_files) == (Kind.ORDER_DEPENDENT, (("test_a.py",),))


def test_a_test_that_cannot_run_twice_is_non_idempotent(tmp_path: Path) -> None:
    files = {"test_z.py": module_of("victim: assert shop.LEFT == []; shop.LEFT.append(1)")}
    verdict = verdict_on(tmp_path, VICTIM, files, twice=True)
    assert verdict.kind is Kind.NON_IDEMPOTENT


@pytest.mark.parametrize("body", ["assert False", "raise OSError"])
def test_a_test_that_fails_alone_blames_no_other(tmp_path: Path, body: str) -> None:
    files = {
        "test_a.py": module_of("innocent: shop.LEFT.append(1)") + FILLER,
        "test_z.py": module_of(f"victim: {body}"),
    }
    verdict = verdict_on(tmp_path, VICTIM, files, "test_a.py::test_innocent")
    assert verdict.kind is Kind.FAILS_ALONE
    assert not verdict.proven
