"""What the plugin remembers does not grow with the databases, engines and MetaData of a suite."""

from __future__ import annotations

import json
import subprocess
import textwrap
from pathlib import Path

import pytest

import environments
from observing import clean_environment, observe, write
from pytest_isolation.events import RowsCounted

pytestmark = pytest.mark.slow

PLUGIN = Path(__file__).parents[2] / "plugin"

MANY_DATABASES = """
    import json, sys, types, weakref
    sys.path.insert(0, PLUGIN)
    import sqlalchemy as sa

    class Sink:
        offset, clock = 0.0, staticmethod(lambda: 0.0)
        def emit(self, *given): pass
        now = emit_always = yield_to_sender = encode_pending = flush_now = close = emit

    from pytest_isolation.hooks import observe
    from pytest_isolation.recorder import Recorder
    from pytest_isolation.settings import Settings

    @sa.event.listens_for(sa.engine.Engine, "connect")
    def no_waiting_for_the_disk(dbapi, record):
        dbapi.execute("PRAGMA synchronous = OFF")
        dbapi.execute("PRAGMA journal_mode = MEMORY")

    recorder = Recorder(Sink())
    plugin = observe(recorder, Settings("", "", "main", verify=True, off=("process",)))

    from pytest_isolation.probes.database import databases, ddl, reads, sql_writes
    reads.MOST_TABLES = databases.MOST_KEPT = ddl.MOST_KEPT = sql_writes.MEMO_LIMIT = 50

    def remembered():
        '''How many items all containers hold that the plugin's objects lead to.'''
        seen, waiting, count = set(), [plugin], 0
        while waiting:
            thing = waiting.pop()
            if id(thing) in seen:
                continue
            seen.add(id(thing))
            if isinstance(thing, (dict, weakref.WeakKeyDictionary)):
                count += len(thing)
                waiting += list(thing.values()) + list(thing.keys())
            elif isinstance(thing, (list, set, tuple, frozenset)):
                count += len(thing)
                waiting += list(thing)
            elif isinstance(thing, types.MethodType):
                waiting += [thing.__self__, thing.__func__]
            elif isinstance(thing, types.FunctionType) and thing.__module__.startswith("pytest_isolation"):
                waiting += [cell.cell_contents for cell in thing.__closure__ or ()]
            elif type(thing).__module__.startswith("pytest_isolation"):
                slots = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
                waiting += [getattr(thing, name, None) for name in slots]
                waiting.append(getattr(thing, "__dict__", None))
        return count

    def test(number):
        recorder.nodeid, recorder.phase = "test_%d" % number, "setup"
        recorder.test_boundary()
        recorder.phase = "call"
        engine = sa.create_engine("sqlite:///%d.db" % number)
        metadata = sa.MetaData()
        table = sa.Table(TABLE.format(number), metadata, sa.Column("id", sa.Integer, primary_key=True))
        with engine.begin() as connection:
            metadata.create_all(connection)
            connection.execute(table.insert().values(id=1))
            connection.execute(table.delete().where(table.c.id == 1))
        engine.dispose()
        recorder.flush_unit()
        recorder.phase = "teardown"
        recorder.test_boundary()

    counts = []
    for number in range(600):
        test(number)
        if number in (399, 599):
            counts.append(remembered())
    print(json.dumps(counts))
    """


@pytest.mark.parametrize("table", ["t", "t{}"], ids=["one_name", "a_name_for_each"])
def test_a_database_for_each_test(tmp_path: Path, table: str) -> None:
    script = f"PLUGIN, TABLE = {str(PLUGIN)!r}, {table!r}\n" + textwrap.dedent(MANY_DATABASES)
    python = environments.NEWEST.interpreter
    ended = subprocess.run(
        [python, "-c", script], capture_output=True, text=True, cwd=tmp_path, env=clean_environment(), check=False
    )
    assert ended.returncode == 0, ended.stderr
    early, late = json.loads(ended.stdout)
    assert late < early + 100


def test_verify_counts_all_tables_of_many_databases(tmp_path: Path) -> None:
    suite = """
        import pytest
        import sqlalchemy as sa

        metadata = sa.MetaData()
        for number in range(30):
            sa.Table("t%d" % number, metadata, sa.Column("id", sa.Integer, primary_key=True))

        @pytest.mark.parametrize("number", range(80))
        def test_it(number, tmp_path):
            engine = sa.create_engine("sqlite://")
            with engine.begin() as connection:
                metadata.create_all(connection)
                for table in metadata.tables.values():
                    connection.execute(table.insert().values(id=1))
            globals()["kept%d" % number] = engine
        """
    seen = observe(write(tmp_path / "suite", {"test_it.py": suite}), verify=True)
    assert seen.status == 0, seen.output
    counted = seen.of(RowsCounted)
    assert [fact.why_not for fact in counted] == [""] * 80
    assert all(rows == 1 for fact in counted for _, rows in fact.rows)
