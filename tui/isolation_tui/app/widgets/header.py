"""The header: state, counts and progress of the run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from textual.content import Content
from textual.widget import Widget

from ...model import Outcome, Run, RunState
from ...text.measure import keep_end
from ...text.sanitize import clean
from ...text.wording import number, seconds
from ..content import spread
from ..glyphs import OUTCOME_STYLES, Glyphs
from ..theme import FAINT, MUTED

if TYPE_CHECKING:
    from ..app import IsolationApp


@dataclass(frozen=True, slots=True)
class HeaderFacts:
    """What the header shows besides the run itself."""

    title: str
    elapsed: float = 0.0
    live: bool = True
    stopping: bool = False
    watching: bool = False
    fix_on: bool = False
    fix_interrupted: bool = False


EXIT_WORDS = {
    0: "passed",
    1: "failed (1)",
    2: "interrupted (2)",
    3: "internal error (3)",
    4: "usage error (4)",
    5: "no tests (5)",
}
"""Exit status of pytest -> the word in the header."""


def state_word(run: Run, facts: HeaderFacts) -> tuple[str, str]:
    """The word for the run's state, and its style."""
    if run.finished:
        if run.stopped:
            return "stopped", "$text-warning"
        if run.crashed:
            return f"died, status {run.exit_status}", "bold $text-error"
        word = EXIT_WORDS.get(run.exit_status or 0, f"exit status {run.exit_status}")
        return word, "bold $text-error" if run.exit_status else "bold $text-success"
    if facts.stopping:
        return "stopping", "$text-warning"
    return run.state.value, "$text-primary" if run.state is RunState.RUNNING else MUTED


class RunHeader(Widget):
    """Shows what runs, its progress and its result: one line, or two on a terminal narrower than 110 columns."""

    DEFAULT_CSS = """
    RunHeader { dock: top; height: 1; padding: 0 1; background: $panel; color: $foreground; }
    .-narrow RunHeader, .-tiny RunHeader { height: 2; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown: object = None

    def tick(self) -> None:
        """Repaint if the header has changed."""
        app = cast("IsolationApp", self.app)
        source = app.workbench.current
        run = source.run if source else None
        facts = app.header_facts()
        shown = (facts, id(run), run.revision if run else 0, self.size.width)
        if shown != self._shown:
            self._shown = shown
            self.refresh()

    def render(self) -> Content:
        app = cast("IsolationApp", self.app)
        source = app.workbench.current
        width = self.content_size.width
        lines = header_lines(
            source.run if source else None, app.header_facts(), app.glyphs, width, 2 if self.size.height > 1 else 1
        )
        return Content("\n").join(lines)


def header_lines(run: Run | None, facts: HeaderFacts, glyphs: Glyphs, width: int, height: int) -> list[Content]:
    """The header as ``height`` lines of ``width`` cells. Numbers keep their places while they grow."""
    name = Content.styled(keep_end(clean(facts.title), max(width * 3 // 10, 12)), "bold")
    title = Content.assemble(("Isolation  ", "$text-primary"), name)
    if run is None:
        return [spread(title, Content.styled("no run yet", MUTED), width)][:height]
    word, style = state_word(run, facts)
    state = Content.styled(word, style)
    flags = _flags(run, facts)
    counts = _counts(run, glyphs)
    elapsed = Content.styled(f"{seconds(facts.elapsed):>8}", MUTED)
    if height > 1:
        room = width - title.cell_length - state.cell_length - elapsed.cell_length - 4
        bar = _progress(run, glyphs, max(min(room - 7, 30), 4))
        first = spread(title, Content("  ").join([bar, elapsed, state]), width)
        return [first, spread(counts, flags, width)]
    used = sum(part.cell_length for part in (title, counts, elapsed, flags, state)) + 16
    bar = _progress(run, glyphs, max(min(width - used, 44), 6))
    left = Content("   ").join([title, state])
    return [spread(left, Content("  ").join([counts, bar, elapsed, flags]), width)]


def _counts(run: Run, glyphs: Glyphs) -> Content:
    digits = max(len(str(run.total)), 2)
    counts = run.counts
    shown = [
        (Outcome.PASSED, counts.passed, True),
        (Outcome.FAILED, counts.failed, True),
        (Outcome.ERROR, counts.errors, True),
        (Outcome.SKIPPED, counts.skipped, True),
        (Outcome.XFAILED, counts.xfailed, counts.xfailed > 0),
        (Outcome.XPASSED, counts.xpassed, counts.xpassed > 0),
    ]
    parts = [Content(f"{run.done:>{digits}}/{run.total}")]
    for outcome, count, visible in shown:
        if visible:
            style = OUTCOME_STYLES[outcome] if count else FAINT
            parts.append(Content.styled(f"{glyphs.outcome(outcome)} {count:<{digits}}", style))
    return Content(" ").join(parts)


def _flags(run: Run, facts: HeaderFacts) -> Content:
    parts: list[Content] = []
    if run.dropped:
        parts.append(Content.styled(f"! {run.dropped} facts lost", "bold $text-warning"))
    if run.worker_count > 1:
        parts.append(Content.styled(number(run.worker_count, "worker"), MUTED))
    if not facts.live:
        parts.append(Content.styled("recorded", MUTED))
    if facts.fix_interrupted:
        parts.append(Content.styled("fix: interrupted (x)", "bold $text-warning"))
        return Content("  ").join(parts)
    fixed = run.fix if run.finished or not facts.live else facts.fix_on
    for word, on in (("fix", fixed), ("watch", facts.watching)):
        if word == "fix" or facts.live:
            parts.append(Content.assemble((f"{word}: ", MUTED), ("on", "bold $text-accent") if on else "off"))
    return Content("  ").join(parts)


def _progress(run: Run, glyphs: Glyphs, width: int) -> Content:
    total = max(run.total, 1)
    share = min(run.done / total, 1.0)
    filled = int(share * width)
    style = "$text-error" if run.counts.bad else "$text-success"
    head = glyphs.progress_head if 0 < filled < width else ""
    return Content.assemble(
        (glyphs.progress * (filled - len(head)) + head, style),
        (glyphs.progress_rest * (width - filled), FAINT),
        (f"{int(share * 100):>4}%", MUTED),
    )
