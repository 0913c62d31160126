"""Bad input gets a line on stderr that says what happened and what to do, and an exit status of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import venv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pytest_isolation.events import RunStarted

Write = Callable[[Mapping[str, str]], Path]

PASSING = {"test_it.py": "def test_it(): pass\n"}


def complaint(ended: Any) -> str:
    """The message on stderr; nothing is on stdout."""
    assert ended.out == ""
    assert "Traceback" not in ended.err
    assert ended.err.startswith("isolation-tui: ")
    message: str = ended.err
    return message


# -- words --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("launch", "--nope"), "after --"),
        (("launch", "-k", "login"), "isolation-tui launch -- -k"),
        (("launch", "one", "two"), "unexpected extra argument"),
        (("lunch",), "no command and no path"),
        (("launch", "--tcp", "99999"), "--tcp"),
        (("launch", "--fix", "--watch"), "--watch"),
        (("replay",), "FILE"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_arguments(tool: Any, words: tuple[str, ...], message: str) -> None:
    ended = tool.run(*words)
    assert ended.status == 64
    assert message in complaint(ended)


def test_no_such_path(tool: Any) -> None:
    ended = tool.run("launch", "nowhere", "--headless")
    assert ended.status == 66
    assert "There is no nowhere." in complaint(ended)


# -- interpreters -------------------------------------------------------------------------------------------------


def test_interpreter_that_is_missing(tool: Any, project: Write) -> None:
    project(PASSING)
    ended = tool.run("launch", "suite", "--headless", "--python", "no/python")
    assert ended.status == 67
    assert "There is no interpreter no/python." in complaint(ended)


def test_interpreter_that_is_none(tool: Any, project: Write) -> None:
    project(PASSING)
    ended = tool.run("launch", "suite", "--headless", "--python", "/bin/ls")
    assert ended.status == 67
    assert "does not run as a Python interpreter" in complaint(ended)


def test_interpreter_without_pytest(tool: Any, project: Write) -> None:
    root = project(PASSING)
    venv.create(root / ".venv", symlinks=True)
    ended = tool.run("launch", "suite", "--headless")
    assert ended.status == 67
    assert "has no pytest" in complaint(ended)
    assert "pip install pytest" in ended.err


@pytest.mark.slow
def test_pytest_that_is_too_old(tool: Any, project: Write) -> None:
    root = project(PASSING)
    venv.create(root / ".venv", symlinks=True)
    python = root / ".venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", "pytest==6.1.2"]
    done = subprocess.run(pip, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        pytest.skip(f"pytest 6.1 cannot be installed here: {done.stderr.strip()[-200:]}")
    ended = tool.run("launch", "suite", "--headless")
    assert ended.status == 68
    assert "has pytest 6.1.2" in complaint(ended)
    assert "Upgrade pytest" in ended.err


# -- suites -------------------------------------------------------------------------------------------------------


def test_no_tests(tool: Any, project: Write) -> None:
    project({"readme.txt": ""})
    ended = tool.run("launch", "suite", "--headless")
    assert ended.status == 5
    assert "no tests ran" in ended.out


def test_conftest_with_a_syntax_error(tool: Any, project: Write) -> None:
    project({**PASSING, "conftest.py": "def broken(:\n"})
    ended = tool.run("launch", "suite", "--headless")
    assert ended.status == 4
    assert "SyntaxError" in ended.out
    assert "conftest.py" in ended.out


def test_argument_that_pytest_does_not_know(tool: Any, project: Write) -> None:
    project(PASSING)
    ended = tool.run("launch", "suite", "--headless", "--", "--no-such-thing")
    assert ended.status == 4
    assert "unrecognized arguments: --no-such-thing" in ended.out


def test_module_that_cannot_be_collected(tool: Any, project: Write) -> None:
    project({**PASSING, "test_broken.py": "import no_such_module\n"})
    ended = tool.run("launch", "suite", "--headless")
    assert ended.status == 2
    assert "Could not be collected: test_broken.py" in ended.out
    assert "no_such_module" in ended.out


def test_internal_error(tool: Any, project: Write) -> None:
    project({**PASSING, "conftest.py": "def pytest_runtest_setup(item): raise SystemError\n"
             "def pytest_runtest_logreport(report): raise ValueError('inside')\n"})  # fmt: skip
    ended = tool.run("launch", "suite", "--headless")
    assert ended.status == 3
    assert "INTERNALERROR" in ended.out
    assert "inside" in ended.out


DYING = """\
    import os, signal, time

    def test_before(): pass
    def test_dies():
        time.sleep({after})
        {action}
    def test_after(): pass
    """


@pytest.mark.parametrize(
    ("action", "message"),
    [("os._exit(0)", "os._exit"), ("os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL")],
    ids=["os._exit", "SIGKILL"],
)
def test_suite_that_dies_in_a_test(tool: Any, project: Write, action: str, message: str, tmp_path: Path) -> None:
    # After a second: what happens within 50 ms of a process's death is not sent any more.
    project({"test_dying.py": DYING.format(action=action, after=1)})
    ended = tool.run("launch", "suite", "--headless", "--json", "report.json")
    assert ended.status == 72
    assert message in ended.out
    assert "It was running test_dying.py::test_dies" in ended.out
    assert "1 test did not run." in ended.out
    document = json.loads((tmp_path / "report.json").read_text())
    assert [test["outcome"] for test in document["tests"]] == ["passed", "crashed", "not run"]
    assert (document["crashed"], document["exit_status"]) == (True, 72)


def test_suite_that_dies_at_once_is_no_success_either(tool: Any, project: Write) -> None:
    project({"test_dying.py": DYING.format(action="os._exit(0)", after=0)})
    ended = tool.run("launch", "suite", "--headless")
    assert ended.status == 72
    assert "test_dying.py ." in ended.out, "pytest's output has to replace the facts that were not sent"


# -- terminals ----------------------------------------------------------------------------------------------------


def test_without_a_terminal_it_says_so_and_runs_headless(tool: Any, project: Write) -> None:
    project(PASSING)
    ended = tool.run("launch", "suite")
    assert ended.status == 0
    assert ended.err.startswith("isolation-tui: this is not a terminal; running headless.\n")
    assert "1 passed in" in ended.out


# -- recordings ---------------------------------------------------------------------------------------------------


@pytest.fixture
def recording(tool: Any, project: Write, tmp_path: Path) -> Path:
    project(PASSING)
    assert tool.run("launch", "suite", "--headless", "--record", "run.ndjson").status == 0
    return tmp_path / "run.ndjson"


def test_recording_that_was_cut_short_shows_what_there_is(tool: Any, recording: Path) -> None:
    whole = recording.read_bytes()
    recording.write_bytes(whole[: whole.index(b'"SessionFinished"') + 5])
    ended = tool.run("replay", "run.ndjson", "--headless")
    assert ended.status == 65
    assert "1 passed in" in ended.out
    assert "cut short" in ended.out


def test_recording_that_ends_before_its_run_did(tool: Any, recording: Path) -> None:
    lines = recording.read_bytes().splitlines(keepends=True)
    first = next(number for number, line in enumerate(lines) if b'"TestStarted"' in line)
    recording.write_bytes(b"".join(lines[: first + 1]))
    ended = tool.run("replay", "run.ndjson", "--headless")
    assert ended.status == 65
    assert "it ends before the run does" in ended.out
    assert "pytest's process" not in ended.out


def test_recording_of_a_newer_protocol(tool: Any, recording: Path) -> None:
    first, *others = recording.read_text().splitlines()
    started = json.loads(first)
    started[1][2 + RunStarted._fields.index("protocol")] = 999
    recording.write_text("\n".join([json.dumps(started), *others, ""]))
    ended = tool.run("replay", "run.ndjson", "--headless")
    assert ended.status == 65
    assert "newer version (protocol 999" in complaint(ended)
    assert "Upgrade" in ended.err


def test_recording_of_the_first_protocol(tool: Any, tmp_path: Path) -> None:
    line = b'{"kind":"RunStarted","worker":"observer","at":1.000000,"command":["pytest"],"cwd":"/","python":"python"}\n'
    (tmp_path / "old.ndjson").write_bytes(line)
    ended = tool.run("replay", "old.ndjson", "--headless")
    assert ended.status == 65
    assert "old.ndjson was made by an older version" in complaint(ended)
    assert "Run the suite again" in ended.err


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04\x00\xff", b"{}\n", b'{"kind":"Nonsense"}\n'])
def test_file_that_is_no_recording(tool: Any, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other").write_bytes(content)
    ended = tool.run("replay", "other", "--headless")
    assert ended.status == 65
    assert "other is not a recording" in complaint(ended)


def test_recording_that_is_not_there(tool: Any) -> None:
    ended = tool.run("replay", "nowhere.ndjson", "--headless")
    assert ended.status == 66
    assert "nowhere.ndjson" in complaint(ended)


# -- what is in the way -------------------------------------------------------------------------------------------


def test_port_in_use(tool: Any, project: Write) -> None:
    project(PASSING)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        ended = tool.run("launch", "suite", "--headless", "--tcp", str(port))
    assert ended.status == 71
    assert f"127.0.0.1:{port}" in complaint(ended)
    assert "--tcp 0" in ended.err


@pytest.mark.parametrize("option", ["--json", "--record"])
@pytest.mark.parametrize("name", ["suite", "missing/file"], ids=["a folder", "in a missing folder"])
def test_file_that_cannot_be_written_is_reported_before_anything_runs(
    tool: Any, project: Write, option: str, name: str
) -> None:
    root = project({"test_it.py": "import pathlib\npathlib.Path(__file__).with_name('ran').touch()\n"})
    ended = tool.run("launch", "suite", "--headless", option, name)
    assert ended.status == 73
    assert name in complaint(ended)
    assert not (root / "ran").exists()


@pytest.mark.parametrize("option", ["--json", "--record"])
def test_a_source_file_is_not_overwritten_by_a_slip(tool: Any, project: Write, option: str) -> None:
    root = project(PASSING)
    ended = tool.run("launch", "suite", "--headless", option, "suite/test_it.py")
    assert ended.status == 73
    assert "it was not overwritten" in complaint(ended)
    assert (root / "test_it.py").read_text() == PASSING["test_it.py"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_disk_that_fills_up_costs_neither_the_run_nor_its_summary(tool: Any, project: Write) -> None:
    project(PASSING)
    recorded = tool.run("launch", "suite", "--headless", "--record", "/dev/full")
    assert recorded.status == 0
    assert "1 passed in" in recorded.out
    assert "The recording /dev/full is incomplete: No space left on device" in recorded.out

    ended = tool.run("launch", "suite", "--headless", "--json", "/dev/full")
    assert ended.status == 73
    assert "1 passed in" in ended.out
    assert "No space left on device" in ended.err


@pytest.fixture
def no_writing(tool: Any) -> Callable[[Path], None]:
    """Makes a project read-only, for root too: the tool then starts without the power to write where it may not."""

    def protect(root: Path) -> None:
        folders = [root, *(path for path in root.rglob("*") if path.is_dir())]
        for folder in folders:
            folder.chmod(0o555)
        if os.access(root, os.W_OK):
            powers = "--bounding-set=-dac_override,-dac_read_search,-fowner"
            tool.started_by = ("setpriv", powers)
            ask = ["setpriv", powers, sys.executable, "-c", f"import os; print(os.access({str(root)!r}, os.W_OK))"]
            if shutil.which("setpriv") is None or subprocess.run(ask, capture_output=True).stdout != b"False\n":
                pytest.skip("this user may write everywhere: a read-only project cannot be made here")

    return protect


def test_read_only_project_runs_all_the_same(tool: Any, project: Write, no_writing: Callable[[Path], None]) -> None:
    no_writing(project(PASSING))
    ended = tool.run("launch", "suite", "--headless")
    assert ended.status == 0
    assert "1 passed in" in ended.out


def test_read_only_project_is_not_fixed_and_the_message_says_why(
    tool: Any, shop: Path, tmp_path: Path, no_writing: Callable[[Path], None]
) -> None:
    no_writing(shop)
    ended = tool.run("launch", "suite", "--headless", "--fix", "--json", "out.json")
    assert ended.status == 69
    assert "BEFORE" in ended.out
    assert "is read-only. Nothing was changed." in ended.err
    document = json.loads((tmp_path / "out.json").read_text())
    assert document["fix"]["outcome"] == "not applied"
    assert document["after"] is None


def test_ctrl_c_before_pytest_runs(tool: Any, project: Write, wait_until: Callable[..., None]) -> None:
    root = project(PASSING)
    python = root / "python"
    python.write_text('#!/bin/sh\ntouch "$(dirname "$0")/asked"\nexec sleep 600\n')
    python.chmod(0o755)
    process = tool.start("launch", "suite", "--headless", "--python", python)
    wait_until((root / "asked").exists, "the interpreter")
    process.send_signal(signal.SIGINT)
    ended = tool.end(process)
    assert ended.status == 130
    assert ended.err.strip() == "isolation-tui: Interrupted."
