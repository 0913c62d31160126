"""Causes found by exceptions, from facts alone: messages of other drivers and versions, and unknown causes."""

from __future__ import annotations

import pytest

from isolation_tui.diagnose import Finding, diagnose
from pytest_isolation import events as ev
from runstory import ROOT, Story

A, B, C, D = (f"test_a.py::test_{name}" for name in "abcd")
HERE = ev.Place("app.db", f"{ROOT}/app/db.py", 7, "work")


def suite() -> Story:
    return Story().collected([A, B, C, D]).models(["users"])


def fails(story: Story, nodeid: str, exception: str, message: str, uses: tuple[int, ...] = ()) -> Story:
    story.begin(nodeid).phase(nodeid, "setup", uses=uses)
    story.phase(nodeid, "call", "failed", exception=exception, message=message, place=HERE)
    return story.phase(nodeid, "teardown")


def found(story: Story) -> list[Finding]:
    return [finding for finding in diagnose(story.finished(1).run) if not finding.harmless]


def codes(exception: str, message: str) -> list[str]:
    return [finding.code for finding in found(fails(suite(), A, exception, message))]


@pytest.mark.parametrize(
    ("code", "exception", "message"),
    [
        ("F3", "ProgrammingError", '(psycopg.errors.DuplicateTable) relation "ix_a" already exists\n'
                                   "[SQL: CREATE UNIQUE INDEX ix_a ON a (b)]"),
        ("F3", "OperationalError", "(pymysql.err.OperationalError) (1061, \"Duplicate key name 'ix_a'\")"),
        ("F4", "OperationalError", "(sqlite3.OperationalError) no such table: main.orders"),
        ("F4", "ProgrammingError", '(psycopg2.errors.UndefinedTable) relation "orders" does not exist\nLINE 1: SELECT'),
        ("F4", "NoSuchTableError", "orders"),
        ("F4", "UndefinedTableError", 'relation "orders" does not exist'),
        ("F4", "ProgrammingError", "(pymysql.err.ProgrammingError) (1146, \"Table 'shop.orders' doesn't exist\")"),
        ("F8", "RuntimeError", "No application found. Either work inside a view function or push one."),
        ("F8", "RuntimeError", "Working outside of request context.\n\nThis typically means that"),
        ("F13", "Failed", "ScopeMismatch: You tried to access the function scoped fixture db with a module scoped "
                          "request object, involved factories:\ntest_a.py:4:  def wide(db)\ntest_a.py:2:  def db()"),
        ("F14", "InterfaceError", "(sqlalchemy.dialects.postgresql.asyncpg.InterfaceError) <class 'asyncpg.exceptions."
                                  "_base.InterfaceError'>: cannot perform operation: another operation is in progress"),
        ("F14", "RuntimeError", "<asyncio.locks.Lock object at 0x7f97 [locked]> is bound to a different event loop"),
        ("F15", "PendingRollbackError", "Can't reconnect until invalid transaction is rolled back."),
        ("F15", "InvalidRequestError", "This Session's transaction has been rolled back due to a previous exception"),
        ("F24", "ResourceClosedError", "This transaction is closed"),
    ],
)  # fmt: skip
def test_the_words_of_drivers_and_versions(code: str, exception: str, message: str) -> None:
    assert codes(exception, message) == [code]


@pytest.mark.parametrize(
    ("exception", "message"),
    [
        ("ProgrammingError", '(psycopg.errors.DuplicateTable) relation "a" already exists\n[SQL: CREATE TABLE a (b)]'),
        ("AssertionError", "assert 'no such table: orders' == ''"),
        ("Failed", "DID NOT RAISE no such table: orders"),
        ("ValueError", "no such table: orders"),
        ("RuntimeError", "the Event loop is closed for today"),
        ("InterfaceError", "cannot perform operation: connection is closed"),
        ("InvalidRequestError", "Can't attach instance"),
        ("ResourceClosedError", "This result object does not return rows. It has been closed automatically."),
    ],
)
def test_words_that_are_near_and_mean_another_thing(exception: str, message: str) -> None:
    assert codes(exception, message) == []


