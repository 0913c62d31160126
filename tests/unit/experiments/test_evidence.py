"""From an observed run to a question: who is suspected, of what, and in which order."""

from __future__ import annotations

import time

from isolation_tui.diagnose import diagnose
from isolation_tui.experiments.evidence import Questions, observed_signature
from isolation_tui.experiments.question import Candidate, Question
from isolation_tui.experiments.trial import Location
from isolation_tui.model import Run
from pytest_isolation import events as ev
from runstory import ROOT, SHOP, Story, dirty, many

DATABASE = "sqlite:///it.db"
A, B, C, VICTIM = (f"tests/test_a.py::test_{name}" for name in ("a", "b", "c", "victim"))
OTHER = "tests/test_other.py"


class Shop(Story):
    """Three tests, then the victim; the facts of each are emitted in between."""

    def __init__(self) -> None:
        super().__init__()
        self.collected([A, B, C, VICTIM, f"{OTHER}::test_other"])
        self.say(ev.DatabaseSeen(1, DATABASE, "sqlite"))
        self.say(ev.MetadataSeen(1, "", ev.Place("src.database", f"{ROOT}/src/database.py", 9)))

    def ran(self, nodeid: str, *facts: object, outcome: str = "passed", message: str = "assert 2 == 1") -> Shop:
        self.begin(nodeid)
        for fact in facts:
            self.say(fact, after=0.001)
        self.test(nodeid, outcome, begun=True, message=message)
        self.say(ev.DatabasesUsed(nodeid, [1]))
        return self

    def question(self, nodeid: str = VICTIM) -> Question:
        self.finished(1)
        question = Questions(self.run).about(nodeid)
        assert question is not None
        return question

    def first(self) -> Candidate:
        return self.question().candidates[0]


def wrote(nodeid: str, table: str = "users", *keys: str, **more: object) -> ev.RowsWritten:
    unit = ev.Unit(nodeid, "call")
    fact = ev.RowsWritten(1, table, 1, 0, 0, "committed", ev.Place(), unit, kept=1, keys=list(keys))
    return fact._replace(**more)


def read(nodeid: str, table: str = "users", how: str = "scan") -> ev.TablesRead:
    return ev.TablesRead(1, [table], ev.Unit(nodeid, "call"), how=how)


def test_the_very_rows_that_the_victim_read_come_first() -> None:
    story = Shop().ran(A, wrote(A, "orders")).ran(B, wrote(B, "users", "id=7")).ran(C)
    candidate = story.ran(VICTIM, read(VICTIM), outcome="failed").first()
    assert candidate.tests == (B,)
    assert candidate.location == Location("rows", "users", DATABASE, ("id=7",))


def test_rows_that_fit_the_failure_come_before_changed_state_in_reach() -> None:
    story = Shop().ran(A, wrote(A)).ran(B, ev.StateChanged("env", "CURRENCY", "changed", ev.Unit(B, "call")))
    reach = ev.StateInReach(VICTIM, ["env:CURRENCY"], [ev.Place()])
    question = story.ran(VICTIM, read(VICTIM), reach, outcome="failed").question()
    assert [each.tests for each in question.candidates[:2]] == [(A,), (B,)]
    assert question.candidates[1].location == Location("environment", "CURRENCY")


def test_rows_that_do_not_fit_come_after_changed_state_in_reach() -> None:
    story = Shop().ran(A, wrote(A)).ran(B, ev.StateChanged("cache", "shop.rates", "changed", ev.Unit(B, "call")))
    reach = ev.StateInReach(VICTIM, ["cache:shop.rates"], [ev.Place()])
    question = story.ran(VICTIM, read(VICTIM), reach, outcome="failed", message="assert 1 == 2").question()
    assert [each.tests for each in question.candidates[:2]] == [(B,), (A,)]
    assert question.candidates[0].location == Location("memoised", "shop.rates")


