"""Suites that are hard to watch: objects that cannot be asked anything, names that need quotes, tests that take their
own process apart. Each is a module of one suite, which is run by itself and observed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

import environments
from isolation_tui.model import Outcome, TableEventKind
from observing import PATIENCE, Ended, Seen, as_last_line, bare, comparable, observe, write
from pytest_isolation import events as ev

pytestmark = pytest.mark.slow

NAMES = [
    'quo"ted', "dot.ted", "spa ced", "semi;colon", "per%cent", "new\nline", "tÄbellé 表 🗃", "select", "it's",
    "back`tick", "[square]", "-- comment", "x" * 200, "{curly}", ":colon",
]  # fmt: skip

SUITE = {
    "names.py": f"NAMES = {NAMES!r}\n",
    "tables.py": """
        from sqlalchemy import Column, Integer, MetaData, Table, create_engine

        metadata = MetaData()
        notes = Table("notes", metadata, Column("id", Integer, primary_key=True))

        def made(url="sqlite://", metadata=metadata):
            engine = create_engine(url)
            metadata.create_all(engine)
            return engine

        def note(engine):
            with engine.begin() as connection: connection.execute(notes.insert())
        """,
    "test_objects.py": '''
        import pytest
        from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, insert, types
        from sqlalchemy.orm import Session, declarative_base

        def refuses(*_, **__): raise RuntimeError("not to be asked")

        class Hostile:
            """Answers nothing."""
            __slots__ = ()  # no weak reference either
            __eq__ = __ne__ = __lt__ = __hash__ = __repr__ = __str__ = __bool__ = __len__ = __iter__ = refuses
            __getattr__ = __format__ = __dir__ = __reduce_ex__ = __copy__ = __deepcopy__ = __call__ = refuses

        class Liar:
            """Says that it is something else."""
            __class__ = property(refuses)
            def __getattribute__(self, name): raise RuntimeError("not to be asked")

        class HostileError(Exception):
            __str__ = __repr__ = __eq__ = __hash__ = refuses
            __getattr__ = refuses

        class Number(types.TypeDecorator):
            """Its values are hostile objects; the database gets a number."""
            impl, cache_ok = Integer, True
            def process_bind_param(self, value, dialect): return 7
            def process_result_value(self, value, dialect): return Hostile()

        HOSTILE = Hostile()
        GLOBALS = {"hostile": Hostile(), "liar": Liar()}

        CYCLE = []; CYCLE.append(CYCLE)
        HUGE = list(range(300_000))
        Base = declarative_base()

        class Odd(Base):
            __tablename__ = "odd"
            id = Column(Number, primary_key=True, autoincrement=False)
            name = Column(String(50))

        @pytest.fixture(params=[Hostile(), Hostile()], ids=["a", "b"])
        def thing(request): return request.param

        @pytest.fixture
        def liar(): return Liar()

        @pytest.fixture
        def engine():
            engine = create_engine("sqlite://")
            Base.metadata.create_all(engine)
            return engine

        def test_fixture_values(thing, liar): GLOBALS["thing"] = thing

        @pytest.mark.parametrize("thing", [Hostile(), HostileError()], ids=["a", "b"])
        def test_parameters(thing): pass

        def test_caught():
            with pytest.raises(HostileError): raise HostileError

        def test_not_caught(): raise HostileError

        def test_as_a_primary_key(engine):
            with engine.begin() as connection: connection.execute(insert(Odd).values(id=Hostile()))

        def test_as_primary_keys(engine):
            with engine.begin() as connection:
                connection.execute(insert(Odd), [dict(id=Hostile(), name="a")])

        def test_in_globals():
            globals()["HOSTILE"], globals()["LIAR"] = Hostile(), Liar()
            CYCLE.append(Hostile())
            HUGE.append(Liar())

        def test_cause_of_itself():
            one, other = ValueError("one"), ValueError("other")
            one.__cause__, other.__cause__ = other, one
            with pytest.raises(ValueError): raise one
        ''',
    "test_names.py": """
        import pytest
        from names import NAMES
        from sqlalchemy import Column, Integer, MetaData, Table, create_engine, event
        from tables import made

        @pytest.mark.parametrize("n", range(len(NAMES)))
        def test_named(n):
            metadata = MetaData()
            table = Table(NAMES[n], metadata, Column("id", Integer, primary_key=True))
            engine = made(metadata=metadata)
            with engine.begin() as connection:
                connection.execute(table.insert())
                connection.execute(table.update().values(id=5))
            metadata.drop_all(engine)

        def test_schema(tmp_path):
            engine = create_engine("sqlite://")
            @event.listens_for(engine, "connect")
            def attach(dbapi, _): dbapi.execute("ATTACH ':memory:' AS \\"oth.er\\"")
            metadata = MetaData()
            table = Table("in side", metadata, Column("id", Integer, primary_key=True), schema="oth.er")
            metadata.create_all(engine)
            with engine.begin() as connection: connection.execute(table.insert())
        """,
    "test_process.py": """
        import gc, multiprocessing, os, sys, threading, warnings
        from unittest import mock
        import freezegun
        import pytest
        import time_machine
        from tables import made, metadata, note

        @pytest.fixture
        def engine(): return made()

        @freezegun.freeze_time("2001-01-01")
        def test_frozen(engine): note(engine)

        @time_machine.travel(0, tick=False)
        def test_travelled(engine): note(engine)

        def test_forks_and_writes_there(tmp_path):
            url = "sqlite:///%s" % (tmp_path / "it.db")
            engine = made(url)
            engine.dispose()
            child = os.fork()
            if child == 0:
                try:
                    note(engine)
                finally:
                    os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
            note(engine)

        def _work(url): note(made(url))

        def test_spawns(tmp_path):
            url = "sqlite:///%s" % (tmp_path / "it.db")
            process = multiprocessing.get_context("fork").Process(target=_work, args=(url,))
            process.start()
            process.join()
            assert process.exitcode == 0

        def test_other_modules(engine):
            with mock.patch.dict(sys.modules, {"sqlalchemy": mock.MagicMock(), "socket": None, "json": None}):
                note(engine)

        def test_all_modules_forgotten(engine):
            kept = dict(sys.modules)
            sys.modules.clear()
            try:
                note(engine)
            finally:
                sys.modules.update(kept)

        def test_switches_all_the_time(engine):
            before = sys.getswitchinterval()
            sys.setswitchinterval(1e-6)
            try:
                threads = [threading.Thread(target=lambda: note(made())) for _ in range(8)]
                for thread in threads: thread.start()
                for thread in threads: thread.join()
            finally:
                sys.setswitchinterval(before)

        def test_without_collector(engine):
            gc.disable()
            try:
                note(engine)
            finally:
                gc.enable()

        def test_traced(engine):
            seen = []
            before = sys.gettrace()
            sys.settrace(lambda *_: seen.append(1))
            try:
                note(engine)
            finally:
                sys.settrace(before)

        def test_warnings_raise(engine, monkeypatch):
            def refuses(*_, **__): raise RuntimeError("no warnings here")
            monkeypatch.setattr(warnings, "showwarning", refuses)
            monkeypatch.setattr(warnings, "warn", refuses)
            note(engine)

        def test_environment_is_gone(engine):
            kept = dict(os.environ)
            os.environ.clear()
            try:
                note(engine)
            finally:
                os.environ.update(kept)

        def test_environment_is_no_dictionary(engine):
            with mock.patch.object(os, "environ", None): note(engine)

        def test_path_is_something_else(engine):
            with mock.patch.object(sys, "path", (1, None)): note(engine)

        def test_fails(engine):
            note(engine)
            assert 0
        """,
    "test_recursion.py": """
        import pytest
        from tables import made, note

        def deeper(engine, depth=0):
            if depth % 25 == 0: note(engine)
            deeper(engine, depth + 1)

        @pytest.mark.parametrize("more", range(30))
        def test_to_the_limit(more):
            def start(frames):
                if frames: start(frames - 1)
                else: deeper(made())
            with pytest.raises(RecursionError): start(more)

        def test_after(): note(made())
        """,
}


@dataclass
class Both:
    alone: Ended
    said: str
    seen: Seen
    said_to_us: str


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    folder, python = tmp_path_factory.mktemp("hostile"), environments.NEWEST.interpreter
    one, other = write(folder / "bare" / "suite", SUITE), write(folder / "seen" / "suite", SUITE)
    with ThreadPoolExecutor(1) as beside:
        running = beside.submit(bare, one, "-q", python=python)
        seen = observe(other, "-q", python=python)
        alone = running.result()
    return Both(alone, comparable(alone.output, one), seen, comparable(seen.output, other))


def test_the_run_is_the_bare_one(both: Both) -> None:
    assert both.said_to_us == both.said
    assert as_last_line(both.seen.run.counts) == both.alone.last_line
    failed = {test.name for test in both.seen.run.tests.values() if test.outcome is not Outcome.PASSED}
    assert failed == {"test_not_caught", "test_as_a_primary_key", "test_fails"}


def test_nothing_of_ours_gives_up_but_where_a_test_leaves_it_no_room(both: Both) -> None:
    disabled = [stamped for stamped in both.seen.facts if isinstance(stamped.fact, ev.ProbeDisabled)]
    began = {test.nodeid: test.started for test in both.seen.run.order}
    assert all(stamped.at > began["test_recursion.py::test_to_the_limit[0]"] for stamped in disabled)
    assert {stamped.fact.why.partition(":")[0] for stamped in disabled} <= {"RecursionError"}
    assert len({stamped.fact.probe for stamped in disabled}) == len(disabled)
    assert both.seen.run.dropped == 0
    assert not both.seen.run.crashed


def test_the_clock_is_not_the_tests_own(both: Both) -> None:
    began = [stamped.at for stamped in both.seen.facts if isinstance(stamped.fact, ev.TestStarted)]
    assert began == sorted(began)
    assert began[-1] - began[0] < PATIENCE


@pytest.mark.parametrize("number", range(len(NAMES)))
def test_odd_names_are_sent_as_they_are(both: Both, number: int) -> None:
    test, name = both.seen.run.tests[f"test_names.py::test_named[{number}]"], NAMES[number]
    events = [(event.kind, event.table) for event in test.table_events]
    kinds = (TableEventKind.REGISTERED, TableEventKind.CREATED, TableEventKind.DROPPED)
    assert events == [(kind, name) for kind in kinds]
    assert [(row.table, row.inserted, row.updated, row.inexact) for row in test.rows_written] == [(name, 1, 1, False)]


def test_a_schema_with_a_dot_is_reported(both: Both) -> None:
    test = both.seen.test("::test_schema")
    assert [(row.table, row.inserted) for row in test.rows_written] == [("oth.er.in side", 1)]


def test_rows_are_reported_for_tests_that_take_their_process_apart(both: Both) -> None:
    told = {
        test.name: sum(row.inserted for row in test.rows_written)
        for test in both.seen.run.tests.values() if test.file == "test_process.py"
    }  # fmt: skip
    forked = {"test_spawns": 0}  # what a child writes is not ours to see
    threads = {"test_switches_all_the_time": 8}
    assert told == {**dict.fromkeys(told, 1), **forked, **threads}
