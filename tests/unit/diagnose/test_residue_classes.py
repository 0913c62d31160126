"""The classes of rows that others left: which of them, who is charged, and what is not explained so."""

from __future__ import annotations

import pytest

from isolation_tui.diagnose import Finding, diagnose
from pytest_isolation import events as ev
from runstory import Story

FILE = "tests/test_a.py"
LEFT, READ = (ev.Place("tests", "/home/dev/demo_app/backend/tests/test_a.py", line, "it") for line in (7, 21))
CLASH = "sqlalchemy.exc.IntegrityError: (sqlite3.IntegrityError) UNIQUE constraint failed: users.email"
A, B, C, D = (f"{FILE}::test_{name}" for name in "abcd")


class Rows(Story):
    def __init__(self) -> None:
        super().__init__()
        self.collected([A, B, C, D])
        self.say(ev.DatabaseSeen(1, "sqlite:///it.db", "sqlite"))

    def writes(self, nodeid: str, rows: int = 1, *, table: str = "users", life: int = 0, **more: object) -> Rows:
        unit = ev.Unit(nodeid, "setup" if life else "call", life, "setup" if life else "")
        fact = ev.RowsWritten(1, table, rows, 0, 0, "committed", LEFT, unit, kept=rows)
        self.say(fact._replace(**more), after=0.001)
        return self

    def reads(self, nodeid: str, how: str = "scan", *, table: str = "users", life: int = 0) -> Rows:
        unit = ev.Unit(nodeid, "setup" if life else "call", life, "setup" if life else "")
        self.say(ev.TablesRead(1, [table], unit, READ, how=how), after=0.001)
        return self

    def leaves(self, nodeid: str, rows: int = 1, **more: object) -> Rows:
        self.begin(nodeid)
        self.writes(nodeid, rows, **more)  # type: ignore[arg-type]
        self.test(nodeid, begun=True)
        return self

    def fails(self, nodeid: str, message: str = "assert 2 == 1", exception: str = "AssertionError") -> Rows:
        self.phase(nodeid, "setup")
        self.phase(nodeid, "call", "failed", message=message, exception=exception)
        self.phase(nodeid, "teardown")
        self.say(ev.DatabasesUsed(nodeid, [1]))
        return self

    def causes(self) -> list[Finding]:
        return [finding for finding in diagnose(self.run) if not finding.harmless]


@pytest.fixture
def story() -> Rows:
    return Rows()


@pytest.mark.parametrize(
    ("way", "code", "kind"),
    [
        ("", "F7", "rows-left-behind"),
        ("savepoint", "F1", "savepoint-escape"),
        ("beside", "F6", "commit-beside"),
        ("thread", "F6", "commit-beside"),
        ("ddl", "F20", "ddl-commits"),
    ],
)
def test_the_way_in_which_rows_escaped_makes_the_class(story: Rows, way: str, code: str, kind: str) -> None:
    story.leaves(A, way=way)
    story.begin(B)
    story.reads(B).fails(B)
    (finding,) = story.causes()
    assert (finding.code, finding.kind, finding.culprit, finding.tests) == (code, kind, A, (B,))
    assert finding.locations == ("sqlite:///it.db.users",)
    assert "{" not in finding.title.replace("{'autocommit'", "") + finding.remedy.replace("{'autocommit'", "")


def test_one_author_with_all_its_victims_and_tables(story: Rows) -> None:
    story.leaves(A).leaves(B, table="orders")
    for nodeid, table in ((C, "users"), (D, "users")):
        story.begin(nodeid)
        story.reads(nodeid, table=table).fails(nodeid)
    (finding,) = story.causes()
    assert (finding.culprit, finding.tests, finding.tables) == (A, (C, D), ("users",))


def test_the_first_of_several_authors_is_charged_and_the_others_are_named(story: Rows) -> None:
    story.leaves(A).leaves(B, 9)
    story.begin(C)
    story.reads(C).fails(C)
    (finding,) = story.causes()
    assert finding.culprit == A
    assert any(B in evidence.text for evidence in finding.evidence)