def test_a_test_that_deleted_rows_which_the_victim_reads_is_suspected() -> None:
    deleted = wrote(B, inserted=0, deleted=1, kept=0)
    candidate = Shop().ran(A).ran(B, deleted).ran(VICTIM, read(VICTIM), outcome="failed").first()
    assert candidate.tests == (B,)
    assert "deleted" in candidate.reason


def test_what_was_rolled_back_is_not_suspected() -> None:
    rolled_back = wrote(A, state="rolled back", kept=0)
    question = Shop().ran(A, rolled_back).ran(VICTIM, read(VICTIM), outcome="failed").question()
    assert question.candidates == ()


def test_who_dropped_a_table_that_the_victim_reads_is_suspected() -> None:
    dropped = ev.TablesDropped(1, ["users"], "orm", ev.Place(), ev.Unit(B, "call"))
    candidate = Shop().ran(A).ran(B, dropped).ran(VICTIM, read(VICTIM), outcome="failed").first()
    assert (candidate.tests, candidate.location) == ((B,), Location("table", "users", DATABASE))


def test_a_table_that_is_there_is_no_likely_carrier_of_a_failure() -> None:
    created = ev.TablesCreated(1, ["users"], "orm", ev.Place(), ev.Unit(A, "call"))
    made = Shop().ran(A, created).ran(B).ran(VICTIM, read(VICTIM), outcome="failed").first()
    assert (made.tests, made.fits) == ((A,), False)
    dropped = ev.TablesDropped(1, ["users"], "orm", ev.Place(), ev.Unit(B, "call"))
    story = Shop().ran(A, created).ran(B, dropped).begin(VICTIM).phase(VICTIM, "setup")
    story.phase(VICTIM, "call", "failed", message="no such table: users", exception="OperationalError")
    story.phase(VICTIM, "teardown").finished(1)
    question = Questions(story.run).about(VICTIM)
    assert question is not None
    assert (question.candidates[0].tests, question.candidates[0].fits) == ((B,), True)


def test_who_defined_the_table_that_the_victim_was_refused_is_suspected() -> None:
    place = ev.Place("tests", f"{ROOT}/tests/test_a.py", 5, "make")
    registered = ev.TableRegistered(1, "users", place, [], ev.Unit(A, "call"))
    refused = ev.TableRefused(1, "users", place, [], ev.Unit(VICTIM, "call"))
    candidate = Shop().ran(A, registered).ran(B).ran(VICTIM, refused, outcome="failed").first()
    assert candidate.tests == (A,)
    assert candidate.location is not None
    assert (candidate.location.kind, candidate.location.name) == ("metadata", "users")


def test_a_test_file_that_defines_the_table_when_it_is_imported_is_suspected() -> None:
    story = Shop()
    place = ev.Place("test_other", f"{ROOT}/{OTHER}", 5, "<module>")
    story.say(ev.TableRegistered(1, "users", place, [], ev.Unit("", "collect")))
    refused = ev.TableRefused(1, "users", place, [], ev.Unit(VICTIM, "call"))
    candidate = story.ran(A).ran(VICTIM, refused, outcome="failed").first()
    assert (candidate.file, candidate.tests) == (OTHER, ())


def test_a_wide_fixture_is_represented_by_the_test_that_set_it_up() -> None:
    story = Shop()
    customer = story.fixture("customer", "session", "tests/conftest.py")
    story.begin(A)
    life = story.set_up(customer, A)
    story.say(wrote(A, unit=ev.Unit(A, "setup", life, "setup")))
    story.test(A, uses=[life], begun=True)
    story.say(ev.DatabasesUsed(A, [1]))
    question = story.ran(B).ran(VICTIM, read(VICTIM), outcome="failed").question()
    assert question.candidates[0].tests == (A,)


def test_who_holds_a_connection_of_the_same_database_is_suspected() -> None:
    story = Shop().ran(A)
    story.say(ev.HeldOpen(A, 7, 1, "connection", True, ev.Place(), ev.Unit(A, "call")))
    candidate = story.ran(B).ran(VICTIM, outcome="failed", message="database is locked").first()
    assert (candidate.tests, candidate.reason) == ((A,), "left a transaction open")


