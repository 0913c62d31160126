"""A failure has one signature, whether it was observed in the run or seen in a trial."""

from __future__ import annotations

from pathlib import Path

import pytest

from isolation_tui.experiments.evidence import observed_signature
from isolation_tui.experiments.prober import Prober
from isolation_tui.experiments.trial import Trial
from observing import Seen, environment, observe, project, write

SUITE = """
    import dataclasses, unittest
    import pytest, sqlalchemy as sa

    class Refused(Exception):
        def __str__(self):
            return "refused\\nfor a reason of two lines"

    @dataclasses.dataclass
    class Row:
        id: int

    @pytest.fixture
    def broken():
        raise OSError(2, "No such file", "/nowhere/at/all")

    @pytest.fixture
    def broken_at_the_end():
        yield
        raise RuntimeError("teardown of 0x7f00")

    def test_comparison():
        assert [Row(1), Row(2)] == [Row(1)]

    def test_comparison_with_a_message():
        assert 1 == 2, "one is not two"

    def test_text():
        assert "a\\nb" == "a\\nc"

    def test_key():
        {}["currency"]

    def test_own_exception():
        raise Refused

    def test_nested_exception():
        class Inner(ValueError):
            pass
        raise Inner("inner")

    def test_without_a_message():
        raise ValueError

    def test_chained():
        try:
            {}["a"]
        except KeyError as error:
            raise LookupError("not found") from error

    def test_fail():
        pytest.fail("on purpose")

    def test_in_setup(broken):
        pass

    def test_in_teardown(broken_at_the_end):
        pass

    def test_in_call_and_teardown(broken_at_the_end):
        assert 1 == 2

    def test_no_such_fixture(nowhere):
        pass

    def test_database():
        with sa.create_engine("sqlite://").connect() as connection:
            connection.execute(sa.text("select * from missing"))

    @pytest.mark.xfail(strict=True)
    def test_strict():
        pass

    def test_raises():
        with pytest.raises(ValueError):
            pass

    class TestUnit(unittest.TestCase):
        def test_equal(self):
            self.assertEqual(1, 2)

        def test_with_subtest(self):
            with self.subTest(number=1):
                self.assertEqual(1, 2)
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Seen]:
    root = write(tmp_path_factory.mktemp("signatures") / "suite", {"test_it.py": SUITE})
    return root, observe(root, "-q")


def test_every_failure_of_a_trial_has_the_signature_that_was_observed(seen: tuple[Path, Seen]) -> None:
    root, observed = seen
    failing = [test for test in observed.run.order if test.failure is not None]
    assert len(failing) >= 17
    order = tuple(test.nodeid for test in failing)
    with environment(), Prober(project(root, "-q")) as prober:
        result = prober.run(Trial(order, order[-1], fresh=True))
    assert not result.problem
    differing = {
        test.nodeid: (observed_signature(test), outcome.signature)
        for test, outcome in zip(failing, result.outcomes, strict=True)
        if observed_signature(test) != outcome.signature
    }
    assert not differing
