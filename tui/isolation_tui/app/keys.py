"""Every key of the dashboard, for the footer, the help screen, the palette and a user's keymap.

A keymap names a binding by its ``id`` (``App.set_keymap``); help shows its ``tooltip``. All keys are defined here, so
that two actions on one key are easy to see.

>>> [binding.key for binding in APP if binding.id == "run.all"]
['r']
"""

from __future__ import annotations

from textual.binding import Binding

FOOTER = (
    "...",
    "view.findings",
    "view.fix",
    "main.verify",
    "main.filter",
    "main.next",
    "run.all",
    "app.help",
    "app.quit",
    "main.cause",
    "view.leaks",
    "view.compare",
    "main.previous",
    "view.metadata",
    "run.failed",
    "run.verify_all",
    "run.selected",
    "run.stop",
    "run.watch",
    "main.author",
    "main.beside",
    "main.axis",
    "main.edit",
    "main.copy",
    "view.output",
    "view.runs",
    "main.zoom_in",
    "main.zoom_out",
)
"""The order of the keys in the footer, the most needed first; "..." is the place of the current screen's own keys."""


def key(
    keys: str,
    action: str,
    description: str,
    tooltip: str,
    id: str,
    *,
    show: bool = True,
    display: str | None = None,
    group: Binding.Group | None = None,
    priority: bool = False,
) -> Binding:
    """A binding with a description, a tooltip and an id: none of them is optional."""
    return Binding(keys, action, description, show, display, priority=priority, tooltip=tooltip, id=id, group=group)


APP: list[Binding] = [
    key("f", "view('findings')", "Findings", "The causes behind the failures, worst first", "view.findings"),
    key("L", "view('leaks')", "Leaks", "What was left behind, by whom, and who read it", "view.leaks", display="L"),
    key("x", "view('fix')", "Fix", "Plan, review, apply or undo the fix", "view.fix"),
    key("b", "view('compare')", "Compare", "The runs before and after the fix, side by side", "view.compare"),
    key("m", "view('metadata')", "Metadata", "Tables by tests: kept, defined, created, dropped", "view.metadata"),
    key("o", "view('output')", "Output", "What pytest itself printed", "view.output"),
    key("u", "view('runs')", "Runs", "The runs of this session, and recordings", "view.runs"),
    key("V", "verify_all", "Verify all", "Prove by trials why each failing test fails", "run.verify_all", display="V"),
    key("r", "rerun_all", "Rerun", "Run all tests again", "run.all"),
    key("R", "rerun_failed", "Failed", "Run the failed tests again", "run.failed", display="R"),
    key("w", "watch", "Watch", "Run again whenever a file is saved: on or off", "run.watch"),
    key("S", "stop", "Stop", "Stop the run; press again to kill pytest", "run.stop", display="S"),
    key("question_mark", "help", "Help", "All keys and glyphs", "app.help", display="?"),
    key("q", "quit", "Quit", "Stop pytest, wait for its teardown, and quit", "app.quit"),
    key("escape", "back", "Back", "Back to the timeline", "app.back", show=False),
]
"""On every screen."""

MAIN: list[Binding] = [
    key(
        "slash",
        "filter",
        "Filter",
        "Filter by text, is:failed, fixture:, table:, file:",
        "main.filter",
        display="/",
        priority=True,
    ),  # first, so that the next key is typed into the input
    key("c", "cause", "Cause", "The finding that explains this test", "main.cause"),
    key("n", "next_failure(1)", "Next", "Go to the next failing test", "main.next"),
    key("N", "next_failure(-1)", "Previous", "Go to the previous failing test", "main.previous", display="N"),
    key(
        "left_square_bracket",
        "author(-1)",
        "Author",
        "Go to the test that left what this one found",
        "main.author",
        display="[",
    ),
    key(
        "right_square_bracket",
        "author(1)",
        "Later author",
        "Back to a later author, then to the test itself",
        "main.later_author",
        show=False,
        display="]",
    ),
    key("equals_sign", "beside", "Beside", "Mark this test, then compare it with another", "main.beside", display="="),
    key("v", "verify", "Verify", "Prove by trials why this test fails", "main.verify"),
    key("s", "rerun_selected", "This", "Run this test again; with a filter, all matches", "run.selected"),
    key("e", "edit", "Edit", "Open the failing line in $VISUAL or $EDITOR", "main.edit"),
    key("y", "copy", "Copy", "Copy the command that runs this test", "main.copy"),
    key("t", "axis", "Axis", "Switch between one column per test and a time axis", "main.axis"),
    key("escape", "escape", "Back", "Back to the timeline; there, clear the filter", "main.escape", show=False),
    key("plus", "zoom(1)", "Wider", "Wider columns", "main.zoom_in", display="+"),
    key("minus", "zoom(-1)", "Narrower", "Narrower columns", "main.zoom_out", display="-"),
]
"""On the main screen, whatever has the focus."""

TIMELINE: list[Binding] = [
    key("left,h", "cursor(-1)", "Earlier test", "Go to the previous test", "timeline.left", show=False),
    key("right,l", "cursor(1)", "Later test", "Go to the next test", "timeline.right", show=False),
    key("up,k", "line(-1)", "Line up", "Go to the line above", "timeline.up", show=False),
    key("down,j", "line(1)", "Line down", "Go to the line below", "timeline.down", show=False),
    key("pageup,ctrl+b", "page(-1)", "Page up", "Scroll up a page", "timeline.page_up", show=False),
    key("pagedown,ctrl+f", "page(1)", "Page down", "Scroll down a page", "timeline.page_down", show=False),
    key("home,g", "first", "First", "Go to the first line", "timeline.first", show=False),
    key(
        "end,G",
        "follow",
        "Follow",
        "Follow the newest test; when finished, the last line",
        "timeline.follow",
        show=False,
    ),
    key("enter", "open", "Open", "Open the test's card; fold or unfold a file", "timeline.open", show=False),
    key("space", "fold", "Fold", "Fold or unfold the file under the cursor", "timeline.fold", show=False),
]
"""In the timeline while it has the focus."""

