"""The keys of the views beside the main screen, made like those of :mod:`.keys`."""

from __future__ import annotations

from .keys import key

LIST = [
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

GRID = [
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

FINDINGS = [
    key("y", "copy", "Copy", "Copy the command that repeats the finding", "findings.copy"),
    key("e", "edit", "Edit", "Open the line of evidence in $VISUAL or $EDITOR", "findings.edit"),
    key("tab", "app.focus_next", "Causes/evidence", "From the causes to the evidence and back", "findings.switch"),
]

LEAKS = [
    key("y", "copy", "Copy", "Copy the command that runs author and victim, one after the other", "leaks.copy"),
    key("e", "edit", "Edit", "Open the line that left it, or the reader's, in $VISUAL or $EDITOR", "leaks.edit"),
    key("tab", "app.focus_next", "Leaks/readers", "From the leaks to who read them and back", "leaks.switch"),
]

FIX = [
    key("x", "apply_or_undo", "Apply/undo", "Apply the fix and run again; once applied, undo it and run again",
        "fix.toggle"),
    key("F", "finish", "Finish", "Finish what was cut off", "fix.finish", display="F"),
    key("p", "plan", "Plan again", "Read the project's files again and plan anew", "fix.plan"),
    key("tab", "app.focus_next", "Plan/diff", "From the plan to the diff and back", "fix.switch"),
]  # fmt: skip

COMPARE = [
    key("right_square_bracket", "section(1)", "Next list", "Healed, still failing, broke, new, gone", "compare.next",
        display="]"),
    key("right,l", "section(1)", "Next list", "The same", "compare.right", show=False),
    key("left_square_bracket,left,h", "section(-1)", "Last list", "The list before", "compare.previous", show=False),
]  # fmt: skip

PAIR = [
    key("tab", "app.focus_next", "Other card", "From one card to the other", "pair.switch"),
]

OUTPUT = [
    key("slash", "search", "Search", "Search pytest's output", "output.search", display="/", priority=True),
    key("n", "match(1)", "Next", "To the next match", "output.next"),
    key("N", "match(-1)", "Last", "To the match before", "output.previous", show=False, display="N"),
    key("y", "copy", "Copy", "Copy all of the output, without colours", "output.copy"),
    key("end,G", "follow", "Follow", "To the end, and follow it", "output.follow", show=False),
]

RUNS = [
    key("space", "mark", "Mark", "Mark this run; two marked runs can be compared", "runs.mark"),
    key("b", "compare", "Compare marked", "The two marked runs side by side", "runs.compare"),
]
