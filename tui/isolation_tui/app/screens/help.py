"""Help: all keys, glyphs and terms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content

from ...model import Outcome, TableEventKind
from .. import keys
from ..content import wrapped
from ..glyphs import OUTCOME_STYLES, TABLE_STYLES, UNICODE, Glyphs
from ..theme import MUTED
from ..widgets.legend import Legend
from ..widgets.line_list import Line, LineList
from .view import View

_KEYS: tuple[tuple[str, list[Binding]], ...] = (
    ("Everywhere", keys.APP),
    ("Main screen", keys.MAIN),
    ("Timeline", keys.TIMELINE),
    ("A test's card", keys.CARD),
    ("Metadata", keys.GRID),
    ("Findings", keys.FINDINGS),
    ("Leaks", keys.LEAKS),
    ("Fix", keys.FIX),
    ("Before / after", keys.COMPARE),
    ("Two cards", keys.PAIR),
    ("Output", keys.OUTPUT),
    ("Runs", keys.RUNS),
    ("Lists", keys.LIST),
)

_TERMS = (
    ("fixture life", "one fixture instance from setup to teardown; shared if several tests use it"),
    ("registered", "a Table was added to a MetaData: a model was defined"),
    ("refused", 'a second definition failed: "Table ... is already defined"'),
    ("cleared", "MetaData.clear() or remove() took the table out"),
    ("created, dropped", "CREATE TABLE or DROP TABLE reached a database"),
    ("kept", "the table existed before the test, which left it unchanged"),
    ("leak", "rows or process state that a test or fixture leaves behind after its teardown"),
    ("leftover rows", "committed rows that outlive the test or fixture that wrote them"),
    ("dirty start", "leftover rows of others existed when the test started: (!)"),
    ("polluter, victim", "the test or fixture that leaves a leak, and the test that fails because of it"),
    ("passes alone", "the test fails only after other tests: it depends on the order"),
    ("finding", "a named cause, with its evidence and remedy"),
    ("grade", "A proven, B reproduced with its place, C reproduced, D suspected"),
    ("fix", "a change planned from your source, shown as a diff, applied and undone on request"),
)

_SHOWN = {
    "question_mark": "?",
    "slash": "/",
    "plus": "+",
    "minus": "-",
    "equals_sign": "=",
    "escape": "Esc",
    "enter": "Enter",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "space": "Space",
    "tab": "Tab",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
}


def shown_keys(binding: Binding, glyphs: Glyphs = UNICODE) -> str:
    """``↑ k``: the keys of a binding as on the keyboard; in ASCII, arrows by name."""
    shown = (_SHOWN.get(key, key.replace("ctrl+", "^")) for key in binding.key.split(","))
    if glyphs is UNICODE:
        return " ".join(shown)
    return " ".join(sign if sign.isascii() else key for sign, key in zip(shown, binding.key.split(","), strict=True))


class HelpScreen(View):
    """Lists the bindings themselves, so it is always up to date."""

    AUTO_FOCUS: ClassVar[str | None] = "#help"

    def compose_view(self) -> ComposeResult:
        yield Legend()
        yield LineList(id="help", classes="panel", keyed=False)

    def on_mount(self) -> None:
        self.query_one(Legend).show("Help", ("Esc", "$text-accent", "back"), ("j k", "$text-accent", "scroll"))
        self.query_one("#help", LineList).show(self._lines)

    def _lines(self, width: int) -> Sequence[Line]:
        glyphs = self.glyphs
        across = 2 if width >= 110 else 1
        column = (width - 4 * (across - 1)) // across
        blocks = [
            _glyph_lines(glyphs),
            _term_lines(column),
            *(_key_lines(title, bound, column, glyphs) for title, bound in _KEYS if bound),
        ]
        blocks = [*blocks[2:], *blocks[:2]]
        if across == 1:
            return [Line(line) for block in blocks for line in block]
        left, right = _balance(blocks)
        empty = Content("")
        lines = []
        for at in range(max(len(left), len(right))):
            first = left[at] if at < len(left) else empty
            second = right[at] if at < len(right) else empty
            lines.append(Line(Content.assemble(first.truncate(column, pad=True, ellipsis=True), "    ", second)))
        return lines


def _balance(blocks: Sequence[list[Content]]) -> tuple[list[Content], list[Content]]:
    """The blocks in two columns of about equal height."""
    half = sum(map(len, blocks)) / 2
    left, right = list[Content](), list[Content]()
    for block in blocks:
        (left if not right and len(left) + len(block) / 2 <= half else right).extend(block)
    return left, right


def _key_lines(title: str, bindings: list[Binding], width: int, glyphs: Glyphs) -> list[Content]:
    lines = [Content.styled(title, "bold $text-primary")]
    for binding in bindings:
        text = wrapped(binding.tooltip or binding.description, width - 14)
        lines.append(Content.assemble((f"{shown_keys(binding, glyphs):>11}", "bold $text-accent"), f"   {text[0]}"))
        lines += [Content(" " * 14 + more) for more in text[1:]]
    return [*lines, Content("")]


def _glyph_lines(glyphs: Glyphs) -> list[Content]:
    lines = [Content.styled("Glyphs", "bold $text-primary")]
    for outcome in Outcome:
        lines.append(
            Content.assemble((f"{glyphs.outcome(outcome):>11}", OUTCOME_STYLES[outcome]), f"   {outcome.value}")
        )
    for kind in TableEventKind:
        lines.append(Content.assemble((f"{glyphs.table(kind):>11}", TABLE_STYLES[kind]), f"   table {kind.value}"))
    lines.append(Content.assemble((f"{glyphs.kept:>11}", MUTED), "   table kept"))
    lines.append(Content.assemble((f"{glyphs.recreated:>11}", "$text-primary"), "   created and dropped in one test"))
    return [*lines, Content("")]


def _term_lines(width: int) -> list[Content]:
    lines = [Content.styled("Terms", "bold $text-primary")]
    for word, meaning in _TERMS:
        text = wrapped(meaning, width - 19)
        lines.append(Content.assemble((f"{word:>16}", "bold"), f"   {text[0]}"))
        lines += [Content(" " * 19 + more) for more in text[1:]]
    return [*lines, Content("")]
