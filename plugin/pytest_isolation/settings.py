"""The launcher's settings for the plugin, in one environment variable."""

import json
import os
from typing import Any, List, NamedTuple, Optional, Tuple

from .events import SETTINGS_VARIABLE

SAFE, SAFE_VARIABLE = "patches", "ISOLATION_TUI_SAFE"
"""What is left out in safe mode, and the variable that asks for it."""


class Settings(NamedTuple):
    """What to observe, and where to send it.

    ``address`` is ``unix:PATH`` or ``tcp:HOST:PORT``. ``select`` names a file with node ids, a JSON array; '' runs
    everything. ``colour`` asks for coloured output without a terminal. ``worker`` is this process's name.
    ``queue_limit`` is how many facts may wait, 0 for the usual number. ``current_test_file`` is the folder of
    :mod:`.transport.current_test_file`. ``verify`` asks for a real count of the rows after each test. ``off`` are the
    names of probes to leave out: ``process``, ``reads``...
    """

    address: str
    token: str
    worker: str
    select: str = ""
    colour: bool = False
    queue_limit: int = 0
    current_test_file: str = ""
    verify: bool = False
    off: Tuple[str, ...] = ()

    @property
    def safe(self) -> bool:
        """Whether nothing of another library may be replaced: the probes use public events alone."""
        return SAFE in self.off or os.environ.get(SAFE_VARIABLE, "") not in ("", "0")


def read_settings() -> Optional[Settings]:
    """The settings for this process; None if it is not observed.

    The launched process writes its process id into the variable. pytest-xdist's workers are its children. Any other
    pytest that finds a process id there was started by a test, and is not observed.
    """
    text = os.environ.get(SETTINGS_VARIABLE)
    if not text:
        return None
    try:
        given = json.loads(text)
        address, token = str(given["address"]), str(given["token"])
        owner = given.get("owner")
        worker = os.environ.get("PYTEST_XDIST_WORKER", "") if owner else ""
        if owner and not (worker and owner == os.getppid()):
            return None
        if not owner:
            given["owner"] = os.getpid()
            os.environ[SETTINGS_VARIABLE] = json.dumps(given)
        return Settings(
            address=address,
            token=token,
            worker=worker or "main",
            select=str(given.get("select") or ""),
            colour=bool(given.get("colour")),
            queue_limit=int(given.get("queue_limit") or 0),
            current_test_file=str(given.get("current_test_file") or ""),
            verify=bool(given.get("verify")),
            off=tuple(str(name) for name in given.get("off") or ()),
        )
    except Exception:  # another program's variable of this name must not stop a suite
        return None


def read_selection(path: str) -> Optional[List[str]]:
    """The node ids to run; None if the file cannot be read, and then everything runs."""
    try:
        with open(path, encoding="utf-8") as file:
            given: Any = json.load(file)
        return [str(nodeid) for nodeid in given]
    except Exception:
        return None
