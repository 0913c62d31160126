"""Files are replaced in one step, and the command never shows a traceback."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from isolation_tui import cli
from isolation_tui.errors import Status, ToolError
from isolation_tui.report.output import JsonTarget, width_of


def test_a_document_replaces_the_one_before_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    path.write_text('{"old": 1}')
    path.chmod(0o640)
    JsonTarget(str(path)).write({"new": 2})
    assert json.loads(path.read_text()) == {"new": 2}
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_followed_not_replaced(tmp_path: Path) -> None:
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    link.symlink_to(real)
    JsonTarget(str(link)).write({})
    assert link.is_symlink()
    assert real.read_text() == "{}\n"


def test_a_document_that_cannot_be_encoded_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    path.write_text("{}")
    with pytest.raises(TypeError):
        JsonTarget(str(path)).write({"no": object()})
    assert path.read_text() == "{}"
    assert list(tmp_path.iterdir()) == [path]


def test_another_file_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "conftest.py"
    path.write_text("import pytest\n")
    with pytest.raises(ToolError) as refused:
        JsonTarget(str(path))
    assert refused.value.status is Status.CANNOT_WRITE


def test_width_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    for columns, width in ((20, 80), (120, 120), (400, 160)):
        monkeypatch.setenv("COLUMNS", str(columns))
        assert width_of(None) == width


def test_an_internal_error_is_one_line_and_a_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*words: object) -> None:
        raise ZeroDivisionError("a \x1b[31mdefect")

    monkeypatch.setattr("isolation_tui.launch.find_project", broken)
    monkeypatch.setattr(sys, "argv", ["isolation-tui", "launch", "--headless"])
    monkeypatch.delenv(cli.DEBUG_VARIABLE, raising=False)
    assert cli.main() == Status.INTERNAL
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "a bug in isolation-tui: ZeroDivisionError: a defect" in printed.err
    assert cli.DEBUG_VARIABLE in printed.err
    assert "Traceback" not in printed.err

    monkeypatch.setenv(cli.DEBUG_VARIABLE, "1")
    assert cli.main() == Status.INTERNAL
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["--help"], ["launch", "--help"], ["replay", "-h"], ["fix", "--help"], ["--version"]]
)
def test_help_is_given_with_status_0(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["isolation-tui", *words])
    assert cli.main() == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert "isolation-tui" in printed.out
