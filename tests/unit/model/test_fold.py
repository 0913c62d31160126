"""What facts add up to: pytest's own counts, crashes, what workers share, and what a lost fact costs."""

from __future__ import annotations

import pytest

from isolation_tui.model import Outcome, RunState
from isolation_tui.model.folds import FOLDS
from pytest_isolation import events as ev
from runstory import ROOT, Story

A, B, C = "test_a.py::test_1", "test_a.py::test_2", "test_b.py::test_3"
XFAIL = "known"


def phases(*told: tuple[str, str, str | None]) -> Story:
    """One test with these (when, outcome, xfail)."""
    story = Story().collected([A]).begin(A)
    for when, outcome, xfail in told:
        story.phase(A, when, outcome, xfail=xfail)
    return story


SETUP, TEARDOWN = ("setup", "passed", None), ("teardown", "passed", None)


@pytest.mark.parametrize(
    ("told", "line", "outcome"),
    [
        ((SETUP, ("call", "passed", None), TEARDOWN), "1 passed", Outcome.PASSED),
        ((SETUP, ("call", "failed", None), TEARDOWN), "1 failed", Outcome.FAILED),
        ((SETUP, ("call", "skipped", None), TEARDOWN), "1 skipped", Outcome.SKIPPED),
        ((SETUP, ("call", "skipped", XFAIL), TEARDOWN), "1 xfailed", Outcome.XFAILED),
        ((SETUP, ("call", "skipped", ""), TEARDOWN), "1 xfailed", Outcome.XFAILED),
        ((SETUP, ("call", "passed", XFAIL), TEARDOWN), "1 xpassed", Outcome.XPASSED),
        ((SETUP, ("call", "failed", XFAIL), TEARDOWN), "1 failed", Outcome.FAILED),
        ((("setup", "failed", None), TEARDOWN), "1 error", Outcome.ERROR),
        ((("setup", "skipped", None), TEARDOWN), "1 skipped", Outcome.SKIPPED),
        ((("setup", "skipped", XFAIL), TEARDOWN), "1 xfailed", Outcome.XFAILED),
        ((("setup", "failed", None), ("teardown", "failed", None)), "2 errors", Outcome.ERROR),
        ((SETUP, ("call", "passed", None), ("teardown", "failed", None)), "1 passed, 1 error", Outcome.ERROR),
        ((SETUP, ("call", "failed", None), ("teardown", "failed", None)), "1 failed, 1 error", Outcome.ERROR),
        ((SETUP, ("call", "skipped", XFAIL), ("teardown", "failed", None)), "1 xfailed, 1 error", Outcome.ERROR),
        ((SETUP, ("call", "skipped", None), ("teardown", "failed", None)), "1 skipped, 1 error", Outcome.ERROR),
    ],
)
def test_a_test_counts_as_pytests_last_line_counts_it(
    told: tuple[tuple[str, str, str | None], ...], line: str, outcome: Outcome
) -> None:
    run = phases(*told).run
    assert run.counts.line() == line
    assert run.tests[A].outcome is outcome
    assert run.done == 1


def test_no_test_at_all_reads_as_pytest_says_it() -> None:
    assert Story().run.counts.line() == "no tests ran"


def test_a_rerun_counts_apart_and_the_test_once() -> None:
    story = Story().collected([A]).begin(A).phase(A, "setup").phase(A, "call", "rerun").phase(A, "teardown")
    assert story.run.tests[A].outcome is Outcome.WAITING
    assert story.run.done == 0
    story.say(ev.TestStarted(A, 2)).phase(A, "setup").phase(A, "call").phase(A, "teardown")
    assert (story.run.counts.reruns, story.run.counts.passed, story.run.done) == (1, 1, 1)
    assert story.run.tests[A].attempt == 2


def test_a_test_is_once_in_the_order_however_often_it_ran() -> None:
    story = Story().collected([A])
    for attempt in (1, 2, 3):
        story.say(ev.TestStarted(A, attempt)).phase(A, "call", "rerun" if attempt < 3 else "passed")
        story.phase(A, "teardown")
    assert [test.nodeid for test in story.run.order] == [A]
    assert [phase.outcome for phase in story.run.tests[A].phases] == ["passed", "passed"]