class TestAMissingTable:
    MISSING = "(sqlite3.OperationalError) no such table: users"

    def created(self, story: Story, unit: ev.Unit, database: int = 1) -> Story:
        return story.say(ev.TablesCreated(database, ["users"], "orm", HERE, unit), after=0.1)

    def dropped(self, story: Story, unit: ev.Unit, database: int = 1, by: str = "orm") -> Story:
        return story.say(ev.TablesDropped(database, ["users"], by, HERE, unit), after=0.1)

    def missing(self, story: Story, nodeid: str = B) -> Finding:
        (finding,) = found(fails(story, nodeid, "OperationalError", self.MISSING))
        assert finding.code == "F4"
        return finding

    def test_made_at_import_and_dropped_by_a_test(self) -> None:
        story = self.created(suite(), ev.Unit("", "import")).test(A)
        assert self.missing(self.dropped(story, ev.Unit(A, "call"))).culprit == A

    def test_made_by_one_test_and_dropped_by_the_next_was_never_meant_to_stand(self) -> None:
        story = self.created(suite().test(A), ev.Unit(A, "call")).test(C)
        assert self.missing(self.dropped(story, ev.Unit(C, "call"))).culprit == ""

    def test_dropped_and_made_again_elsewhere_has_no_culprit(self) -> None:
        story = self.created(suite().test(A), ev.Unit(A, "call"))
        finding = self.missing(self.created(story, ev.Unit(A, "call"), database=2))
        assert finding.culprit == ""

    def test_a_test_that_drops_what_it_then_asks_for_is_charged_itself(self) -> None:
        story = self.created(suite(), ev.Unit("", "import")).begin(B)
        assert self.missing(self.dropped(story, ev.Unit(B, "call"))).culprit == B

    def test_gone_from_two_databases_of_which_none_was_used_has_no_culprit(self) -> None:
        story = suite().say(ev.DatabaseSeen(2, "sqlite:///other.db", "sqlite")).test(A)
        for database in (1, 2):
            self.created(story, ev.Unit("", "import"), database)
            self.dropped(story, ev.Unit(A, "call"), database)
        assert self.missing(story).culprit == ""

    def test_gone_from_two_databases_the_one_that_refused_the_statement_counts(self) -> None:
        story = suite().say(ev.DatabaseSeen(2, "sqlite:///other.db", "sqlite")).test(A).test(C)
        for database, nodeid in ((1, A), (2, C)):
            self.created(story, ev.Unit("", "import"), database)
            self.dropped(story, ev.Unit(nodeid, "call"), database)
        mark = ev.mark_of("no such table: users")
        story.begin(B).say(ev.StatementFailed(2, "OperationalError", mark, HERE, ev.Unit(B, "call")))
        assert self.missing(story).culprit == C

    def test_another_workers_drop_is_not_looked_at(self) -> None:
        story = self.created(suite(), ev.Unit("", "import"))
        story.say(ev.DatabaseSeen(1, "sqlite:///own.db", "sqlite"), "gw1")
        story.say(ev.TablesDropped(1, ["users"], "orm", HERE, ev.Unit(D, "call")), "gw1")
        assert self.missing(story).culprit == ""

    def test_a_creation_that_was_rolled_back_is_described_so(self) -> None:
        story = self.created(suite(), ev.Unit("", "import")).test(A)
        finding = self.missing(self.dropped(story, ev.Unit(A, "call"), by="rollback"))
        assert any("rolled back" in evidence.text for evidence in finding.evidence)

    def test_a_model_that_came_after_create_all(self) -> None:
        story = Story().collected([A, B]).models(["others"])
        story.say(ev.TablesCreated(1, ["others"], "orm", HERE, ev.Unit("", "import")), after=0.1)
        late = ev.Place("app.late", f"{ROOT}/app/late.py", 3, "<module>")
        story.begin(B).say(ev.TableRegistered(1, "users", late, [], ev.Unit(B, "call")), after=0.1)
        finding = self.missing(story)
        assert finding.culprit == ""
        assert "registered after create_all()" in finding.title
        assert late in [evidence.place for evidence in finding.evidence]


class TestASecondDefinition:
    MESSAGE = "Table 'users' is already defined for this MetaData instance.  Specify 'extend_existing=True' ..."

    def test_the_registration_of_that_time_is_evidence_although_the_metadata_was_cleared_since(self) -> None:
        story = suite().begin(A).phase(A, "setup")
        story.say(ev.TableRefused(1, "users", HERE, [], ev.Unit(A, "call")), after=0.1)
        story.phase(A, "call", "failed", exception="InvalidRequestError", message=self.MESSAGE).phase(A, "teardown")
        story.say(ev.MetadataCleared(1, ["users"], HERE, ev.Unit(B, "call")), after=0.1)
        later = ev.Place("app.later", f"{ROOT}/app/later.py", 1, "<module>")
        story.say(ev.TableRegistered(1, "users", later, [], ev.Unit(B, "call")), after=0.1)
        (finding,) = found(story)
        assert finding.evidence[0].place.file.endswith("src/models/users.py")

    def test_two_files_that_define_it_are_both_named(self) -> None:
        story = suite().begin(A).phase(A, "setup")
        other = ev.Place("app.other", f"{ROOT}/app/other.py", 4, "<module>")
        story.say(ev.TableRefused(1, "users", other, [HERE], ev.Unit(A, "call")), after=0.1)
        story.phase(A, "call", "failed", exception="InvalidRequestError", message=self.MESSAGE).phase(A, "teardown")
        (finding,) = found(story)
        assert "users.py" in finding.remedy
        assert "other.py" in finding.remedy

    def test_a_file_that_could_not_be_collected_is_a_victim_without_a_culprit(self) -> None:
        story = suite().say(
            ev.CollectionFailed(
                "test_b.py", "sqlalchemy.exc.InvalidRequestError", f"sqlalchemy.exc.InvalidRequestError: {self.MESSAGE}"
            )
        )
        (finding,) = found(story)
        assert (finding.tests, finding.culprit) == (("test_b.py",), "")

    def test_a_file_that_could_not_be_collected_for_another_reason_is_none(self) -> None:
        message = "ImportError: Table 'users' is already defined for this MetaData instance"
        assert found(suite().say(ev.CollectionFailed("test_b.py", "ImportError", message))) == []


