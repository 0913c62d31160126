"""Runs suites under pytest's own ``--isolation``, and reads the outcome as CI would: from the JUnit report."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from observing import bare

SHOP = """
    from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, func, insert, select
    from sqlalchemy.pool import StaticPool

    metadata = MetaData()
    users, orders, notes, spare = (
        Table(name, metadata, Column("id", Integer, primary_key=True), Column("name", String(20)))
        for name in ("users", "orders", "notes", "spare")
    )

    def new_engine():
        return create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})

    engine = new_engine()
    metadata.create_all(engine)

    def add(table, on=engine):
        with on.begin() as connection:
            connection.execute(insert(table).values(name="x"))

    def count(table, on=engine):
        with on.connect() as connection:
            return connection.execute(select(func.count()).select_from(table)).scalar()

    def empty(table):
        with engine.begin() as connection:
            connection.execute(table.delete())
    """
"""An application with one database, whose tables its import makes."""


@dataclass
class Guarded:
    """A pytest that has ended. ``errors`` are those of the guard: test -> text; ``failed`` all other bad tests."""

    status: int
    output: str
    errors: dict[str, str]
    failed: list[str]

    @property
    def section(self) -> list[str]:
        """The lines below the guard's heading."""
        found = re.search(r"^=+ (isolation.*?) =+$\n(.*?)^=|^=+ isolation.*?=+$\n(.*)", self.output, re.M | re.S)
        return (found[2] or found[3] or "").splitlines() if found else []

    @property
    def firsts(self) -> dict[str, str]:
        """Test -> first line of its error."""
        return {test: text.splitlines()[0] for test, text in self.errors.items()}


def guarded(root: Path, *args: str, **options: object) -> Guarded:
    """Run the suite at ``root`` with these options of pytest."""
    report = root.parent / f"{root.name}.xml"
    report.unlink(missing_ok=True)
    plain = ("-p", "no:cacheprovider", "-W", "ignore", f"--junit-xml={report}")
    ended = bare(root, *plain, *args, **options)  # type: ignore[arg-type]
    errors, failed = {}, []
    for case in ElementTree.parse(report).getroot().iter("testcase") if report.exists() else ():
        name = case.get("name", "")
        for bad in (*case.findall("error"), *case.findall("failure")):
            text = bad.text or ""
            if " left behind: " in text:
                assert name not in errors, f"two errors of {name}"
                errors[name] = text
            else:
                failed.append(name)
    return Guarded(ended.status, ended.output, errors, failed)