def test_where_it_is_not_known_which_test_changed_it_each_is_suspected() -> None:
    changed = ev.StateChanged("global", "shop.CACHE", "changed", ev.Unit(B, "call"), among=[A, B])
    question = Shop().ran(A).ran(B, changed).ran(VICTIM, outcome="failed").question()
    assert {each.tests for each in question.candidates} == {(A,), (B,)}


def test_what_a_conclusion_charges_is_suspected() -> None:
    story = dirty()
    question = Questions(story.run, diagnose(story.run)).about(f"{SHOP}::test_price")
    assert question is not None
    assert question.candidates[0].tests == (f"{SHOP}::test_currency",)


def test_a_fixture_that_was_refused_a_row_suspects_its_own_earlier_life_first() -> None:
    story = Shop().ran(A, wrote(A))
    customer = story.fixture("customer", "function", "tests/conftest.py")
    for nodeid in (B, VICTIM):
        story.begin(nodeid)
        life = story.number()
        unit = ev.Unit(nodeid, "setup", life, "setup")
        if nodeid == B:
            story.say(wrote(B, unit=unit), after=0.001)
        else:
            story.set_up(customer, nodeid, life=life, error="UNIQUE constraint failed: users.email")
            story.say(ev.TablesRead(1, ["users"], unit, how="clash"), after=0.001)
        if nodeid == B:
            story.set_up(customer, nodeid, life=life)
        outcome, message = ("passed", "") if nodeid == B else ("error", "UNIQUE constraint failed: users.email")
        story.test(nodeid, outcome, uses=[life], ends=[life], begun=True, message=message, life=life)
        story.say(ev.DatabasesUsed(nodeid, [1]))
    assert [each.tests for each in story.question().candidates[:2]] == [(B,), (A,)]


def test_a_question_has_the_order_of_the_victims_own_worker() -> None:
    story = Story(workers=2)
    story.collected([A, B, C, VICTIM], "gw0")
    story.test(A, worker="gw0")
    story.test(B, "failed", worker="gw1")
    story.test(C, "failed", worker="gw0")
    story.test(VICTIM, "failed", worker="gw0")
    question = Questions(story.finished(1).run).about(VICTIM)
    assert question is not None
    assert [(each.nodeid, each.passed) for each in question.earlier] == [(A, True), (C, False)]
    assert question.files == ("tests/test_a.py",)


def test_the_signature_is_that_of_the_observed_failure() -> None:
    story = Shop().ran(A).ran(VICTIM, outcome="failed", message="assert 17 == 1").finished(1)
    assert observed_signature(story.run.tests[VICTIM]) == "call: AssertionError: assert 0 == 0"
    assert observed_signature(story.run.tests[A]) == ""


def test_a_test_that_never_ran_raises_no_question() -> None:
    questions = Questions(Shop().ran(A).finished(1).run)
    assert questions.about(VICTIM) is None
    assert questions.about("tests/test_a.py::test_unheard_of") is None


def test_the_evidence_names_later_authors_before_earlier_ones() -> None:
    story = Shop()
    for nodeid in (A, B, C):
        story.ran(nodeid, ev.StateChanged("global", f"shop.{nodeid[-1]}", "changed", ev.Unit(nodeid, "call")))
    question = story.ran(VICTIM, outcome="failed").question()
    assert [each.tests for each in question.candidates] == [(C,), (B,), (A,)]


def test_twice_as_many_tests_cost_less_than_three_times_as_much() -> None:
    small, large = many(1_500).run, many(3_000).run

    def seconds(run: Run) -> float:
        began = time.process_time()
        questions = Questions(run)
        for nodeid in [test.nodeid for test in run.order if test.failure is not None][:10]:
            questions.about(nodeid)
        return time.process_time() - began

    assert min(seconds(large) for _ in range(5)) < 3 * min(seconds(small) for _ in range(5)) + 0.01
