"""Expressions that read SQL take time in proportion to the text, whatever the text is."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator

import pytest

from pytest_isolation.probes.database import ddl
from pytest_isolation.probes.database.sql_reads import reading_of
from pytest_isolation.probes.database.sql_writes import shape_of

HEADS = (
    "", "SELECT ", "SELECT * FROM a WHERE ", "SELECT * FROM ", "WITH ", "WITH a AS (", "WITH x AS (SELECT 1) ", "(",
    "INSERT INTO ", "INSERT INTO t ", "INSERT INTO t VALUES (1) ", "INSERT OR ", "REPLACE INTO t ", "MERGE INTO ",
    "UPDATE ", "UPDATE t SET ", "UPDATE t SET a = 1 WHERE ", "DELETE FROM ", "DELETE FROM t WHERE a = ? AND ",
    "TRUNCATE ", "COPY ", "COPY t ", "CREATE TABLE ", "CREATE TABLE t (", "CREATE TABLE t AS ", "CREATE TEMP ",
    "CREATE VIEW v AS ", "CREATE UNIQUE INDEX ", "CREATE UNIQUE INDEX i ON t (", "DROP TABLE ", "ALTER TABLE ",
    "ALTER TABLE t RENAME TO ", "SAVEPOINT ", "ROLLBACK TO ", "RELEASE ", "/* ", "-- ",
)  # fmt: skip
UNITS = (
    " ", "\n", "a", "a ", "a,", "a, ", "a . ", "(", "()", "(a ", "(a,b) ", ",a ", "(a(b)", '"', '"a', '"a" ', '""',
    "`", "`a` ", "[", "[a] ", "'", "'a' ", "''", "/*", "/**/", "--", "--\n", ";", "; a", "=", "a = ", "? = ", "1=",
    "a = ? AND ", "%s = ", "%(a", "%(a)s = ", ":a", "::a", "$1=", "IN (", "a IN (", "WHERE ", "WHERE a = ", "FROM ",
    "FROM a, ", "FROM a AS b, ", "JOIN a ", "a AS ", "a AS (", "a (b) AS (", "AS (", "OR a ", "IGNORE ",
    "LOW_PRIORITY ", "INSERT INTO a ", "UPDATE a ", "DELETE FROM a ", "FOR ", "ONLY ", "RETURNING ", "ON ",
    "ON CONFLICT ", "ON CONFLICT DO ", "ON DUPLICATE ", "PRIMARY KEY (", "UNIQUE ", "REFERENCES ", "TEMP ",
    "UNLOGGED ", "IF NOT EXISTS ", "NOT MATERIALIZED ", "ORDER ", "SET a = 1, ", "é", "\x00",
)  # fmt: skip

SIZE = 8_000
"""Characters. Longer than what is remembered, so that each call reads the text."""
QUICK = 0.02
"""CPU seconds that are not worth a comparison: a quadratic expression takes 50 ms and more for such a text."""

READERS: dict[str, Callable[[str], object]] = {
    "shape": shape_of,
    "reading": reading_of,
    "ddl": lambda text: ddl.wants(None, text),
}


def texts(head: str) -> Iterator[tuple[str, str]]:
    """(what is repeated, name) for one beginning: each unit alone, and some mixtures."""
    chance = random.Random(head)
    for unit in UNITS:
        yield unit, repr(unit)
    for _ in range(4):
        unit = "".join(chance.sample(UNITS, 3))
        yield unit, repr(unit)


def seconds(read: Callable[[str], object], text: str) -> float:
    began = time.process_time()
    read(text)
    return time.process_time() - began


@pytest.mark.parametrize("head", HEADS, ids=repr)
def test_a_text_that_is_twice_as_long_takes_about_twice_as_long(head: str) -> None:
    slow = []
    for unit, name in texts(head):
        for label, read in READERS.items():
            half, whole = (head + unit * (size // len(unit)) for size in (SIZE // 2, SIZE))
            if seconds(read, whole) > QUICK:
                once = min(seconds(read, half) for _ in range(3))
                twice = min(seconds(read, whole) for _ in range(3))
                if twice > QUICK and twice > 3 * once:
                    slow.append(f"{label} of {head!r} + {name}...: {once:.3f} s, then {twice:.3f} s")
    assert slow == []


def test_an_upsert_is_distinguished_from_an_insert_that_ignores() -> None:
    upserts = (
        "ON CONFLICT (a) DO UPDATE SET b = 1",
        "ON CONFLICT DO UPDATE SET b = 1",
        "ON DUPLICATE KEY UPDATE b = 1",
    )
    shapes = [shape_of(f"INSERT INTO t (a) VALUES (1) {end}") for end in (*upserts, "ON CONFLICT DO NOTHING", "")]
    assert [shape and shape.vague for shape in shapes] == [True, True, True, False, False]