def test_a_failed_subtest_counts_beside_its_test() -> None:
    story = Story().collected([A]).begin(A).phase(A, "setup")
    for number, outcome in enumerate(("passed", "failed", "skipped")):
        story.say(ev.PhaseFinished(A, 1, "call", outcome, subtest=f"n={number}"))
    story.phase(A, "call", "failed").phase(A, "teardown")
    counts = story.run.counts
    assert (counts.failed, counts.passed, counts.skipped) == (2, 0, 0)
    assert (counts.subtests_failed, counts.subtests_passed) == (1, 1)
    assert story.run.tests[A].subtests == [("n=0", "passed"), ("n=1", "failed"), ("n=2", "skipped")]


def test_deselected_tests_of_two_filters_add_up() -> None:
    story = Story().say(ev.Deselected([A])).say(ev.Deselected([B, C]))
    assert story.run.counts.deselected == 3


def test_two_workers_that_deselect_the_same_count_once() -> None:
    story = Story(workers=2).say(ev.Deselected([A, B]), "gw0").say(ev.Deselected([A, B]), "gw1")
    assert story.run.counts.deselected == 2


def test_a_module_that_two_workers_cannot_import_is_one_error() -> None:
    fact = ev.CollectionFailed("test_c.py", "ImportError", "no module")
    story = Story(workers=2).say(fact, "gw0").say(fact, "gw1")
    assert story.run.counts.errors == 1


# -- ends ---------------------------------------------------------------------------------------------------------


def ended(story: Story, status: int, *, stopped: bool = False) -> Story:
    return story.say(ev.ProcessEnded(status, stopped), "observer")


def test_a_killed_suite_names_the_test_that_ran_and_the_rest_is_not_run() -> None:
    run = ended(Story().collected([A, B, C]).test(A).begin(B), -9).run
    assert run.crashed
    assert [test.outcome for test in run.tests.values()] == [Outcome.PASSED, Outcome.CRASHED, Outcome.NOT_RUN]
    assert (run.exit_status, run.state) == (-9, RunState.FINISHED)


def test_a_stopped_suite_crashed_nowhere() -> None:
    run = ended(Story().collected([A, B]).begin(A), 2, stopped=True).run
    assert not run.crashed
    assert [test.outcome for test in run.tests.values()] == [Outcome.NOT_RUN, Outcome.NOT_RUN]


def test_a_suite_that_sent_its_end_did_not_crash() -> None:
    run = ended(Story().collected([A]).test(A).say(ev.SessionFinished(1)), 1).run
    assert not run.crashed
    assert run.exit_status == 1


def test_a_process_that_never_connected_did_not_crash() -> None:
    from isolation_tui.model import Run, Stamped

    run = Run()
    run.apply(Stamped("observer", 1.0, ev.ProcessEnded(4)))
    assert not run.crashed
    assert run.finished


def test_the_process_has_the_last_word_on_the_status() -> None:
    run = ended(Story().say(ev.SessionFinished(0)), 1).run
    assert run.exit_status == 1


def test_a_worker_that_is_lost_takes_its_test_with_it() -> None:
    story = Story(workers=2).collected([A, B]).begin(A, worker="gw0").begin(B, worker="gw1")
    story.say(ev.WorkerCrashed("gw0", A, "worker 'gw0' crashed"), "main")
    run = story.run
    assert run.tests[A].outcome is Outcome.CRASHED
    assert (run.counts.failed, run.done) == (1, 1)
    assert run.running == [run.tests[B]]


def test_the_worker_says_which_test_it_was_where_pytest_does_not_know() -> None:
    story = Story(workers=2).collected([A]).begin(A, worker="gw0").say(ev.WorkerCrashed("gw0"), "main")
    assert story.run.tests[A].outcome is Outcome.CRASHED


