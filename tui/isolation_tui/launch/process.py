"""pytest's process: started in a group of its own, heard through a file, stopped as Ctrl-C would."""

from __future__ import annotations

import codecs
import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from pytest_isolation import events
from pytest_isolation.events import SETTINGS_VARIABLE

from ..errors import Status, ToolError
from .project import Project

STOP_PATIENCE = (15.0, 5.0)
"""Seconds after Ctrl-C until the terminate signal, and after that until the kill: teardown is awaited first."""


class SuiteProcess:
    """One pytest process with the plugin in it.

    Its output goes to a file in ``folder`` and is read from there: were it a pipe or a terminal of ours, our death
    would be the suite's. ``address`` and ``token`` tell the plugin where to talk to.
    """

    def __init__(
        self,
        project: Project,
        folder: Path,
        address: str,
        token: str,
        *,
        select: Sequence[str] = (),
        colour: bool = False,
        verify: bool = False,
        off: Sequence[str] = (),
    ) -> None:
        self.command = (project.python, "-m", "pytest", "-p", "pytest_isolation", *project.args)
        self.stopping = False
        self._asked_at: float | None = None
        self._insisted = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        output = folder / "output"
        settings = {"address": address, "token": token, "colour": colour, "verify": verify, "off": list(off)}
        env = _environment(folder, settings, select)
        try:
            with output.open("wb") as sink:
                self._popen = subprocess.Popen(
                    self.command,
                    cwd=project.cwd,
                    env=env,
                    stdin=subprocess.DEVNULL,
                    stdout=sink,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        except OSError as error:
            raise ToolError(
                Status.INTERPRETER, f"{project.python} could not be started: {error.strerror}.", "Give --python."
            ) from error
        self._output = output.open("rb")

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def status(self) -> int | None:
        """None while it runs; then its exit status, or minus the signal that ended it."""
        return self._popen.poll()

    def read_output(self, most: int = 1 << 20) -> str:
        """What it printed since the last call."""
        return self._decoder.decode(self._output.read(most))

    def stop(self) -> None:
        """Ask it to stop, as Ctrl-C does: its teardown still runs. Asking again insists (terminate, then kill)."""
        if self.status is not None:
            return
        if self._asked_at is None:
            self.stopping = True
            self._signal(signal.SIGINT)
        else:
            self._insisted += 1
            self._signal(signal.SIGTERM if self._insisted == 1 else _KILL)
        self._asked_at = time.monotonic()

    def insist_in_time(self) -> None:
        """Insist when patience has run out. Call it now and then while stopping."""
        if self._asked_at is not None and self.status is None:
            patience = STOP_PATIENCE[min(self._insisted, len(STOP_PATIENCE) - 1)]
            if time.monotonic() - self._asked_at > patience:
                self.stop()

    def close(self) -> None:
        """Nothing of it is left running if we stopped it."""
        if self.status is None:
            self.stopping = True
            self._signal(_KILL)
            self._popen.wait()
        elif self.stopping:
            self._signal(_KILL)  # what it started itself and left behind
        self._output.close()

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self._popen.pid, number)
            else:
                self._popen.send_signal(number)


_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


def _environment(folder: Path, settings: dict[str, object], select: Sequence[str]) -> dict[str, str]:
    env = dict(os.environ)
    path = str(_injection(folder))
    env["PYTHONPATH"] = os.pathsep.join(filter(None, [path, env.get("PYTHONPATH", "")]))
    settings["current_test_file"] = str(folder)
    if select:
        chosen = folder / "select.json"
        chosen.write_text(json.dumps(list(select)), encoding="utf-8")
        settings["select"] = str(chosen)
    env[SETTINGS_VARIABLE] = json.dumps(settings)
    return env


def _injection(folder: Path) -> Path:
    """A folder that holds the plugin's package and nothing else: beside it in our own environment lie packages that
    would shadow the project's."""
    package = Path(events.__file__).parents[1]
    inject = folder / "inject"
    inject.mkdir()
    try:
        (inject / "pytest_isolation").symlink_to(package, target_is_directory=True)
    except OSError:
        shutil.copytree(package, inject / "pytest_isolation", ignore=shutil.ignore_patterns("__pycache__"))
    return inject


def private_folder() -> Path:
    """A new folder that only this user can enter. Short, because a socket's path is."""
    try:
        return Path(tempfile.mkdtemp(prefix="isolation-"))
    except OSError as error:
        raise ToolError(
            Status.LISTEN,
            f"No private folder could be made in {tempfile.gettempdir()}: {error.strerror}.",
            "Set TMPDIR.",
        ) from error


def read_current_test_file(folder: Path, worker: str) -> str:
    """The node id of the test that ``worker`` was running, '' none (see the plugin's ``current_test_file.py``)."""
    try:
        data = (folder / f"current-test-{worker}").read_bytes()
    except OSError:
        return ""
    length = int.from_bytes(data[:2], "big")
    return data[2 : 2 + length].decode("utf-8", "replace")
