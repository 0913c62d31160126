"""What is kept aside for a trial is kept in a folder of the test."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def state_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state folder of isolation-tui."""
    folder = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("ISOLATION_TUI_STATE", str(folder))
    return folder


@pytest.fixture(params=[True, False], ids=["fork", "fresh"])
def fork(request: pytest.FixtureRequest) -> bool:
    """Whether trials are forks of one process."""
    return bool(request.param)
