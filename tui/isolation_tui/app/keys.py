"""Every key of the dashboard: one place for the footer, the help screen, the palette and a user's own keymap.

A binding's ``id`` is what a keymap names (``App.set_keymap``); its ``tooltip`` is the sentence that help shows. Screens
take their keys from here, so that two verbs can never fight for one key unseen.

>>> [binding.key for binding in APP if binding.id == "run.all"]
['r']
"""

from __future__ import annotations

from textual.binding import Binding

FOOTER = (
    "...", "view.findings", "view.fix", "main.filter", "main.next", "run.all", "app.help", "app.quit",
    "main.cause", "view.leaks", "view.compare", "main.previous", "view.metadata", "run.failed",
    "run.selected", "run.stop", "run.watch", "main.author", "main.beside", "main.axis", "main.edit", "main.copy",
    "view.output", "view.runs", "main.zoom_in", "main.zoom_out",
)  # fmt: skip
"""The order of the keys at the bottom, the most needed first; "..." stands for those of the screen in front."""


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
    """A binding in which nothing is left out: description, tooltip and id are compulsory."""
    return Binding(keys, action, description, show, display, priority=priority, tooltip=tooltip, id=id, group=group)


APP: list[Binding] = [
    key("f", "view('findings')", "Findings", "The causes behind the failures, worst first", "view.findings"),
    key(
        "L",
        "view('leaks')",
        "Leaks",
        "What was left behind: by whom, where, and who read it later",
        "view.leaks",
        display="L",
    ),
    key("x", "view('fix')", "Fix", "Plan, look at, apply or undo the fix", "view.fix"),
    key("b", "view('compare')", "Compare", "Before and after the fix, side by side", "view.compare"),
    key("m", "view('metadata')", "Metadata", "Tables by tests: kept, new, refused, created, dropped", "view.metadata"),
    key("o", "view('output')", "Output", "What pytest itself printed", "view.output"),
    key("u", "view('runs')", "Runs", "Earlier runs and recordings", "view.runs"),
    key("r", "rerun_all", "Rerun", "Run all tests again", "run.all"),
    key("R", "rerun_failed", "Failed", "Run again what failed", "run.failed", display="R"),
    key("w", "watch", "Watch", "Run again whenever a file is saved, on or off", "run.watch"),
    key("S", "stop", "Stop", "Stop the run; a second time insists", "run.stop", display="S"),
    key("question_mark", "help", "Help", "All keys and glyphs", "app.help", display="?"),
    key("q", "quit", "Quit", "Stop pytest, await its teardown, and leave", "app.quit"),
    key("escape", "back", "Back", "Back to the timeline", "app.back", show=False),
]
"""Valid on every screen."""

MAIN: list[Binding] = [
    key("slash", "filter", "Filter", "Narrow to tests by text, is:failed, fixture:, table:, file:", "main.filter",
        display="/", priority=True),  # before the next key is looked at, which is to be typed
    key("c", "cause", "Cause", "The finding that this test stands in", "main.cause"),
    key("n", "next_failure(1)", "Next", "To the next failing test", "main.next"),
    key("N", "next_failure(-1)", "Last", "To the failing test before", "main.previous", display="N",
        ),
    key("left_square_bracket", "author(-1)", "Author", "To the test that left what this one found; on to earlier ones",
        "main.author", display="["),
    key("right_square_bracket", "author(1)", "Later author", "To the next later one, and back to the test itself",
        "main.later_author", show=False, display="]"),
    key("equals_sign", "beside", "Beside", "Mark this test; on another test, put the two cards side by side",
        "main.beside", display="="),
    key("s", "rerun_selected", "This", "Run the test under the cursor again; all matches while a filter stands",
        "run.selected"),
    key("e", "edit", "Edit", "Open the line in $VISUAL or $EDITOR", "main.edit"),
    key("y", "copy", "Copy", "Copy the command that repeats this test", "main.copy"),
    key("t", "axis", "Axis", "One column a test, or time to scale", "main.axis"),
    key("escape", "escape", "Back", "To the timeline; there, clear the filter", "main.escape", show=False),
    key("plus", "zoom(1)", "Wider", "Wider columns", "main.zoom_in", display="+"),
    key("minus", "zoom(-1)", "Narrower", "Narrower columns", "main.zoom_out", display="-"),
]  # fmt: skip
"""Of the main screen, wherever its focus is."""

TIMELINE: list[Binding] = [
    key("left,h", "cursor(-1)", "Earlier test", "To the test before", "timeline.left", show=False),
    key("right,l", "cursor(1)", "Later test", "To the test after", "timeline.right", show=False),
    key("up,k", "line(-1)", "Line up", "To the line above", "timeline.up", show=False),
    key("down,j", "line(1)", "Line down", "To the line below", "timeline.down", show=False),
    key("pageup,ctrl+b", "page(-1)", "Page up", "A screenful up", "timeline.page_up", show=False),
    key("pagedown,ctrl+f", "page(1)", "Page down", "A screenful down", "timeline.page_down", show=False),
    key("home,g", "first", "First", "To the first line", "timeline.first", show=False),
    key("end,G", "follow", "Follow", "Follow the newest test; in a finished run, to the last line", "timeline.follow",
        show=False),
    key("enter", "open", "Open", "Open the test's card; fold or unfold on a file's line", "timeline.open", show=False),
    key("space", "fold", "Fold", "Fold or unfold the file under the cursor", "timeline.fold", show=False),
]  # fmt: skip
"""Of the timeline while it has the focus."""

