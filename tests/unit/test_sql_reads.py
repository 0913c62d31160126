"""What a statement reads, from its text."""

from __future__ import annotations

import time

import pytest

from pytest_isolation.probes.database.sql_reads import reading_of


@pytest.mark.parametrize(
    ("statement", "tables"),
    [
        ("SELECT users.id FROM users", "users"),
        ("select * from a join b on a.id = b.a_id left outer join c on 1", "a b c"),
        ("SELECT a.x FROM a, b AS z, c WHERE a.id = b.id", "a b c"),
        ("SELECT count(*) FROM (SELECT a.id FROM a JOIN b ON a.id = b.a_id) AS anon_1", "a b"),
        ('SELECT 1 FROM "we ird" JOIN shop.orders ON 1', "we ird|shop.orders"),
        ("SELECT 'from x' FROM a -- from y\n/* from z */", "a"),
        ("WITH q AS (SELECT 1 FROM t) SELECT * FROM q JOIN u ON 1", "t u"),
        ("SELECT name FROM sqlite_master", ""),
        ("SELECT relname FROM pg_catalog.pg_class", ""),
        ("PRAGMA table_info(users)", ""),
        ("SAVEPOINT sa_savepoint_1", ""),
        ("INSERT INTO a (x) VALUES ('from users')", ""),
        ("INSERT INTO a (x) SELECT b.x FROM b", "b"),
        ("INSERT INTO a (x) VALUES (?) ON CONFLICT (x) DO NOTHING", "a"),
        ("INSERT OR IGNORE INTO a VALUES (1)", "a"),
        ("UPDATE a SET n = ?", ""),
        ("UPDATE a SET n = ? WHERE a.id = ?", ""),
        ("UPDATE a SET n = ? WHERE a.n > 3", "a"),
        ("UPDATE a SET n = 1 FROM b WHERE a.id = b.id", "a b"),
        ("DELETE FROM a WHERE a.n IS NULL", "a"),
        ("DELETE FROM a WHERE a.id = ?", ""),
    ],
)
def test_the_tables(statement: str, tables: str) -> None:
    expected = tables.split("|") if "|" in tables else tables.split()
    assert sorted(reading_of(statement).tables) == sorted(expected)


@pytest.mark.parametrize(
    ("statement", "empties"),
    [
        ("DELETE FROM a", ("a",)),
        ("TRUNCATE TABLE a, b RESTART IDENTITY CASCADE", ("a", "b")),
        ("DROP TABLE IF EXISTS a", ("a",)),
        ("DELETE FROM a WHERE x", ()),
        ("DELETE FROM a RETURNING id", ("a",)),
    ],
)
def test_what_is_empty_afterwards(statement: str, empties: tuple[str, ...]) -> None:
    assert reading_of(statement).empties == empties


@pytest.mark.parametrize(
    ("where", "equals", "one"),
    [
        ("a.id = ?", {"id"}, True),
        ("a.id = %(pk_1)s::INTEGER", {"id"}, True),
        ("a.id = $1::INTEGER", {"id"}, True),
        ("? = a.b_id", {"b_id"}, False),
        ("a.email = ? AND a.size > ?", {"email"}, False),
        ("a.id IN (?, ?)", {"id"}, False),
        ("lower(a.email) = ?", {"email"}, False),
        ("a.size <= ? AND a.name != ?", set(), False),
        ("a.name LIKE ?", set(), False),
        ("a.id = b.a_id", set(), False),
        ("a.id = ? LIMIT ? OFFSET ?", {"id"}, True),
    ],
)
def test_what_is_compared_with_a_value(where: str, equals: set[str], one: bool) -> None:
    reading = reading_of(f"SELECT a.id FROM a WHERE {where}")
    assert (set(reading.equals), reading.one) == (equals, one)


def test_keys_of_a_table_from_its_creation() -> None:
    reading = reading_of(
        "CREATE TABLE users (\n\tid INTEGER NOT NULL, \n\temail VARCHAR(120) NOT NULL, \n\trole_id INTEGER, \n\t"
        "PRIMARY KEY (id), \n\tUNIQUE (email), \n\tFOREIGN KEY(role_id) REFERENCES roles (id)\n)"
    )
    assert (reading.defines, reading.primary, set(reading.keys)) == ("users", "id", {"id", "email", "role_id"})
    reading = reading_of("create table t (code varchar(3) primary key, size int, name text unique)")
    assert (reading.defines, reading.primary, set(reading.keys)) == ("t", "code", {"code", "name"})
    assert reading_of("CREATE UNIQUE INDEX ix ON users (email)").keys == ("email",)


def test_a_view_and_the_tables_that_it_reads() -> None:
    reading = reading_of("CREATE VIEW locals AS SELECT * FROM users JOIN roles ON 1")
    assert (reading.verb, reading.defines, reading.tables) == ("view", "locals", ("users", "roles"))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT " + ", ".join(f"t.column_{number} AS t_column_{number}" for number in range(2_000)) + " FROM t",
        "SELECT * FROM t WHERE t.id IN (" + ", ".join("?" * 5_000) + ")",
        "INSERT INTO t (a) VALUES " + ", ".join(["(?)"] * 5_000),
        "SELECT " + "(" * 3_000,
        "SELECT a FROM " + "a" * 20_000,
        "CREATE TABLE t (" + ", ".join(f"c{number} VARCHAR({number})" for number in range(2_000)) + ")",
        "  " * 20_000 + "SELECT 1",
        "SELECT '" + "x" * 20_000,
        "SELECT a FROM t WHERE " + "a" * 20_000,
        "WITH a AS (SELECT 1) SELECT " + "a" * 20_000,
        "SELECT a FROM t WHERE " + "a." * 10_000,
        "SELECT a FROM t WHERE " + '"' * 20_001,
        "SELECT a FROM t " + "JOIN " * 5_000,
        "CREATE TABLE t (" + "a " * 20_000,
    ],
    ids=lambda statement: statement.strip()[:20],
)
def test_a_long_statement_is_read_quickly(statement: str) -> None:
    began = time.process_time()
    reading_of(statement)
    assert time.process_time() - began < 0.5