class TestASessionNotRolledBack:
    ERROR = "(sqlite3.IntegrityError) UNIQUE constraint failed: users.name"
    MESSAGE = f"This Session's transaction has been rolled back ... Original exception was: {ERROR}\n[SQL: INSERT"

    def shared(self, *gave: str) -> tuple[Story, tuple[int, ...]]:
        story = suite()
        lives = []
        for number, what in enumerate(gave):
            life = story.set_up(story.fixture(f"wide{number}", "module", "test_a.py", number + 3), A)
            story.say(ev.FixtureGave(life, what))
            lives.append(life)
        uses = tuple(lives)
        return story.test(A, uses=uses), uses

    def pending(self, story: Story, uses: tuple[int, ...]) -> Finding:
        (finding,) = found(fails(story, B, "PendingRollbackError", self.MESSAGE, uses))
        return finding

    def test_the_one_wide_fixture_that_gave_a_session_is_charged(self) -> None:
        assert self.pending(*self.shared("engine", "session")).culprit == "fixture wide1"

    def test_of_two_that_gave_one_none_is_charged(self) -> None:
        assert self.pending(*self.shared("session", "session")).culprit == ""

    def test_a_fixture_that_was_set_up_for_this_test_is_not_charged(self) -> None:
        story = suite().begin(B)
        life = story.set_up(story.fixture("wide", "module", "test_a.py"), B)
        story.say(ev.FixtureGave(life, "session"))
        assert self.pending(story, (life,)).culprit == ""

    def test_the_first_test_that_failed_by_the_error_is_evidence_and_not_charged(self) -> None:
        story = fails(suite(), A, "IntegrityError", self.ERROR)
        mark = ev.mark_of("UNIQUE constraint failed: users.name")
        story.say(ev.StatementFailed(1, "IntegrityError", mark, HERE, ev.Unit(A, "call")))
        (finding,) = [
            each for each in found(fails(story, B, "PendingRollbackError", self.MESSAGE)) if each.code == "F15"
        ]
        assert finding.culprit == ""
        assert (finding.evidence[0].nodeid, finding.evidence[0].place) == (A, HERE)

    def test_a_test_that_used_its_own_broken_session_is_no_fault_of_the_wide_fixture(self) -> None:
        story, uses = self.shared("session")
        mark = ev.mark_of("UNIQUE constraint failed: users.name")
        story.begin(B).say(ev.StatementFailed(1, "IntegrityError", mark, HERE, ev.Unit(B, "call")))
        finding = self.pending(story, uses)
        assert finding.culprit == ""
        assert finding.title.endswith("test_b met an error")


class TestADetachedInstance:
    MESSAGE = "Parent instance <User at 0x7f4a> is not bound to a Session; lazy load operation of attribute 'letters'"

    def given(self, scope: str = "module") -> tuple[Story, int]:
        story = suite()
        story.begin(A)
        life = story.set_up(story.fixture("regular", scope, "test_a.py", 3), A)
        story.say(ev.FixtureGave(life, "instance", "app.models.User"))
        return story.test(A, uses=[life], begun=True), life

    def detached(self, story: Story, life: int, unit: ev.Unit, way: str = "session") -> Finding:
        story.say(ev.InstanceDetached(life, "app.models.User", way, HERE, unit), after=0.1)
        (finding,) = found(fails(story, B, "DetachedInstanceError", self.MESSAGE, (life,)))
        return finding

    def test_a_test_that_closed_the_session_is_charged(self) -> None:
        story, life = self.given()
        assert self.detached(story, life, ev.Unit(A, "call")).culprit == A

    def test_an_application_context_that_ended_charges_the_fixture(self) -> None:
        story, life = self.given()
        assert self.detached(story, life, ev.Unit(A, "call"), way="context").culprit == "fixture regular"

    def test_a_fixture_that_closed_its_session_charges_the_one_that_made_the_object(self) -> None:
        story, life = self.given()
        narrow = story.set_up(story.fixture("session", "function", "test_a.py", 9), A)
        assert self.detached(story, life, ev.Unit(A, "teardown", narrow, "teardown")).culprit == "fixture regular"

    def test_an_object_of_another_class_is_not_meant(self) -> None:
        story, life = self.given()
        message = self.MESSAGE.replace("User", "Letter")
        (finding,) = found(fails(story, B, "DetachedInstanceError", message, (life,)))
        assert finding.culprit == ""

    def test_a_loss_that_was_not_seen_has_no_culprit(self) -> None:
        story, life = self.given()
        (finding,) = found(fails(story, B, "DetachedInstanceError", self.MESSAGE, (life,)))
        assert finding.culprit == ""