CARD: list[Binding] = [
    key("up,k", "scroll_up", "Up", "A line up", "card.up", show=False),
    key("down,j", "scroll_down", "Down", "A line down", "card.down", show=False),
]
"""Of a test's card while it has the focus."""

LIST: list[Binding] = [
    key("up,k", "step(-1)", "Up", "To the line above", "list.up", show=False),
    key("down,j", "step(1)", "Down", "To the line below", "list.down", show=False),
    key("pageup,ctrl+b", "leap(-1)", "Page up", "A screenful up", "list.page_up", show=False),
    key("pagedown,ctrl+f", "leap(1)", "Page down", "A screenful down", "list.page_down", show=False),
    key("home,g", "edge(-1)", "First", "To the first line", "list.first", show=False),
    key("end,G", "edge(1)", "Last", "To the last line", "list.last", show=False),
    key("left,h", "sideways(-8)", "Left", "Scroll a wide list to the left", "list.left", show=False),
    key("right,l", "sideways(8)", "Right", "Scroll a wide list to the right", "list.right", show=False),
    key("enter", "choose", "Open", "Open the line under the cursor", "list.choose", show=False),
]
"""Of every list of lines while it has the focus."""

GRID: list[Binding] = [
    key("left,h", "move(-1, 0)", "Earlier test", "To the test before", "grid.left", show=False),
    key("right,l", "move(1, 0)", "Later test", "To the test after", "grid.right", show=False),
    key("up,k", "move(0, -1)", "Table above", "To the table above", "grid.up", show=False),
    key("down,j", "move(0, 1)", "Table below", "To the table below", "grid.down", show=False),
    key("pageup,ctrl+b", "page(-1)", "Page left", "A screenful of tests back", "grid.page_left", show=False),
    key("pagedown,ctrl+f", "page(1)", "Page right", "A screenful of tests on", "grid.page_right", show=False),
    key("home,g", "edge(-1)", "First test", "To the first test", "grid.first", show=False),
    key("end,G", "edge(1)", "Last test", "To the newest test, and follow it", "grid.last", show=False),
    key("n", "event(1)", "Next mark", "To the next test in which something happened to this table", "grid.next"),
    key("N", "event(-1)", "Last mark", "To the test before in which something happened to this table",
        "grid.previous", show=False, display="N"),
    key("a", "all_files", "All/file", "Tests of all files, or of this test's file alone", "grid.all"),
    key("enter", "jump", "To test", "Show this test on the main screen", "grid.jump"),
]  # fmt: skip
"""Of the metadata matrix."""

FINDINGS: list[Binding] = [
    key("y", "copy", "Copy", "Copy the command that repeats the finding", "findings.copy"),
    key("e", "edit", "Edit", "Open the line of evidence in $VISUAL or $EDITOR", "findings.edit"),
    key("tab", "app.focus_next", "Causes/evidence", "From the causes to the evidence and back", "findings.switch"),
]

LEAKS: list[Binding] = [
    key("y", "copy", "Copy", "Copy the command that runs author and victim, one after the other", "leaks.copy"),
    key("e", "edit", "Edit", "Open the line that left it, or the reader's, in $VISUAL or $EDITOR", "leaks.edit"),
    key("tab", "app.focus_next", "Leaks/readers", "From the leaks to who read them and back", "leaks.switch"),
]

FIX: list[Binding] = [
    key("x", "apply_or_undo", "Apply/undo", "Apply the fix and run again; once applied, undo it and run again",
        "fix.toggle"),
    key("F", "finish", "Finish", "Finish what was cut off", "fix.finish", display="F"),
    key("p", "plan", "Plan again", "Read the project's files again and plan anew", "fix.plan"),
    key("tab", "app.focus_next", "Plan/diff", "From the plan to the diff and back", "fix.switch"),
]  # fmt: skip

COMPARE: list[Binding] = [
    key("right_square_bracket", "section(1)", "Next list", "Healed, still failing, broke, new, gone", "compare.next",
        display="]"),
    key("right,l", "section(1)", "Next list", "The same", "compare.right", show=False),
    key("left_square_bracket,left,h", "section(-1)", "Last list", "The list before", "compare.previous", show=False),
]  # fmt: skip

PAIR: list[Binding] = [
    key("tab", "app.focus_next", "Other card", "From one card to the other", "pair.switch"),
]

OUTPUT: list[Binding] = [
    key("slash", "search", "Search", "Search pytest's output", "output.search", display="/", priority=True),
    key("n", "match(1)", "Next", "To the next match", "output.next"),
    key("N", "match(-1)", "Last", "To the match before", "output.previous", show=False, display="N"),
    key("y", "copy", "Copy", "Copy all of the output, without colours", "output.copy"),
    key("end,G", "follow", "Follow", "To the end, and follow it", "output.follow", show=False),
]

RUNS: list[Binding] = [
    key("space", "mark", "Mark", "Mark this run; two marked runs can be compared", "runs.mark"),
    key("b", "compare", "Compare marked", "The two marked runs side by side", "runs.compare"),
]
