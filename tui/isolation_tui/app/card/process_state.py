"""The card's process state: what a test found changed, what it changed, and what it left open."""

from __future__ import annotations

from textual.content import Content

from ...model import HeldResource, Run, StateResidue, Test
from ...model.queries import charged
from ...text.measure import keep_end
from ...text.sanitize import clean
from ...text.wording import test_name, where
from ..glyphs import Glyphs
from ..theme import MUTED

MOST_LINES = 6
"""Most lines of what was found, and of what was changed; the JSON report has all."""


def state_lines(run: Run, test: Test, glyphs: Glyphs, width: int) -> list[Content]:
    """What differed when the test started, first what its code mentions; then what it changed."""
    reach = {each.location: each.place for each in test.state_in_reach}
    found = sorted(test.state_found.values(), key=lambda entry: entry.location not in reach)
    lines = []
    for entry in found[:MOST_LINES]:
        near = entry.location in reach
        mark = (f"{glyphs.dirty} found   ", "bold $text-warning") if near else ("  found   ", MUTED)
        parts = Content.assemble(mark, _changed(entry), (" (!)" if near else "", "bold $text-warning"))
        by = test_name(entry.test.nodeid) if entry.test is not None else "import"
        lines.append(_signed(parts, f"by {by}{' or another' if entry.among else ''}", width, glyphs))
        if near and reach[entry.location].file:
            place = keep_end(where(reach[entry.location], run), max(width - 34, 12), glyphs.ellipsis)
            lines.append(Content.styled(f"          mentioned by its code at {place}", MUTED))
    if len(found) > MOST_LINES:
        lines.append(Content.styled(f"  and {len(found) - MOST_LINES} more found", MUTED))
    for entry in test.state_changed[:MOST_LINES]:
        restored = entry.change == "restored"
        mark = ("  restored", MUTED) if restored else (f"{glyphs.dirty} left    ", "$text-warning")
        who = charged(run, test.worker, entry.unit) + (" (or another test)" if entry.among else "")
        lines.append(
            _signed(Content.assemble(mark, " " if restored else "", _changed(entry)), clean(who), width, glyphs)
        )
    if len(test.state_changed) > MOST_LINES:
        lines.append(Content.styled(f"  and {len(test.state_changed) - MOST_LINES} more changed", MUTED))
    return lines


def held_lines(run: Run, test: Test, glyphs: Glyphs, width: int) -> list[Content]:
    """Connections and sessions that were still open when the test had ended, and threads that it left running."""
    lines = [line for held in test.held_open for line in _held(run, test, held, glyphs, width)]
    for thread in run.threads_left:
        if thread.unit.nodeid == test.nodeid:
            kind = "daemon thread" if thread.daemon else "thread"
            who = f"{charged(run, test.worker, thread.unit)}  {where(thread.place, run)}"
            lines.append(_signed(Content(f"  {kind} {clean(thread.name)}, left running"), clean(who), width, glyphs))
    return lines


def _held(run: Run, test: Test, held: HeldResource, glyphs: Glyphs, width: int) -> list[Content]:
    open_now = held.closed_by is None and not held.intended
    mark = (f"{glyphs.dirty} ", "bold $text-warning") if open_now else ("  ", "")
    text = f"{clean(held.what)}{' in a transaction' if held.in_transaction else ''}"
    if held.closed_by is not None:
        text += ", closed later"
    elif held.intended:
        text += ", open as long as the fixture"
    place = where(held.place, run) if held.place.file else ""
    line = Content.assemble(mark, text, (f"  {clean(charged(run, test.worker, held.unit))}", MUTED))
    if not place:
        return [line]
    if line.cell_length + 2 + len(place) <= width:
        return [Content.assemble(line, (f"  {place}", MUTED))]
    return [line, Content.assemble(("  opened at ", MUTED), keep_end(place, max(width - 12, 12), glyphs.ellipsis))]


def _changed(entry: StateResidue) -> str:
    detail = f" ({clean(entry.detail)})" if entry.detail else ""
    change = "" if entry.change in ("changed", "restored") else f" {clean(entry.change)}"
    return f"{clean(entry.location)}{change}{detail}"


def _signed(line: Content, who: str, width: int, glyphs: Glyphs) -> Content:
    room = max(width - line.cell_length - 2, 16)
    return Content.assemble(line, (f"  {keep_end(who, room, glyphs.ellipsis)}", MUTED))
