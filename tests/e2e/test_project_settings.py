"""``[tool.isolation-tui]`` and the options beside it, on their way to the plugin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pytest_isolation.events import SETTINGS_VARIABLE

Write = Callable[[Mapping[str, str]], Path]

SUITE = {
    "test_it.py": f"""
        import json, os

        def test_what_the_plugin_is_told():
            given = json.loads(os.environ["{SETTINGS_VARIABLE}"])
            assert (given["verify"], given["off"]) == (True, ["process", "reads"])
        """,
    "pyproject.toml": "[tool.isolation-tui]\noff = ['process']\nverify = true\n",
}


def test_settings_and_options_add_up(tool: Any, project: Write) -> None:
    project(SUITE)
    ended = tool.run("launch", "suite", "--headless", "--off", "reads")
    assert ended.status == 0, ended.out
    assert tool.run("launch", "suite", "--headless").status == 1  # without --off, only what the file says


def test_safe_mode_is_asked_for_by_an_option(tool: Any, project: Write) -> None:
    suite = SUITE["test_it.py"].replace('["process", "reads"]', '["process", "patches"]')
    project({**SUITE, "test_it.py": suite + "    import sqlalchemy\n"})
    ended = tool.run("launch", "suite", "--headless", "--safe")
    assert ended.status == 0, ended.out
    assert "safe mode does not see" in ended.out


def test_invalid_settings_are_reported_with_their_file(tool: Any, project: Write) -> None:
    root = project({**SUITE, "pyproject.toml": "[tool.isolation-tui]\nprobes = []\n"})
    ended = tool.run("launch", "suite", "--headless")
    assert ended.status == 64
    assert f"{root / 'pyproject.toml'}, [tool.isolation-tui]: there is no setting 'probes'" in ended.err
    assert "Correct the file" in ended.err
    assert "Traceback" not in ended.err


def test_a_probe_that_there_is_not(tool: Any, project: Write) -> None:
    project(SUITE)
    ended = tool.run("launch", "suite", "--headless", "--off", "everything")
    assert ended.status == 64
    assert "'everything' is not one of" in ended.err
