"""Whatever becomes of the observer, the suite runs as it would without it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest

import environments
import isolation_tui
import pytest_isolation
from isolation_tui.receive import decode
from observing import PATIENCE, bare, clean_environment, observe, wait_until, write
from pytest_isolation.events import FactsDropped, Hello, SessionFinished

pytestmark = pytest.mark.slow

SOURCES = [str(Path(package.__file__ or "").parents[1]) for package in (isolation_tui, pytest_isolation)]


class Reader:
    """A listener that reads on request, or never."""

    def __init__(self, folder: Path) -> None:
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(folder / "s"))
        self._server.listen()
        self._server.settimeout(PATIENCE)
        self.address = f"unix:{folder / 's'}"
        self._peer: socket.socket | None = None

    def read_all(self) -> list[object]:
        """All facts, until the other side hangs up."""
        peer = self._peer or self._server.accept()[0]
        data = b""
        while more := peer.recv(1 << 20):
            data += more
        facts = []
        for line in data.split(b"\n")[1:-1]:
            facts += [each.fact for each in decode(line).facts]
        return facts

    def accept(self) -> None:
        self._peer = self._server.accept()[0]

    def close(self) -> None:
        for held in (self._peer, self._server):
            if held is not None:
                held.close()


@pytest.fixture
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    import tempfile

    with tempfile.TemporaryDirectory(prefix="iso-") as folder:
        made = Reader(Path(folder))
        yield made
        made.close()


def start(root: Path, reader: Reader, *args: str, **settings: object) -> subprocess.Popen[bytes]:
    """pytest with the plugin in it, talking to that reader."""
    inject = root.parent / "inject"
    inject.mkdir()
    (inject / "pytest_isolation").symlink_to(Path(pytest_isolation.__file__).parent)
    told = json.dumps({"address": reader.address, "token": "t", **settings})
    return subprocess.Popen(
        [environments.CURRENT.interpreter, "-m", "pytest", "-p", "pytest_isolation", "-q", *args],
        cwd=root,
        env=clean_environment({"PYTHONPATH": str(inject), "ISOLATION_TUI": told}),
        stdin=subprocess.DEVNULL,
        stdout=(root.parent / "output").open("wb"),
        stderr=subprocess.STDOUT,
    )


MANY = {
    "test_many.py": """
        import pytest

        @pytest.fixture
        def one(): pass

        @pytest.mark.parametrize("n", range(1500))
        def test_it(one, n): pass
        """
}


# -- the observer fails -------------------------------------------------------------------------------------------


def test_a_suite_whose_reader_never_reads_runs_to_its_end(tmp_path: Path, reader: Reader) -> None:
    suite = start(write(tmp_path / "suite", MANY), reader, queue_limit=2_000)
    assert suite.wait(PATIENCE) == 0


def test_a_reader_that_reads_late_learns_how_much_it_missed(tmp_path: Path, reader: Reader) -> None:
    """The suite waits in its last test until the reader has begun; by then the queue is long full."""
    files = {
        **MANY,
        "test_z.py": """
            from pathlib import Path
            import time

            def test_waits():
                Path("filled").touch()
                until = time.monotonic() + 60
                while not Path("reading").exists() and time.monotonic() < until: time.sleep(0.01)
            """,
    }
    root = write(tmp_path / "suite", files)
    suite = start(root, reader, queue_limit=100)
    wait_until(lambda: (root / "filled").exists(), "the queue is full")
    (root / "reading").touch()
    facts = reader.read_all()
    assert suite.wait(PATIENCE) == 0
    totals = [fact.total for fact in facts if isinstance(fact, FactsDropped)]
    assert totals
    assert totals[-1] > 1_000
    assert isinstance(facts[0], Hello)
    assert any(isinstance(fact, SessionFinished) for fact in facts)


def test_a_listener_that_dies_in_mid_run_is_not_missed(tmp_path: Path, reader: Reader) -> None:
    files = {
        "test_it.py": """
            from pathlib import Path
            import time

            def test_before():
                Path("begun").touch()
                until = time.monotonic() + 60
                while not Path("gone").exists() and time.monotonic() < until: time.sleep(0.01)

            def test_after(): pass
            def test_fails(): assert 0
            """
    }
    root = write(tmp_path / "suite", files)
    suite = start(root, reader)
    wait_until(lambda: (root / "begun").exists(), "the suite has begun")
    reader.accept()
    reader.close()
    (root / "gone").touch()
    assert suite.wait(PATIENCE) == 1
    assert "1 failed, 2 passed" in (tmp_path / "output").read_text()


def test_without_a_listener_the_suite_runs_by_itself(tmp_path: Path, reader: Reader) -> None:
    root = write(tmp_path / "suite", {"test_it.py": "def test_it(): pass"})
    reader.close()
    assert start(root, reader).wait(PATIENCE) == 0


@pytest.mark.parametrize("settings", ["", "{}", "not json", "[1]", '{"address": "unix:/nowhere", "token": 1}'])
def test_invalid_settings_of_the_plugin_stop_nothing(tmp_path: Path, settings: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "import pytest_isolation.plugin as it; print(it._plugin)"],
        env=clean_environment({"PYTHONPATH": SOURCES[1], "ISOLATION_TUI": settings}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.stdout, ended.stderr) == ("None\n", "")


DRIVER = """
import sys
from pathlib import Path
from isolation_tui.launch import Project
from isolation_tui.session import LiveSession