def test_the_last_words_of_a_lost_worker_may_come_after_the_news_of_its_loss() -> None:
    story = Story(workers=2).collected([A]).say(ev.WorkerCrashed("gw0", A), "main").begin(A, worker="gw0")
    assert story.run.tests[A].outcome is Outcome.CRASHED


def test_a_test_whose_end_was_lost_with_its_worker_is_unknown() -> None:
    story = Story(workers=2).collected([A, B]).begin(A, worker="gw0").say(ev.WorkerCrashed("gw0", B), "main")
    story.say(ev.SessionFinished(1), "main")
    run = ended(story, 1).run
    assert [run.tests[A].outcome, run.tests[B].outcome] == [Outcome.UNKNOWN, Outcome.CRASHED]


# -- what is lost, and what comes twice ---------------------------------------------------------------------------


def test_a_test_that_was_never_announced_is_appended() -> None:
    run = Story().collected([A]).test(B).run
    assert list(run.tests) == [A, B]
    assert run.total == 2


def test_a_life_whose_definition_was_lost_is_passed_over() -> None:
    story = Story().collected([A]).begin(A)
    story.say(ev.FixtureSetUp(1, 99, A)).say(ev.FixtureTornDown(1, A, 100_000_000)).phase(A, "setup", uses=[1])
    assert story.run.lives == []
    assert story.run.tests[A].lives == []


def test_a_table_in_a_metadata_whose_mention_was_lost_is_kept() -> None:
    story = Story().say(ev.TableRegistered(7, "users", ev.Place(), [], ev.Unit()))
    assert story.run.workers["main"].metadata[7].tables == {"users"}


def test_dropped_facts_are_the_latest_total_of_each_worker() -> None:
    story = Story(workers=2)
    for worker, total in (("gw0", 5), ("gw0", 9), ("gw1", 2)):
        story.say(ev.FactsDropped(total), worker)
    assert story.run.dropped == 11


def test_an_unknown_fact_changes_nothing_but_the_revision() -> None:
    class Unknown: ...

    story = Story()
    before = story.run.revision
    story.say(Unknown())
    assert story.run.revision == before + 1


def test_every_kind_of_fact_is_folded() -> None:
    assert set(FOLDS) == set(ev.KINDS.values())


# -- fixtures -----------------------------------------------------------------------------------------------------


def test_a_definition_in_two_workers_is_one_with_lives_in_both() -> None:
    story = Story(workers=2).collected([A, B])
    for worker, nodeid in (("gw0", A), ("gw1", B)):
        definition = story.fixture("database", "session", "conftest.py", 3, worker=worker)
        story.begin(nodeid, worker=worker)
        life = story.set_up(definition, nodeid, worker=worker, life=1)
        story.phase(nodeid, "setup", uses=[life], worker=worker)
    (definition_,) = story.run.definitions.values()
    assert [(life.worker, [user.nodeid for user in life.users]) for life in definition_.lives] == [
        ("gw0", [A]),
        ("gw1", [B]),
    ]


def test_two_fixtures_of_one_name_are_two_definitions() -> None:
    story = Story()
    story.fixture("thing", "function", "conftest.py", 3)
    story.fixture("thing", "function", "test_a.py", 3)
    assert len(story.run.definitions) == 2


def test_a_life_that_two_tests_had_is_shared() -> None:
    story = Story().collected([A, B])
    life = story.set_up(story.fixture("app", "module", "test_a.py"), A)
    story.test(A, uses=[life]).test(B, uses=[life], ends=[life])
    (held,) = story.run.lives
    assert held.shared
    assert [user.nodeid for user in held.users] == [A, B]
    assert held.ended_by is story.run.tests[B]


def test_a_life_that_is_named_twice_in_a_test_has_it_once_as_user() -> None:
    story = Story().collected([A]).begin(A)
    life = story.set_up(story.fixture("app", "module", "test_a.py"), A)
    story.phase(A, "setup", uses=[life]).phase(A, "call", uses=[life])
    assert len(story.run.lives[0].users) == 1


