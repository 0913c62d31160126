"""A pytest plugin: the CPU time at each test's start and at the end of the last, into the file that ``TICKS`` names.

The bench copies it to a folder called ``site-packages``: what is there is no part of the suite.
"""

import json
import os
import time
from pathlib import Path

import pytest

_ticks = []


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logstart() -> None:
    _ticks.append(time.process_time())


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish() -> None:
    _ticks.append(time.process_time())
    Path(os.environ["TICKS"]).write_text(json.dumps(_ticks))
