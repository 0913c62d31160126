"""Glyphs and styles of outcomes and table events, in Unicode and in ASCII.

Colour never carries a status alone: every style goes with a glyph of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..model import Outcome, TableEventKind
from .theme import FAINT, MUTED


@dataclass(frozen=True, slots=True)
class Glyphs:
    """A set of glyphs, each one cell wide."""

    passed: str = "✔"
    failed: str = "✘"
    error: str = "E"
    skipped: str = "–"
    xfailed: str = "x"
    xpassed: str = "X"
    crashed: str = "†"
    running: str = "●"
    waiting: str = "·"
    not_run: str = "○"
    unknown: str = "?"
    registered: str = "■"
    refused: str = "✗"
    cleared: str = "⌫"
    removed: str = "⌫"
    disposed: str = "⌫"
    kept: str = "·"
    created: str = "▲"
    dropped: str = "▼"
    recreated: str = "◆"
    """Created and dropped within one test."""
    dirty: str = "!"
    opened: str = "▾"
    folded: str = "▸"
    tick: str = "╷"
    tick_failed: str = "╳"
    bar_start: str = "├"
    bar_end: str = "┤"
    bar_meet: str = "┼"
    """One fixture life ends and another begins in this cell."""
    bar: str = "─"
    bar_used: str = "━"
    bar_open: str = "╌"
    progress: str = "━"
    progress_head: str = "╸"
    progress_rest: str = "─"
    ellipsis: str = "…"
    arrow: str = "→"
    separator: str = "·"

    def outcome(self, outcome: Outcome) -> str:
        """The glyph of an outcome."""
        return str(getattr(self, outcome.name.lower()))

    def table(self, kind: TableEventKind) -> str:
        """The glyph of a table event."""
        return str(getattr(self, kind.name.lower()))


UNICODE = Glyphs()

ASCII = Glyphs(
    passed=".",
    failed="F",
    skipped="s",
    crashed="!",
    running="*",
    waiting="-",
    not_run="o",
    registered="+",
    refused="x",
    cleared="c",
    removed="c",
    disposed="c",
    kept=".",
    created="^",
    dropped="v",
    recreated="@",
    opened="v",
    folded=">",
    tick="'",
    tick_failed="X",
    bar_start="[",
    bar_end="]",
    bar_meet="|",
    bar="-",
    bar_used="=",
    bar_open="~",
    progress="#",
    progress_head=">",
    progress_rest="-",
    ellipsis="...",
    arrow="->",
    separator="-",
)

OUTCOME_STYLES: Mapping[Outcome, str] = {
    Outcome.PASSED: "$text-success",
    Outcome.FAILED: "bold $text-error",
    Outcome.ERROR: "bold $text-error",
    Outcome.CRASHED: "bold $text-error",
    Outcome.SKIPPED: MUTED,
    Outcome.XFAILED: MUTED,
    Outcome.XPASSED: "$text-warning",
    Outcome.RUNNING: "bold $text-primary",
    Outcome.WAITING: FAINT,
    Outcome.NOT_RUN: FAINT,
    Outcome.UNKNOWN: "$text-warning",
}
"""Outcome -> its style in :class:`textual.content.Content`."""

TABLE_STYLES: Mapping[TableEventKind, str] = {
    TableEventKind.REGISTERED: "$text-accent",
    TableEventKind.REFUSED: "bold $text-error",
    TableEventKind.CLEARED: "$text-warning",
    TableEventKind.REMOVED: "$text-warning",
    TableEventKind.DISPOSED: "$text-warning",
    TableEventKind.CREATED: "$text-primary",
    TableEventKind.DROPPED: "$text-secondary",
}

SEVERITY: Mapping[Outcome, int] = {
    Outcome.WAITING: 0,
    Outcome.NOT_RUN: 1,
    Outcome.PASSED: 2,
    Outcome.SKIPPED: 3,
    Outcome.XFAILED: 4,
    Outcome.XPASSED: 5,
    Outcome.RUNNING: 6,
    Outcome.FAILED: 7,
    Outcome.ERROR: 8,
    Outcome.UNKNOWN: 9,
    Outcome.CRASHED: 10,
}
"""Outcome -> rank: where several tests share a cell, the highest shows, so that no failure is hidden."""

BY_SEVERITY: tuple[Outcome, ...] = tuple(sorted(SEVERITY, key=lambda outcome: SEVERITY[outcome]))


def choose(environ: Mapping[str, str], encoding: str | None) -> Glyphs:
    """The glyphs that the terminal can show: ASCII if requested or if its encoding is not UTF.

    >>> choose({}, "utf-8") is UNICODE, choose({"ISOLATION_TUI_ASCII": "1"}, "utf-8") is ASCII
    (True, True)
    >>> choose({}, "latin-1") is ASCII
    True
    """
    if environ.get("ISOLATION_TUI_ASCII", "") not in ("", "0"):
        return ASCII
    return UNICODE if (encoding or "utf-8").lower().replace("-", "").startswith("utf") else ASCII