# -- tables -------------------------------------------------------------------------------------------------------

PLACE = ev.Place("app", f"{ROOT}/app.py", 1)


def test_a_test_keeps_the_tables_it_began_with() -> None:
    story = Story().collected([A]).models(["users"]).begin(A)
    story.say(ev.TableRegistered(1, "late", PLACE, [], ev.Unit(A, "call"))).phase(A, "teardown")
    test = story.run.tests[A]
    assert list(test.metadata_at_start.values()) == [frozenset({"users"})]
    assert list(test.metadata_at_end.values()) == [frozenset({"users", "late"})]


def test_two_metadata_of_one_place_have_two_labels() -> None:
    story = Story().say(ev.MetadataSeen(1, "", PLACE)).say(ev.MetadataSeen(2, "", PLACE))
    assert [held.label for held in story.run.workers["main"].metadata.values()] == ["app", "app (2)"]


def test_a_database_for_each_test_does_not_pile_up() -> None:
    story = Story()
    nodeids = [f"test_a.py::test_{number}" for number in range(300)]
    story.collected(nodeids)
    for number, nodeid in enumerate(nodeids, 1):
        story.begin(nodeid).say(ev.DatabaseSeen(number, "sqlite://", "sqlite"))
        story.say(ev.TablesCreated(number, ["users"], "orm", PLACE, ev.Unit(nodeid, "call")))
        story.phase(nodeid, "call").phase(nodeid, "teardown").say(ev.HoldersGone([], [number]))
    assert max(len(test.database_at_start) for test in story.run.tests.values()) == 0
    assert {event.holder for event in story.run.table_events} == {"sqlite://"}


def test_a_table_whose_drop_was_rolled_back_exists_again() -> None:
    story = Story().say(ev.DatabaseSeen(1, "sqlite://", "sqlite"))
    for fact in (ev.TablesCreated(1, ["users"], "orm", PLACE, ev.Unit()),
                 ev.TablesDropped(1, ["users"], "sql", PLACE, ev.Unit()),
                 ev.TablesCreated(1, ["users"], "rollback", PLACE, ev.Unit())):  # fmt: skip
        story.say(fact)
    assert story.run.workers["main"].databases[1].tables == {"users"}


def test_table_sets_that_were_seen_overrule_events() -> None:
    story = Story().collected([A]).models(["users"]).begin(A).phase(A, "teardown")
    story.say(ev.TableSets(A, "end", metadata=[(1, ["other"])]))
    assert list(story.run.tests[A].metadata_at_end.values()) == [frozenset({"other"})]


# -- the whole ----------------------------------------------------------------------------------------------------


def test_total_grows_with_what_is_collected_and_never_shrinks() -> None:
    story = Story().say(ev.Collected(0, [A, B]))
    assert story.run.total == 2
    story.say(ev.CollectionFinished(3))
    assert story.run.total == 3
    assert story.run.state is RunState.RUNNING


def test_limits_of_two_workers_are_listed_once() -> None:
    story = Story(workers=2)
    for worker in ("gw0", "gw1"):
        story.say(ev.SessionStarted(ROOT, "", 2, ["too old"]), worker)
    assert story.run.limits == ["too old"]


def test_workers_that_share_databases_are_one_limit() -> None:
    story = Story(workers=16)
    for number in range(16):
        for database in (1, 2):
            story.say(ev.DatabaseSeen(database, f"postgresql://server/db_{database}", "postgresql"), f"gw{number}")
        story.say(ev.DatabaseSeen(3, "sqlite://", "sqlite"), f"gw{number}")
    (limit,) = story.run.limits
    assert "postgresql://server/db_1" in limit


def test_a_warning_is_kept_by_its_test_and_counted() -> None:
    story = Story().collected([A]).say(ev.WarningCaught(A, "runtest", "UserWarning", "old"))
    story.say(ev.WarningCaught("", "config", "UserWarning", "older"))
    assert story.run.counts.warnings == 2
    assert len(story.run.tests[A].warnings) == 1
