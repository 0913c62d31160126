"""Names and messages come from untrusted code: they are shown, never interpreted."""

from __future__ import annotations

import pytest

from isolation_tui.app.editor import editor_command
from isolation_tui.text.measure import keep_end, keep_start
from isolation_tui.text.sanitize import clean, clean_lines
from isolation_tui.text.wording import seconds
from runstory import Story

NASTY = "[red]x[/red] \x1b[31mA\x1b]0;owned\x07B\nC\tD 漢字 \u202eevil \u200b e\u0301 [@click=app.quit]q[/]"


def nasty_story() -> Story:
    nodeid = f"tests/test_[b]a[/b].py::test_{NASTY}"
    story = Story(project=NASTY).collected([nodeid, "tests/test_b.py::test_ok"])
    definition = story.fixture(f"fix_{NASTY}", "module", "tests/test_[b]a[/b].py")
    life = story.set_up(definition, nodeid)
    story.test(nodeid, "failed", uses=[life], message=NASTY).test("tests/test_b.py::test_ok")
    return story.finished(1)


@pytest.mark.parametrize("size", [(160, 48), (80, 24)])
def test_nothing_of_it_reaches_the_terminal_as_a_command(play, size):
    async def scene(stage):
        await stage.press("n")
        if size[0] < 110:
            await stage.press("enter")
        text = stage.text
        assert "[red]x[/red]" in text
        for character in "\x1b\x07\t\u202e\u200b":
            assert character not in text
        assert "owned" not in text
        styles = [
            segment.style
            for strip in stage.app.screen._compositor.render_strips()
            for segment in strip
            if "[@click" in segment.text and segment.style
        ]
        assert styles
        assert not any("app.quit" in str(style.meta) for style in styles)

    play(scene, nasty_story().run, size=size)


def test_the_palette_shows_names_literally(play):
    async def scene(stage):
        await stage.press("ctrl+p", *"red")
        await stage.until(lambda: "[red]x[/red]" in stage.text)

    play(scene, nasty_story().run)


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("plain", "plain"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bP1;2|tmux\x1b\\after", "after"),
        ("a\r\nb\nc\td", "a b c d"),
        ("bell\x07 del\x7f c1\x9b31m", "bell\ufffd del\ufffd c1"),
        ("unfinished \x1b[", "unfinished "),
        ("unfinished \x1b]0;title", "unfinished "),
        ("\u202eright\u2066 \u200f", "\ufffdright\ufffd \ufffd"),
        ("漢字 é", "漢字 é"),
        ("lone \ud800", "lone \ufffd"),
    ],
)
def test_clean_keeps_what_is_text_and_drops_what_is_command(raw, safe):
    assert clean(raw) == safe


def test_lines_stay_lines():
    assert clean_lines("a\r\n\tb\x1b[0m\rc") == ["a", "    b", "c"]


def test_paths_are_cut_at_their_start_and_words_at_their_end():
    assert keep_end("integration/test_api_integration.py", 22) == "…st_api_integration.py"
    assert keep_end("漢字漢字.py", 6) == "…字.py"
    assert keep_start("sample_category", 8) == "sample_…"
    assert keep_end("abc", 0) == keep_start("abc", 0) == ""


def test_spans_of_time_are_in_the_unit_a_person_would_use():
    spans = [seconds(value) for value in (0, 0.0004, 0.0123, 0.9996, 3.14, 59.96, 75, 3725)]
    assert spans == ["0.0 ms", "0.4 ms", "12 ms", "1.0 s", "3.1 s", "1:00 min", "1:15 min", "1:02 h"]


@pytest.mark.parametrize(
    ("editor", "command"),
    [
        ("vim", ["vim", "+7", "/p/a.py"]),
        ("nano -l", ["nano", "-l", "+7", "/p/a.py"]),
        ("/usr/bin/emacs -nw", ["/usr/bin/emacs", "-nw", "+7", "/p/a.py"]),
        ("code --wait", ["code", "--wait", "--goto", "/p/a.py:7"]),
        ("hx", ["hx", "/p/a.py:7"]),
        ("ed", ["ed", "/p/a.py"]),
        ("vim; rm -rf /", ["vim;", "rm", "-rf", "/", "/p/a.py"]),
        ("'unclosed", []),
        ("", []),
    ],
)
def test_the_editor_gets_a_list_and_no_shell(editor, command):
    assert editor_command({"EDITOR": editor}, "/p/a.py", 7) == command


def test_visual_comes_before_editor_and_a_file_is_never_an_option():
    assert editor_command({"EDITOR": "ed", "VISUAL": "vi"}, "-x.py", 3) == ["vi", "+3", "./-x.py"]
