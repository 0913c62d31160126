"""Texts of the matrix: a layer's summary, a row's total, and what happened in a cell."""

from __future__ import annotations

from collections import Counter

from textual.content import Content

from pytest_isolation.events import Place

from ...model import Run, TableEvent, Test
from ...model.matrix import Layer, Matrix, Totals
from ...model.queries import charged
from ...text.measure import keep_end
from ...text.sanitize import clean
from ...text.wording import number, test_name, where
from ..glyphs import OUTCOME_STYLES, TABLE_STYLES, Glyphs
from ..theme import MUTED


def section_words(matrix: Matrix, layer: Layer) -> str:
    """``18 tables, 17 of them registered once, used by 36 tests; refused 22x``."""
    totals = [matrix.totals(layer, table) for table in matrix.tables[layer]]
    if not totals:
        return ""
    verdicts = Counter(_verdict(total) for total in totals)
    verdict, common = verdicts.most_common(1)[0]
    count = number(len(totals), "table")
    alone = len(totals) == 1 or (common == len(totals) and totals[0].fresh)
    share = "" if alone else "each " if common == len(totals) else f"{common} of them "
    text = f"{count}, {share}{verdict}"
    refused = sum(total.refused for total in totals)
    if refused:
        text += f"; second definitions refused {refused}x"
    holders = list(matrix.holders[layer])
    if holders:
        plural = "MetaData" if layer is Layer.METADATA else "databases"
        text += f"  ({clean(holders[0]) if len(holders) == 1 else f'in {len(holders)} {plural}'})"
    return text


def _verdict(total: Totals) -> str:
    """A row's total without the counts that differ from row to row, to summarise many rows."""
    verb = "registered" if total.layer is Layer.METADATA else "created"
    if total.fresh:
        return f"{verb} new for each of {number(total.held, 'test')}"
    if total.times == 1 or 1 < total.workers == total.times:
        return f"{verb} once, shared by {number(total.held, 'test')}"
    if total.times == 0:
        return f"found by {number(total.held, 'test')}" if total.held else f"never {verb}"
    return f"{verb} several times, shared in between"


def short_words(total: Totals, glyphs: Glyphs) -> str:
    """``once for 36, ✗22``: the row's total for a narrow terminal."""
    if total.fresh:
        text = f"new for each of {total.held}"
    elif total.times:
        text = f"{'once' if total.times == 1 else f'{total.times}x'} for {total.held}"
    else:
        text = f"found by {total.held}"
    return f"{text}, {glyphs.refused}{total.refused}" if total.refused else text


def cell_story(matrix: Matrix, layer: Layer, table: str, test: Test, glyphs: Glyphs, width: int = 160) -> list[Content]:
    """What happened in one cell: a line that names the cell, then one line per event."""
    room = max(width // 3, 24)
    run = matrix.run
    outcome = Content.styled(f"{glyphs.outcome(test.outcome)} {test.outcome.value}", OUTCOME_STYLES[test.outcome])
    story = [
        Content.assemble(
            (clean(table), "bold"),
            ("  in  ", MUTED),
            (test_name(test.nodeid), "bold"),
            "  ",
            outcome,
            (f"  {where(Place('', test.file, test.line), run)}", MUTED),
        )
    ]
    happened = matrix.events(layer, table, test)
    story.extend(event_line(run, event, glyphs, room) for event in happened)
    if not happened:
        origin = matrix.origin(layer, table, test)
        here = table in _standing(layer, test)
        if here and origin is not None:
            story.append(
                Content.assemble((f"{glyphs.kept} kept  from  ", MUTED), event_line(run, origin, glyphs, room))
            )
        elif here:
            story.append(Content.styled(f"{glyphs.kept} kept; it existed before the run was observed", MUTED))
        else:
            story.append(Content.styled("did not exist during this test", MUTED))
    else:
        origin = matrix.origin(layer, table, test)
        if origin is not None and any(event.kind.value == "refused" for event in happened):
            story.append(Content.assemble(("  first  ", MUTED), event_line(run, origin, glyphs, room)))
    totals = matrix.totals(layer, table)
    words = totals.words()
    if totals.taken and layer is Layer.DATABASE:
        words += f", dropped in {number(totals.taken, 'test')}"
    story.append(Content.assemble(("whole run  ", MUTED), (words, "$text-error" if totals.refused else "")))
    return story


def event_line(run: Run, event: TableEvent, glyphs: Glyphs, room: int = 60) -> Content:
    """``✗ refused  by fixture sample_category  src/models/product.py:12  from src/database.py:41  +1.2 s``.

    Each path keeps its last ``room`` cells.
    """
    parts = [
        Content.styled(f"{glyphs.table(event.kind)} {event.kind.value}", TABLE_STYLES[event.kind]),
        Content.styled(f"by {clean(charged(run, event.worker, event.unit))}", "" if event.unit.nodeid else MUTED),
    ]
    place = where(event.place, run)
    if place:
        parts.append(Content.styled(keep_end(place, room, glyphs.ellipsis), "$text-accent"))
    caller = next((via for via in event.via if via.file != event.place.file), None)
    if caller is not None:
        function = f"{clean(caller.function)} " if caller.function and not caller.function.startswith("<") else ""
        parts.append(
            Content.assemble(
                (f"from {function}", MUTED),
                (keep_end(where(caller, run), room, glyphs.ellipsis), "$text-accent"),
            )
        )
    if event.holder:
        parts.append(Content.styled(clean(event.holder), MUTED))
    parts.append(Content.styled(f"+{max(event.at - run.started_at, 0.0):.3f} s", MUTED))
    return Content("  ").join(parts)


def _standing(layer: Layer, test: Test) -> frozenset[str]:
    sets = test.metadata_at_start if layer is Layer.METADATA else test.database_at_start
    return frozenset().union(*sets.values())
