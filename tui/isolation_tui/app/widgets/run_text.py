"""The text in the card's place while no test is selected: the state of the run."""

from __future__ import annotations

from textual.content import Content

from ...model import Run, RunState
from ...text.sanitize import clean, clean_lines
from ...text.wording import number, where
from ..glyphs import OUTCOME_STYLES, Glyphs
from ..theme import MUTED


def troubled(run: Run) -> bool:
    """Whether there is an error that belongs to no test."""
    return bool(run.internal_errors or run.collection_errors)


def run_card(run: Run | None, glyphs: Glyphs, *, can_run: bool) -> Content:
    """The state of the run, in words."""
    if run is None:
        how = "Press r to run the tests." if can_run else "This recording holds no run."
        return _note("No run yet.", how)
    blocks = [*_internal(run), *_collection(run)]
    if blocks:
        blocks.append(Content.styled("o shows pytest's full output.", MUTED))
        return Content("\n\n").join(blocks)
    if run.state is RunState.STARTING:
        return _note("Waiting for pytest…", "The interpreter is starting and importing conftest.py.")
    if run.state is RunState.COLLECTING:
        return _note("Collecting…", number(len(run.tests), "test") + " so far.")
    if run.finished and not run.tests:
        why = "No tests were found." if run.exit_status == 5 else "The run ended before any test."
        return _note(why, "o shows what pytest printed; the header shows its exit status.")
    running = [
        Content.assemble((f"{glyphs.running} ", "bold $text-primary"), clean(test.name)) for test in run.running[:8]
    ]
    lines = [Content.styled("Running", f"bold {MUTED}"), *running] if running else []
    lines += [Content(""), Content.styled("No failure so far. The first one will appear here.", MUTED)]
    return Content("\n").join(lines)


def _note(point: str, more: str) -> Content:
    return Content.assemble((point, "bold"), "\n", (more, MUTED))


def _internal(run: Run) -> list[Content]:
    blocks = []
    for error in run.internal_errors[:3]:
        lines = [Content.styled("INTERNALERROR: pytest or a plugin failed.", "bold $text-error")]
        lines.append(Content(clean(error.message)))
        lines += [Content.styled(line, MUTED) for line in clean_lines(error.traceback.strip())[-30:]]
        blocks.append(Content("\n").join(lines))
    return blocks


def _collection(run: Run) -> list[Content]:
    blocks = []
    sign = OUTCOME_STYLES
    for error in run.collection_errors[:10]:
        head = f"{clean(error.nodeid) or 'A module'} could not be collected."
        lines = [Content.styled(head, f"bold {next(style for outcome, style in sign.items() if outcome.bad)}")]
        repeated = not error.exception or error.message.startswith(error.exception)
        name = "" if repeated else f"{clean(error.exception)}: "
        lines += [Content(name + line if n == 0 else line) for n, line in enumerate(clean_lines(error.message.strip()))]
        if error.place.file:
            lines.append(Content.styled(f"at {where(error.place, run)}", MUTED))
        lines += [Content.styled(line, MUTED) for line in clean_lines(error.traceback.strip())[-20:]]
        blocks.append(Content("\n").join(lines))
    if len(run.collection_errors) > 10:
        blocks.append(Content.styled(f"and {len(run.collection_errors) - 10} more", MUTED))
    return blocks
