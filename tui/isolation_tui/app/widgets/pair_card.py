"""One test as one run saw it, in lines: made to stand beside the same test of another run."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from ...model import Run, TableEventKind, Test
from ...plain import clean, clean_lines, keep_end, seconds
from ..glyphs import OUTCOME_STYLES, TABLE_STYLES, Glyphs
from ..words import MUTED, tests, where
from .line_list import Line
from .panel import wrapped


def card_lines(run: Run | None, test: Test | None, width: int, glyphs: Glyphs) -> Sequence[Line]:
    """Outcome, message, fixtures (new or shared), models and tables."""
    if run is None or test is None:
        return [Line(Content.styled("This run does not know the test.", MUTED))]
    outcome = (f"{glyphs.outcome(test.outcome)} {test.outcome.value}", OUTCOME_STYLES[test.outcome])
    lines = [
        Line(Content.assemble(outcome, (f"   {seconds(test.duration)}   fix {'on' if run.fix else 'off'}", MUTED)))
    ]
    lines += [Line(Content("")), *_failure(run, test, width, glyphs)]
    lines += [Line(Content("")), Line(Content.styled("Fixtures", "bold")), *_fixtures(test, width, glyphs)]
    lines += [Line(Content("")), Line(Content.styled("Models and tables", "bold")), *_tables(test, width, glyphs)]
    return lines


def _failure(run: Run, test: Test, width: int, glyphs: Glyphs) -> list[Line]:
    failure = test.failure
    if failure is None:
        return [Line(Content.styled("nothing failed", MUTED))]
    message = " ".join(part for part in clean_lines(failure.message) if part.strip())
    said = wrapped(f"{clean(failure.exception)}: {message}" if failure.exception else message, width)
    lines = [Line(Content(part)) for part in said[:5]]
    place = keep_end(where(failure.place, run), width - 12, glyphs.ellipsis)
    lines.append(Line(Content.assemble((f"in {failure.when}  ", MUTED), (place, "$text-accent"))))
    return lines


def _fixtures(test: Test, width: int, glyphs: Glyphs) -> list[Line]:
    if not test.lives:
        return [Line(Content.styled("none seen", MUTED))]
    name_width = min(max(len(clean(life.name)) for life in test.lives), max(width // 3, 10))
    lines = []
    for life in sorted(test.lives, key=lambda life: life.definition.width):
        others = len(life.users) - 1
        shared = ("failed in set-up", "$text-error") if life.failed else (
            (f"shared with {tests(others)}", "$text-warning") if others > 0 else ("new", "$text-success")
        )  # fmt: skip
        name = keep_end(clean(life.name), name_width, glyphs.ellipsis)
        lines.append(Line(Content.assemble(f"{name:<{name_width}}  ", (f"{life.definition.scope:<9}", MUTED), shared)))
    return lines


def _tables(test: Test, width: int, glyphs: Glyphs) -> list[Line]:
    start = frozenset().union(*test.metadata_at_start.values())
    lines = []
    touched: set[str] = set()
    for kind in TableEventKind:
        names = list(dict.fromkeys(clean(event.table) for event in test.table_events if event.kind is kind))
        if not names:
            continue
        if kind in (TableEventKind.REGISTERED, TableEventKind.REFUSED, TableEventKind.CLEARED, TableEventKind.REMOVED):
            touched.update(names)
        word = "NEW in the models" if kind is TableEventKind.REGISTERED else kind.value
        listed = ", ".join(names)
        sign = (f"{glyphs.table(kind)} {len(names)} {word}", TABLE_STYLES[kind])
        lines.append(Line(Content.assemble(sign, (f"  {listed}", MUTED))))
    kept = len(start - touched)
    lines.insert(0, Line(Content.assemble(f"{glyphs.kept} {kept} kept", ("  registered before this test", MUTED))))
    return lines
