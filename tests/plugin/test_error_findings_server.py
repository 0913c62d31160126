"""A suite on a PostgreSQL server, asked in turn and by several event loops: the server's own words are understood."""

from __future__ import annotations

from pathlib import Path

import pytest

from isolation_tui.diagnose import diagnose
from observing import observe, write
from postgres import Server

pytestmark = pytest.mark.slow

SERVER = {
    "conftest.py": """
        import os
        import pytest
        from sqlalchemy import Column, Index, Integer, MetaData, Table, create_engine

        metadata = MetaData()
        goods = Table("goods", metadata, Column("id", Integer, primary_key=True), Column("price", Integer, index=True))

        @pytest.fixture(scope="session")
        def engine():
            engine = create_engine(os.environ["SHOP"])
            metadata.create_all(engine)
            yield engine
            engine.dispose()
        """,
    "test_a_aborted.py": """
        import pytest
        from sqlalchemy import insert, select
        from conftest import goods

        @pytest.fixture(scope="module")
        def connection(engine):
            with engine.connect() as connection:
                yield connection

        def test_the_first(connection): connection.execute(insert(goods), {"id": 1})
        def test_the_same_again(connection): connection.execute(insert(goods), {"id": 1})
        def test_after_it(connection): connection.execute(select(goods))
        def test_long_after_it(connection): connection.execute(select(goods))
        """,
    "test_b_tables.py": """
        import pytest
        from sqlalchemy import Column, Integer, MetaData, Table, select
        from sqlalchemy.exc import ProgrammingError
        from conftest import goods, metadata

        def test_wipes(engine): metadata.drop_all(engine)
        def test_needs_goods(engine):
            with engine.connect() as connection:
                connection.execute(select(goods))

        def test_expects_none(engine):
            with engine.connect() as connection, pytest.raises(ProgrammingError, match="does not exist"):
                connection.execute(select(goods))

        def test_declares_twice(engine):
            own = MetaData()
            for _ in range(2):
                Table("days", own, Column("id", Integer, index=True), extend_existing=True)
            own.create_all(engine)
        """,
    "test_c_loops.py": """
        import asyncio
        import os
        import pytest
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import create_async_engine

        @pytest.fixture(scope="module")
        def driver():
            return create_async_engine(os.environ["SHOP"].replace("+psycopg", "+asyncpg"))

        def ask(engine):
            async def one():
                async with engine.connect() as connection:
                    await connection.execute(text("SELECT 1"))
            asyncio.run(one())

        def test_in_one_loop(driver): ask(driver)
        def test_in_the_next(driver): ask(driver)
        def test_in_the_third(driver): ask(driver)
        """,
}


def test_a_servers_own_words_are_understood(tmp_path: Path, postgres: Server) -> None:
    root = write(tmp_path / "suite", SERVER)
    seen = observe(root, "-q", "-p", "no:asyncio", env={"SHOP": postgres.url("shop")})
    found = {finding.tests: (finding.code, finding.culprit) for finding in diagnose(seen.run) if not finding.harmless}
    aborted, tables, loops = "test_a_aborted.py::", "test_b_tables.py::", "test_c_loops.py::"
    assert found.pop((aborted + "test_the_same_again",), ("F7", ""))[0] == "F7"
    assert found == {
        (aborted + "test_after_it", aborted + "test_long_after_it"): ("F15", "fixture connection"),
        (tables + "test_needs_goods",): ("F4", tables + "test_wipes"),
        (tables + "test_declares_twice",): ("F3", tables + "test_declares_twice"),
        (loops + "test_in_the_next", loops + "test_in_the_third"): ("F14", "fixture driver"),
    }, seen.output
    (pending,) = (finding for finding in diagnose(seen.run) if finding.code == "F15")
    assert pending.evidence[1].nodeid == aborted + "test_the_same_again"
