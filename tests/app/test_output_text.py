"""pytest's output as lines: colours stay, nothing else that a terminal would obey."""

import pytest

from isolation_tui.app.widgets import output_text
from isolation_tui.app.widgets.output_text import OutputText


def fed(*chunks: str) -> OutputText:
    text = OutputText()
    for chunk in chunks:
        text.feed(chunk)
    return text


def test_lines_grow_over_chunks():
    assert fed("one\ntw", "o\nthree").lines == ["one", "two", "three"]


@pytest.mark.parametrize("cut", range(1, 30))
def test_an_escape_sequence_may_be_cut_anywhere(cut):
    whole = "\x1b[1;32mok\x1b[0m \x1b]0;title\x07end\r\n."
    assert fed(whole[:cut], whole[cut:]).lines == fed(whole).lines == ["\x1b[1;32mok\x1b[0m end", "."]


@pytest.mark.parametrize(
    "evil",
    [
        "\x1b]52;c;ZXZpbA==\x07",
        "\x1b]8;;http://evil\x1b\\",
        "\x1b[2J\x1b[H",
        "\x1bc",
        "\x1b[?1049h",
        "\x1bP1$r\x1b\\",
        "\x9b31m",
    ],
)
def test_what_a_terminal_would_obey_is_taken_out(evil):
    text = fed(f"a{evil}b\n")
    assert text.lines[0] == "ab"
    assert "\x1b" not in text.content(0).plain


def test_bells_and_direction_marks_are_made_visible():
    assert fed("a\x07b\u202ec").lines == ["a\ufffdb\ufffdc"]


def test_a_carriage_return_writes_over_the_line():
    assert fed("10 %\r20 %\r", "\n").lines == ["20 %", ""]
    assert fed("10 %\r20 %").lines == ["20 %"]


def test_markup_is_text():
    assert fed("[red]x[/red]").content(0).plain == "[red]x[/red]"


def test_colours_are_kept_and_do_not_count_as_width():
    text = fed("\x1b[31mred\x1b[0m")
    assert text.longest == 3
    assert text.content(0).plain == "red"
    assert text.content(0).spans


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(output_text, "MOST_LINES", 100)
    text = fed("".join(f"{number}\n" for number in range(1_000)))
    assert len(text.lines) == 100
    assert text.forgotten == 901
    assert fed("x" * 100_000).longest == output_text.MOST_CHARACTERS


def test_search_ignores_case_and_colours():
    text = fed("\x1b[31mUNI\x1b[0mQUE\nother\nunique")
    assert list(text.matches("unique")) == [0, 2]
    assert any(span.start == 0 and span.end == 6 for span in text.content(0, "unique").spans)
