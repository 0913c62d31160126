"""The classes of changed process state, on stories: who is charged, who is a victim, and who is not."""

from __future__ import annotations

import pytest

from isolation_tui.diagnose import Finding, diagnose
from pytest_isolation import events as ev
from runstory import ROOT, Story

TESTS = [f"test_a.py::test_{number}" for number in range(6)]
READS = ev.Place("shop.settings", f"{ROOT}/shop/settings.py", 10, "currency")


class Tale(Story):
    """Five tests; the first leaves something, and the others fail or pass with it in their reach or not."""

    def leave(self, number: int, what: str, name: str, change: str = "changed", **more: object) -> Tale:
        self.begin(TESTS[number])
        unit = ev.Unit(TESTS[number], "call")
        self.say(ev.StateChanged(what, name, change, unit, **more))  # type: ignore[arg-type]
        self.test(TESTS[number], begun=True)
        return self

    def meet(self, number: int, *names: str, outcome: str = "failed", message: str = "assert 2 == 1") -> Tale:
        self.begin(TESTS[number])
        if names:
            self.say(ev.StateInReach(TESTS[number], list(names), [READS] * len(names)))
        self.test(TESTS[number], outcome, begun=True, message=message)
        return self


def tale() -> Tale:
    story = Tale()
    story.collected(TESTS)
    return story


def causes(story: Story) -> list[Finding]:
    return [finding for finding in diagnose(story.run) if not finding.harmless]


@pytest.mark.parametrize(
    ("what", "name", "kind"),
    [
        ("env", "CURRENCY", "environment-variable-left"),
        ("config", "shop.app.PAGE_SIZE", "app-config-left"),
        ("extension", "shop.app.mail", "app-config-left"),
        ("cache", "shop.pricing.rate", "memoised-value-left"),
        ("global", "shop.settings.LIMITS", "global-changed"),
        ("cwd", "cwd", "process-state-left"),
        ("logging", "root.level", "process-state-left"),
        ("module", "stripe", "process-state-left"),
        ("random", "random", "process-state-left"),
        ("warnings", "warnings.filters", "process-state-left"),
    ],
)
def test_failing_tests_whose_code_mentions_it_are_victims_of_its_author(what: str, name: str, kind: str) -> None:
    location = f"{what}:{name}"
    story = tale().leave(0, what, name).meet(1, location).meet(2, location).meet(3, location, outcome="passed")
    (finding,) = causes(story)
    assert (finding.kind, finding.culprit, finding.tests) == (kind, TESTS[0], (TESTS[1], TESTS[2]))
    assert finding.locations == (location,)
    assert finding.command == f"python -m pytest {TESTS[0]} {TESTS[1]}"
    assert READS in [evidence.place for evidence in finding.evidence]


def test_no_author_is_blamed_where_the_code_does_not_mention_the_state() -> None:
    assert causes(tale().leave(0, "env", "CURRENCY").meet(1).meet(2, "env:OTHER")) == []


def test_no_author_is_blamed_for_a_change_after_the_failure_or_restored_before_it() -> None:
    story = tale().meet(1, "env:CURRENCY").leave(0, "env", "CURRENCY", "added")
    assert causes(story.leave(2, "env", "CURRENCY", "restored").meet(3, "env:CURRENCY")) == []


def test_what_a_living_wide_fixture_changed_is_no_cause() -> None:
    story = tale()
    life = story.set_up(story.fixture("wide", "module", "test_a.py"), TESTS[0])
    story.begin(TESTS[0])
    story.say(ev.StateChanged("env", "CURRENCY", "added", ev.Unit(TESTS[0], "setup", life, "setup")))
    story.test(TESTS[0], begun=True, uses=[life])
    story.meet(1, "env:CURRENCY")
    story.tear_down(life, TESTS[1])
    assert causes(story) == []
    story.meet(2, "env:CURRENCY")
    (finding,) = causes(story)
    assert (finding.culprit, finding.tests) == ("fixture wide", (TESTS[2],))
    assert finding.title.startswith("Fixture `wide` sets the environment variable CURRENCY")


def test_a_test_that_is_run_again_is_not_its_own_polluter() -> None:
    story = tale().leave(0, "env", "CURRENCY").meet(0, "env:CURRENCY")
    assert causes(story) == []


def test_of_several_tests_none_is_charged_and_all_are_named() -> None:
    story = tale().leave(1, "global", "shop.LIMITS", among=TESTS[:2]).meet(2, "global:shop.LIMITS")
    (finding,) = causes(story)
    assert finding.culprit == ""
    assert "test_0, test_1" in finding.evidence[0].text
    assert finding.title.startswith("An unknown test rebinds shop.LIMITS")


def test_further_authors_of_what_is_changed_in_place_are_named() -> None:
    story = tale().leave(0, "global", "shop.SEEN", in_place=True).leave(1, "global", "shop.SEEN", in_place=True)
    (finding,) = causes(story.meet(2, "global:shop.SEEN"))
    assert finding.culprit == TESTS[0]
    assert [evidence.nodeid for evidence in finding.evidence[:2]] == TESTS[:2]


def test_of_two_changes_in_reach_the_latest_is_charged_and_both_are_evidence() -> None:
    story = tale().leave(0, "env", "CURRENCY")
    story.now += 1
    story.leave(1, "cache", "shop.rate")
    (finding,) = causes(story.meet(2, "env:CURRENCY", "cache:shop.rate"))
    assert (finding.kind, finding.culprit) == ("memoised-value-left", TESTS[1])
    assert any("env:CURRENCY" in evidence.text for evidence in finding.evidence)


def test_rows_that_were_read_are_more_telling_than_state_that_may_have_been() -> None:
    story = tale()
    story.say(ev.DatabaseSeen(1, "sqlite://#1", "sqlite"))
    story.begin(TESTS[0])
    unit = ev.Unit(TESTS[0], "call")
    story.say(ev.RowsWritten(1, "users", 1, 0, 0, "committed", READS, unit, kept=1))
    story.say(ev.DatabasesUsed(TESTS[0], [1]))
    story.say(ev.StateChanged("env", "CURRENCY", "added", unit))
    story.test(TESTS[0], begun=True)
    story.begin(TESTS[1])
    story.say(ev.TablesRead(1, ["users"], ev.Unit(TESTS[1], "call")))
    story.say(ev.DatabasesUsed(TESTS[1], [1]))
    story.say(ev.StateInReach(TESTS[1], ["env:CURRENCY"], [READS]))
    story.test(TESTS[1], "failed", begun=True)
    (finding,) = causes(story)
    assert finding.kind == "rows-left-behind"


@pytest.mark.parametrize(("exception", "victims"), [("AssertionError", 0), ("ModuleNotFoundError", 1)])
def test_a_changed_path_is_blamed_for_failing_imports_alone(exception: str, victims: int) -> None:
    story = tale().leave(0, "path", "sys.path")
    story.begin(TESTS[1]).say(ev.StateInReach(TESTS[1], ["path:sys.path"], [READS]))
    story.phase(TESTS[1], "setup").phase(TESTS[1], "call", "failed", message="no", exception=exception)
    story.phase(TESTS[1], "teardown")
    assert len(causes(story)) == victims