root = Path(sys.argv[1])
session = LiveSession(Project(root, root, ("--junitxml=report.xml",), sys.argv[2]))
print(session.pid, flush=True)
session.wait()
"""


def test_a_suite_outlives_the_killed_observer_and_writes_its_report_to_the_end(tmp_path: Path) -> None:
    files = {
        "test_it.py": """
            from pathlib import Path
            import time

            def test_before():
                Path("begun").touch()
                until = time.monotonic() + 60
                while not Path("killed").exists() and time.monotonic() < until: time.sleep(0.01)

            def test_says_a_lot(): print("a line of it\\n" * 20_000)
            def test_fails(): assert 0
            def teardown_module(): Path("torn down").touch()
            """
    }
    root = write(tmp_path / "suite", files)
    observer = subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(root), environments.CURRENT.interpreter],
        env=clean_environment({"PYTHONPATH": os.pathsep.join(SOURCES), "TMPDIR": str(tmp_path)}),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert observer.stdout is not None
    suite = int(observer.stdout.readline())
    wait_until(lambda: (root / "begun").exists(), "the suite has begun")
    observer.send_signal(signal.SIGKILL)
    observer.wait()
    observer.stdout.close()
    (root / "killed").touch()
    wait_until(lambda: not alive(suite), "the suite has ended by itself")
    (report,) = ElementTree.parse(root / "report.xml").getroot().iter("testsuite")
    assert (report.get("tests"), report.get("failures")) == ("3", "1")
    assert (root / "torn down").exists()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")  # a zombie has ended, although its parent does not wait for it
    try:
        return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("observed", [False, True], ids=["by itself", "observed"])
def test_installed_it_sleeps_until_it_is_given_an_address(tmp_path: Path, observed: bool) -> None:
    """As a pytest11 plugin of the project's own environment: without an address it does nothing, with one it is loaded
    once although ``-p`` names it too."""
    root = write(tmp_path / "suite", {"test_it.py": "def test_it(request): print(len(sorted(request.config"
                                      ".pluginmanager.list_plugin_distinfo())))"})  # fmt: skip
    installed = write(
        tmp_path / "installed",
        {
            "isolation_tui-0.dist-info/METADATA": "Metadata-Version: 2.1\nName: isolation-tui\nVersion: 0\n",
            "isolation_tui-0.dist-info/entry_points.txt": "[pytest11]\npytest_isolation = pytest_isolation\n",
        },
    )
    (installed / "pytest_isolation").symlink_to(Path(pytest_isolation.__file__).parent)
    python, env = environments.CURRENT.interpreter, {"PYTHONPATH": str(installed)}
    if observed:
        seen = observe(root, python=python, env=env)
        assert (seen.status, seen.run.counts.passed, len(seen.of(Hello))) == (0, 1, 1)
        assert "plugins: isolation-tui-0" in seen.output
    else:
        ended = bare(root, "-W", "error", python=python, env=env)
        assert (ended.status, ended.last_line) == (0, {"passed": 1})
        assert "plugins: isolation-tui-0" in ended.output


def test_a_probe_that_fails_says_so_once_and_the_suite_goes_on(tmp_path: Path) -> None:
    files = {
        "conftest.py": """
            import sqlalchemy
            from pytest_isolation.probes.database.metadata import MetadataProbe
            from pytest_isolation.probes.database.ddl import SchemaProbe
            from pytest_isolation.probes.fixtures import FixtureProbe

            def fails(*_, **__): raise RuntimeError("a defect of ours")

            MetadataProbe.number_of = fails
            SchemaProbe._begin = fails
            FixtureProbe._define = fails
            """,
        "test_it.py": """
            import pytest
            from sqlalchemy import Column, Integer, MetaData, Table, create_engine

            @pytest.fixture
            def table():
                metadata = MetaData()
                yield Table("users", metadata, Column("id", Integer, primary_key=True))
                metadata.clear()

            @pytest.mark.parametrize("n", range(3))
            def test_it(table, n):
                table.metadata.create_all(create_engine("sqlite://"))
            """,
    }
    seen = observe(write(tmp_path / "suite", files), "-q", python=environments.CURRENT.interpreter)
    assert (seen.status, seen.run.counts.passed) == (0, 3)
    assert sorted(fact.probe for fact in seen.run.disabled_probes) == ["fixtures", "metadata", "schema"]
    assert {fact.why for fact in seen.run.disabled_probes} == {"RuntimeError: a defect of ours"}


def test_the_token_is_in_no_argument_and_in_no_recording(tmp_path: Path) -> None:
    said: list[bytes] = []
    tokens: list[str] = []

    def look(session: object) -> None:
        listener = session._listener  # type: ignore[attr-defined]
        tokens.append(listener.token)
        try:
            said.append(Path(f"/proc/{session.pid}/cmdline").read_bytes())  # type: ignore[attr-defined]
        except OSError:
            pass

    root = write(tmp_path / "suite", {"test_it.py": "def test_it(): pass"})
    seen = observe(root, "-q", python=environments.CURRENT.interpreter, meanwhile=look)
    token = tokens[0].encode()
    assert any(said)
    assert not [arguments for arguments in said if token in arguments]
    assert token not in seen.recorded.read_bytes()


def test_a_recording_is_for_its_owner_alone(tmp_path: Path) -> None:
    root = write(tmp_path / "suite", {"test_it.py": "def test_it(): pass"})
    seen = observe(root, "-q", python=environments.CURRENT.interpreter)
    assert seen.recorded.stat().st_mode & 0o077 == 0


def test_nothing_of_ours_is_left_behind(tmp_path: Path) -> None:
    root = write(tmp_path / "suite", {"test_it.py": "def test_it(): pass"})
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    import tempfile

    tempfile.tempdir, kept = str(temporary), tempfile.tempdir
    try:
        observe(root, "-q", "-p", "no:cacheprovider", python=environments.CURRENT.interpreter)
    finally:
        tempfile.tempdir = kept
    assert list(temporary.iterdir()) == []
    assert sorted(path.name for path in root.iterdir()) == ["test_it.py"]
