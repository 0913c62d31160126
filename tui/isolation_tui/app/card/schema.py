"""The card's schema differences and classes that are mapped twice."""

from __future__ import annotations

from textual.content import Content

from ...model import MappedTwice, Mapping, Run, Test, mapped_twice, schema_differences
from ...model.queries import charged
from ...text.measure import keep_start
from ...text.sanitize import clean
from ...text.wording import number, where
from ..content import sign
from ..glyphs import Glyphs
from ..theme import MUTED

MOST_CLASSES = 4
MOST_LINES = 3
"""Most lines of table names."""


def schema_lines(test: Test, glyphs: Glyphs, width: int) -> list[Content]:
    """Differences at the test's end, in the databases that it used: tables of no MetaData, and tables whose CREATE was
    not seen."""
    lines = []
    for found in schema_differences(test):
        if found.only_in_database:
            text = f"{found.database} has {_count(found.only_in_database)} that are in no MetaData"
            lines += _tables(found.only_in_database, text, "$text-warning", glyphs, width)
        if found.only_in_metadata:
            # They may exist since before the run.
            text = f"{found.database}: no CREATE seen of {_count(found.only_in_metadata)} in MetaData {found.metadata}"
            lines += _tables(found.only_in_metadata, text, "", glyphs, width)
    return lines


def _count(tables: tuple[str, ...]) -> str:
    return number(len(tables), "table")


def _tables(tables: tuple[str, ...], text: str, style: str, glyphs: Glyphs, width: int) -> list[Content]:
    head = keep_start(clean(text), width, glyphs.ellipsis)
    names = keep_start(clean(" ".join(tables)), MOST_LINES * width, glyphs.ellipsis)
    return [Content.styled(head, style), Content.styled(names, MUTED)]


def mapped_lines(run: Run, test: Test, glyphs: Glyphs, width: int) -> list[Content]:
    """Classes that were mapped again during the test, with both places and authors."""
    found = [each for each in mapped_twice(run) if _during(each.again, test)]
    lines = []
    for each in found[:MOST_CLASSES]:
        lines.append(Content.assemble((clean(each.name), "bold"), (f"  {_how(each)}", "$text-warning")))
        for word, mapping in (("first", each.first), ("again", each.again)):
            lines.append(_mapping(run, word, mapping, glyphs, width))
    if len(found) > MOST_CLASSES:
        lines.append(Content.styled(f"and {len(found) - MOST_CLASSES} more", MUTED))
    return lines


def _during(mapping: Mapping, test: Test) -> bool:
    return mapping.worker == test.worker and test.started <= mapping.at <= (test.ended or mapping.at)


def _how(found: MappedTwice) -> str:
    return f"{found.how}, {number(found.count, 'time')}" if found.count > 2 else found.how


def _mapping(run: Run, word: str, mapping: Mapping, glyphs: Glyphs, width: int) -> Content:
    place = mapping.place
    who = clean(f"{charged(run, mapping.worker, mapping.unit)}, as {place.module}")
    return sign(Content.styled(f"  {word:<7}", MUTED), where(place, run) if place.file else "?", who, width, glyphs)
