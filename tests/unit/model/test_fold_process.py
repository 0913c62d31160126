"""Folding changes of the process's state: who made them, how long they stand, what each test found."""

from __future__ import annotations

from pytest_isolation import events as ev
from runstory import Story

TESTS = [f"test_a.py::test_{number}" for number in range(5)]


def changed(
    story: Story, number: int, change: str = "changed", *, what: str = "env", name: str = "X", life: int = 0,
    among: tuple[str, ...] = (), in_place: bool = False,
) -> None:  # fmt: skip
    unit = ev.Unit(TESTS[number], "setup" if life else "call", life, "setup" if life else "")
    story.say(ev.StateChanged(what, name, change, unit, "", list(among), in_place))


def found(story: Story, number: int) -> list[tuple[str, str]]:
    """(author, location) of what the test found."""
    return [(entry.author.label, entry.location) for entry in story.run.tests[TESTS[number]].state_found.values()]


def test_a_change_is_found_by_the_tests_after_it_until_it_is_restored() -> None:
    story = Story().collected(TESTS)
    story.begin(TESTS[0])
    changed(story, 0, "added")
    story.test(TESTS[0], begun=True).test(TESTS[1])
    story.begin(TESTS[2])
    changed(story, 2, "restored")
    story.test(TESTS[2], begun=True).test(TESTS[3])
    assert [found(story, number) for number in range(4)] == [[], [(TESTS[0], "env:X")], [(TESTS[0], "env:X")], []]


def test_what_a_wide_fixture_changed_is_found_by_no_test_until_it_is_torn_down() -> None:
    story = Story().collected(TESTS)
    definition = story.fixture("wide", "module", "test_a.py")
    story.begin(TESTS[0])
    life = story.set_up(definition, TESTS[0])
    changed(story, 0, life=life)
    story.test(TESTS[0], begun=True, uses=[life]).test(TESTS[1], uses=[life], ends=[life]).test(TESTS[2])
    assert [found(story, number) for number in range(3)] == [[], [], [("fixture wide", "env:X")]]


def test_a_function_scoped_fixture_is_an_author_like_a_test() -> None:
    story = Story().collected(TESTS)
    definition = story.fixture("narrow", "function", "test_a.py")
    story.begin(TESTS[0])
    life = story.set_up(definition, TESTS[0])
    changed(story, 0, life=life)
    story.test(TESTS[0], begun=True, uses=[life], ends=[life]).test(TESTS[1])
    assert found(story, 1) == [("fixture narrow", "env:X")]


def test_of_several_tests_none_is_the_author() -> None:
    story = Story().collected(TESTS)
    story.begin(TESTS[1])
    changed(story, 1, what="global", name="shop.LIMITS", among=(TESTS[0], TESTS[1]))
    story.test(TESTS[1], begun=True).test(TESTS[2])
    assert found(story, 2) == [("unknown", "global:shop.LIMITS")]


def test_an_object_changed_in_place_holds_the_shares_of_all_its_authors() -> None:
    story = Story().collected(TESTS)
    for number in (0, 1, 0):
        story.begin(TESTS[number])
        changed(story, number, what="global", name="shop.SEEN", in_place=True)
        story.test(TESTS[number], begun=True)
    story.test(TESTS[2])
    (entry,) = story.run.tests[TESTS[2]].state_found.values()
    assert [author.label for author in entry.authors] == [TESTS[1], TESTS[0]]
    assert entry.first.author.label == TESTS[1]


def test_what_is_rebound_is_charged_to_the_last_author_alone() -> None:
    story = Story().collected(TESTS)
    for number in (0, 1):
        story.begin(TESTS[number])
        changed(story, number, what="global", name="shop.FLAG")
        story.test(TESTS[number], begun=True)
    story.test(TESTS[2])
    (entry,) = story.run.tests[TESTS[2]].state_found.values()
    assert [author.label for author in entry.authors] == [TESTS[1]]


def test_tests_with_fixtures_of_their_own_share_what_they_find() -> None:
    story = Story().collected(TESTS)
    fixture = story.fixture("client", "function", "test_a.py")
    story.begin(TESTS[0])
    changed(story, 0)
    story.test(TESTS[0], begun=True)
    for nodeid in TESTS[1:3]:
        story.begin(nodeid)
        life = story.set_up(fixture, nodeid)
        story.test(nodeid, begun=True, uses=[life], ends=[life])
    assert found(story, 2) == [(TESTS[0], "env:X")]
    assert story.run.tests[TESTS[1]].state_found is story.run.tests[TESTS[2]].state_found


def test_tests_that_find_the_same_share_it() -> None:
    story = Story().collected(TESTS)
    story.begin(TESTS[0])
    changed(story, 0)
    story.test(TESTS[0], begun=True).test(TESTS[1]).test(TESTS[2])
    assert story.run.tests[TESTS[1]].state_found is story.run.tests[TESTS[2]].state_found
