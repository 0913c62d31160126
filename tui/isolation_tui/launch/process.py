"""pytest's process: started in a process group of its own, interrupted as by Ctrl-C, its output read from a file."""

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
"""Seconds from the interrupt to SIGTERM, which leave time for teardown, and from there to SIGKILL."""


class SuiteProcess:
    """A pytest process with the plugin in it.

    Its output goes to a file in ``folder``: with a pipe or a terminal of ours, the suite would die if we did. The
    plugin connects to ``address`` and sends ``token``.
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
        self._stopped_at: float | None = None
        self._escalations = 0
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
                Status.INTERPRETER, f"Cannot start {project.python}: {error.strerror}.", "Choose another with --python."
            ) from error
        self._output = output.open("rb")

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def status(self) -> int | None:
        """The exit status, minus the signal's number if a signal ended it; None while it runs."""
        return self._popen.poll()

    def read_output(self, most: int = 1 << 20) -> str:
        """The output since the last call."""
        return self._decoder.decode(self._output.read(most))

    def stop(self) -> None:
        """Interrupt it as Ctrl-C does: teardown still runs. The next call terminates it, further ones kill it."""
        if self.status is not None:
            return
        if self._stopped_at is None:
            self.stopping = True
            self._signal(signal.SIGINT)
        else:
            self._escalations += 1
            self._signal(signal.SIGTERM if self._escalations == 1 else _KILL)
        self._stopped_at = time.monotonic()

    def escalate_when_due(self) -> None:
        """Terminate or kill it if it has not stopped within STOP_PATIENCE. Call it regularly."""
        if self._stopped_at is not None and self.status is None:
            patience = STOP_PATIENCE[min(self._escalations, len(STOP_PATIENCE) - 1)]
            if time.monotonic() - self._stopped_at > patience:
                self.stop()

    def close(self) -> None:
        """Kill it if it still runs; if we stopped it, kill what it started and left running, too."""
        if self.status is None:
            self.stopping = True
            self._signal(_KILL)
            self._popen.wait()
        elif self.stopping:
            self._signal(_KILL)  # processes that it started
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
    path = str(plugin_folder(folder))
    env["PYTHONPATH"] = os.pathsep.join(filter(None, [path, env.get("PYTHONPATH", "")]))
    settings["current_test_file"] = str(folder)
    if select:
        chosen = folder / "select.json"
        chosen.write_text(json.dumps(list(select)), encoding="utf-8")
        settings["select"] = str(chosen)
    env[SETTINGS_VARIABLE] = json.dumps(settings)
    return env


def plugin_folder(folder: Path) -> Path:
    """Make a folder for PYTHONPATH with only the plugin's package in it.

    Our own site-packages there would shadow the project's packages.
    """
    package = Path(events.__file__).parents[1]
    inject = folder / "inject"
    inject.mkdir()
    try:
        (inject / "pytest_isolation").symlink_to(package, target_is_directory=True)
    except OSError:
        shutil.copytree(package, inject / "pytest_isolation", ignore=shutil.ignore_patterns("__pycache__"))
    return inject


def private_folder() -> Path:
    """Make a folder that only this user can enter. Its name is short because a socket's path must be."""
    try:
        return Path(tempfile.mkdtemp(prefix="isolation-"))
    except OSError as error:
        raise ToolError(
            Status.LISTEN,
            f"Cannot create a private folder in {tempfile.gettempdir()}: {error.strerror}.",
            "Set TMPDIR to a folder that can be written.",
        ) from error


def read_current_test_file(folder: Path, worker: str) -> str:
    """The node id of the test that ``worker`` is running, '' if none (see the plugin's ``current_test_file.py``)."""
    try:
        data = (folder / f"current-test-{worker}").read_bytes()
    except OSError:
        return ""
    length = int.from_bytes(data[:2], "big")
    return data[2 : 2 + length].decode("utf-8", "replace")
