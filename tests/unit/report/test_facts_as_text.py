"""``replay --facts``: every fact of a recording by name, one a line, and nothing that a terminal would obey."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from isolation_tui import cli
from isolation_tui.errors import Status
from isolation_tui.recording import RecordingWriter
from pytest_isolation import events as ev
from pytest_isolation.events import PROTOCOL
from pytest_isolation.transport.encoding import encode

EVIL = "\x1b]0;title\x07\x1b[2J\u202e\r\n"
STARTED = ev.RunStarted(["pytest"], "/src/shop", "python", "/src/shop", False, "0.1", PROTOCOL, [])


def record(path: Path, *lines: bytes) -> Path:
    writer = RecordingWriter(path)
    writer.write(list(lines))
    writer.close()
    return path


def line(at: float, *facts: Any, worker: str = "main") -> bytes:
    return encode(worker, [(at, fact) for fact in facts]).encode()


@pytest.fixture
def facts_of(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run ``isolation-tui replay --facts FILE``; its status, its lines, and its complaint."""

    def run(path: Path) -> tuple[int, list[str], str]:
        monkeypatch.setattr(sys, "argv", ["isolation-tui", "replay", "--facts", str(path)])
        status = cli.main()
        out, err = capsys.readouterr()
        assert out.isprintable() or set(filter(lambda c: not c.isprintable(), out)) == {"\n"}
        return status, out.splitlines(), err

    return run


def test_each_fact_is_one_line_with_time_process_kind_and_fields(facts_of: Any, tmp_path: Path) -> None:
    unit = ev.Unit("test_a.py::test_b", "call")
    place = ev.Place("test_a", "/src/shop/test_a.py", 7, "test_b")
    recording = record(
        tmp_path / "run.ndjson",
        line(1000.0, STARTED, worker="observer"),
        line(
            1000.25,
            ev.TestStarted("test_a.py::test_b", 1, "test_a.py", 3),
            ev.RowsWritten(1, "users", 3, 0, 0, "committed", place, unit),
            worker="gw1",
        ),
    )
    status, lines, err = facts_of(recording)
    assert (status, err) == (0, "")
    assert [row.split()[:3] for row in lines] == [
        ["+0.000000", "observer", "RunStarted"],
        ["+0.250000", "gw1", "TestStarted"],
        ["+0.250000", "gw1", "RowsWritten"],
    ]
    assert "nodeid='test_a.py::test_b'" in lines[1]
    assert "table='users' inserted=3" in lines[2]
    assert "Place(module='test_a' file='/src/shop/test_a.py' line=7 function='test_b')" in lines[2]


def test_text_of_the_suite_is_shown_escaped_and_cut(facts_of: Any, tmp_path: Path) -> None:
    recording = record(
        tmp_path / "run.ndjson",
        line(1.0, STARTED, worker="observer"),
        line(2.0, ev.TestStarted(EVIL, 1, EVIL, 3), ev.Output(EVIL + "x" * 100_000), worker=EVIL),
    )
    status, lines, _ = facts_of(recording)
    assert status == 0
    assert len(lines) == 3
    assert r"nodeid='\x1b]0;title" in lines[1]
    assert len(lines[2]) < 400
    assert "characters)" in lines[2]


def test_damaged_lines_are_named_and_the_rest_is_shown(facts_of: Any, tmp_path: Path) -> None:
    recording = record(
        tmp_path / "run.ndjson",
        line(1.0, STARTED, worker="observer"),
        b'["main",["TestStarted",' + b'"\\u001b[31m",3]]',
        line(2.0, ev.Output("the end\n")),
    )
    status, lines, err = facts_of(recording)
    assert status == Status.BAD_RECORDING
    assert lines[1].startswith("line 2 is damaged: ")
    assert "Output" in lines[2]
    assert "1 of its lines" in err


def test_a_recording_that_was_cut_short_shows_what_there_is(facts_of: Any, tmp_path: Path) -> None:
    recording = record(tmp_path / "run.ndjson", line(1.0, STARTED, worker="observer"), line(2.0, ev.Output("x")))
    recording.write_bytes(recording.read_bytes()[:-5])
    status, lines, err = facts_of(recording)
    assert status == Status.BAD_RECORDING
    assert "RunStarted" in lines[0]
    assert "cut short" in err


def test_facts_and_another_form_of_output_exclude_each_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "argv", ["isolation-tui", "replay", "--facts", "--json", "-", str(tmp_path / "x")])
    assert cli.main() == Status.USAGE
    assert "--facts cannot be combined" in capsys.readouterr().err
