"""What a trial is to do: written by the prober into a private file, read here."""

import json
from typing import Any, Dict, List, NamedTuple, Optional

SPEC_VARIABLE = "PYTEST_ISOLATION_TRIAL"
"""Environment variable with the path of the file."""

RUN, SERVE, WATCH = "run", "serve", "watch"
"""Modes: run the tests of this trial; collect, then run each trial that is asked for in a fork; only report what a
plain pytest run does by itself."""


class Spec(NamedTuple):
    """One trial.

    ``report`` is the file to append to, ``scratch`` a folder that may be written. ``files`` are all test files of the
    run, relative to pytest's root folder (none: what the command line names).
    """

    mode: str
    report: str
    scratch: str
    tests: List[str] = []
    files: List[str] = []
    without_files: List[str] = []
    undo: Optional[Dict[str, Any]] = None
    """A location that is put back right before the last of the tests."""
    servers: List[str] = []
    """URLs of servers' databases that earlier trials used."""
    keep: str = ""
    """Folder for copies of the project's files that are about to be written ('' to keep none), and its journal."""
    root: str = ""
    """The project's folder: the files below it are kept."""
    requests: int = -1
    answers: int = -1
    """Descriptors of a fork server's two pipes."""


def read_spec(path: str) -> Spec:
    """The content of one such file."""
    with open(path, encoding="utf-8") as file:
        return Spec(**json.load(file))