def test_a_fixture_that_is_refused_its_own_row_is_charged_before_older_authors(story: Rows) -> None:
    story.leaves(A)
    customer = story.fixture("customer", "function", FILE, 3)
    for nodeid in (B, C):
        story.begin(nodeid)
        life = story.number()
        if nodeid == B:
            story.writes(nodeid, life=life)
            story.set_up(customer, nodeid, life=life)
            story.test(nodeid, begun=True, uses=[life], ends=[life])
        else:
            story.reads(nodeid, "clash", life=life)
            story.set_up(customer, nodeid, life=life, error=CLASH)
            story.phase(nodeid, "setup", "failed", message=CLASH, exception="IntegrityError", life=life)
            story.phase(nodeid, "teardown")
    (finding,) = story.causes()
    assert (finding.culprit, finding.tests) == ("fixture customer", (C,))
    assert B in finding.command
    assert C in finding.command


def test_a_failing_test_that_read_nothing_of_it_stays_unexplained(story: Rows) -> None:
    story.leaves(A)
    story.begin(B)
    story.reads(B, table="orders").fails(B)
    assert story.causes() == []


def test_what_a_fixture_read_after_the_failure_explains_nothing(story: Rows) -> None:
    story.leaves(A)
    story.begin(B)
    story.phase(B, "setup", "failed", message="assert 2 == 1", exception="AssertionError")
    story.reads(B)
    story.phase(B, "teardown")
    assert story.causes() == []


def test_rows_that_were_read_without_harm_are_a_harmless_finding_of_their_author(story: Rows) -> None:
    story.leaves(A).begin(B)
    story.reads(B).test(B, begun=True)
    (finding,) = diagnose(story.run)
    assert (finding.harmless, finding.culprit, finding.tests) == (True, A, (B,))


def test_rows_that_no_test_read_are_no_finding(story: Rows) -> None:
    story.leaves(A).begin(B)
    story.reads(B, table="orders").test(B, begun=True)
    assert diagnose(story.run) == []


def test_rows_that_may_have_been_read_are_no_finding(story: Rows) -> None:
    story.leaves(A).begin(B)
    story.reads(B, "match").test(B, begun=True)
    assert diagnose(story.run) == []


def test_a_failure_of_another_class_is_not_charged_to_rows(story: Rows) -> None:
    story.leaves(A)
    story.begin(B)
    story.reads(B).fails(
        B, "sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) no such table: users", "OperationalError"
    )
    assert not [finding for finding in story.causes() if finding.code in ("F1", "F6", "F7", "F19", "F20")]


# -- ids ----------------------------------------------------------------------------------------------------------


def expects(story: Rows, nodeid: str, message: str, rows: int = 1) -> list[Finding]:
    story.begin(nodeid)
    story.writes(nodeid, rows).fails(nodeid, message)
    return story.causes()


def test_an_id_that_is_too_large_by_the_rows_inserted_before(story: Rows) -> None:
    story.leaves(A, 2)
    (finding,) = expects(story, B, "assert 3 == 1")
    assert (finding.code, finding.culprit, finding.tests, finding.tables) == ("F19", A, (B,), ("users",))


def test_ids_go_on_though_the_rows_are_gone(story: Rows) -> None:
    story.leaves(A, 2).begin(B)
    unit = ev.Unit(B, "call")
    story.say(ev.RowsWritten(1, "users", 0, 0, 2, "committed", LEFT, unit, taken=2)).test(B, begun=True)
    (finding,) = expects(story, C, "assert [3, 4] == [1, 2]", 2)
    assert (finding.code, finding.culprit) == ("F19", A)


@pytest.mark.parametrize(
    "message",
    [
        "assert 9 == 1",  # more than were ever inserted
        "assert 2 == 1",  # fewer than stand there
        "assert 79 == 77",  # no id that its own rows would have had
        "assert [3, 9] == [1, 2]",
        "AssertionError: assert 'c' == 'a'",
        "assert 1 == 3",
    ],
)
def test_numbers_that_cannot_be_such_ids_stay_unexplained(story: Rows, message: str) -> None:
    story.leaves(A, 2)
    assert expects(story, B, message) == []


def test_a_new_table_counts_from_one_again(story: Rows) -> None:
    story.leaves(A, 2)
    story.say(ev.TablesDropped(1, ["users"], "orm", LEFT, ev.Unit(A, "teardown")))
    assert expects(story, B, "assert 3 == 1") == []


def test_a_test_that_read_the_whole_table_may_have_counted_rows(story: Rows) -> None:
    story.leaves(A, 2).begin(B)
    story.writes(B).reads(B).fails(B, "assert 3 == 1")
    (finding,) = story.causes()
    assert finding.code == "F7"