CARD: list[Binding] = [
    key("up,k", "scroll_up", "Up", "Scroll up a line", "card.up", show=False),
    key("down,j", "scroll_down", "Down", "Scroll down a line", "card.down", show=False),
]
"""In a test's card while it has the focus."""

LIST: list[Binding] = [
    key("up,k", "step(-1)", "Up", "Go to the line above", "list.up", show=False),
    key("down,j", "step(1)", "Down", "Go to the line below", "list.down", show=False),
    key("pageup,ctrl+b", "leap(-1)", "Page up", "Scroll up a page", "list.page_up", show=False),
    key("pagedown,ctrl+f", "leap(1)", "Page down", "Scroll down a page", "list.page_down", show=False),
    key("home,g", "to_end(-1)", "First", "Go to the first line", "list.first", show=False),
    key("end,G", "to_end(1)", "Last", "Go to the last line", "list.last", show=False),
    key("left,h", "sideways(-8)", "Left", "Scroll a wide list to the left", "list.left", show=False),
    key("right,l", "sideways(8)", "Right", "Scroll a wide list to the right", "list.right", show=False),
    key("enter", "choose", "Open", "Open the line under the cursor", "list.choose", show=False),
]
"""In every list of lines while it has the focus."""

GRID: list[Binding] = [
    key("left,h", "move(-1, 0)", "Earlier test", "Go to the previous test", "grid.left", show=False),
    key("right,l", "move(1, 0)", "Later test", "Go to the next test", "grid.right", show=False),
    key("up,k", "move(0, -1)", "Table above", "Go to the table above", "grid.up", show=False),
    key("down,j", "move(0, 1)", "Table below", "Go to the table below", "grid.down", show=False),
    key("pageup,ctrl+b", "page(-1)", "Page left", "Scroll a page of tests back", "grid.page_left", show=False),
    key("pagedown,ctrl+f", "page(1)", "Page right", "Scroll a page of tests forward", "grid.page_right", show=False),
    key("home,g", "to_end(-1)", "First test", "Go to the first test", "grid.first", show=False),
    key("end,G", "to_end(1)", "Last test", "Go to the newest test and follow it", "grid.last", show=False),
    key("n", "event(1)", "Next mark", "Go to the next test that changes this table", "grid.next"),
    key(
        "N",
        "event(-1)",
        "Previous mark",
        "Go to the previous test that changes this table",
        "grid.previous",
        show=False,
        display="N",
    ),
    key("a", "all_files", "All/file", "Show the tests of all files, or of this test's file only", "grid.all"),
    key("enter", "jump", "To test", "Show this test on the main screen", "grid.jump"),
]
"""In the metadata matrix."""

FINDINGS: list[Binding] = [
    key("v", "verify", "Verify", "Prove by trials why the victims of this cause fail", "findings.verify"),
    key("y", "copy", "Copy", "Copy the command that reproduces the finding", "findings.copy"),
    key("e", "edit", "Edit", "Open the line of evidence in $VISUAL or $EDITOR", "findings.edit"),
    key("tab", "app.focus_next", "Causes/evidence", "Switch between the causes and the evidence", "findings.switch"),
]

LEAKS: list[Binding] = [
    key("y", "copy", "Copy", "Copy the command that runs author and victim, one after the other", "leaks.copy"),
    key("e", "edit", "Edit", "Open the line that left or read it, in $VISUAL or $EDITOR", "leaks.edit"),
    key("tab", "app.focus_next", "Leaks/readers", "Switch between the leaks and their readers", "leaks.switch"),
]

FIX: list[Binding] = [
    key("x", "apply_or_undo", "Apply/undo", "Apply or undo the fix, then run again", "fix.toggle"),
    key("F", "finish", "Finish", "Finish an interrupted apply or undo", "fix.finish", display="F"),
    key("p", "plan", "Plan again", "Read the project's files and plan again", "fix.plan"),
    key("tab", "app.focus_next", "Plan/diff", "Switch between the plan and the diff", "fix.switch"),
]

COMPARE: list[Binding] = [
    key("right_square_bracket", "section(1)", "Next list", "Show the next list of tests", "compare.next", display="]"),
    key("right,l", "section(1)", "Next list", "Show the next list of tests", "compare.right", show=False),
    key(
        "left_square_bracket,left,h",
        "section(-1)",
        "Previous list",
        "Show the previous list",
        "compare.previous",
        show=False,
    ),
]

PAIR: list[Binding] = [
    key("tab", "app.focus_next", "Other card", "Switch between the two cards", "pair.switch"),
]

OUTPUT: list[Binding] = [
    key("slash", "search", "Search", "Search pytest's output", "output.search", display="/", priority=True),
    key("n", "match(1)", "Next", "Go to the next match", "output.next"),
    key("N", "match(-1)", "Previous", "Go to the previous match", "output.previous", show=False, display="N"),
    key("y", "copy", "Copy", "Copy all of the output, without colours", "output.copy"),
    key("end,G", "follow", "Follow", "Go to the end and follow it", "output.follow", show=False),
]

RUNS: list[Binding] = [
    key("space", "mark", "Mark", "Mark this run; mark two to compare them", "runs.mark"),
    key("b", "compare", "Compare marked", "Compare the two marked runs side by side", "runs.compare"),
]
