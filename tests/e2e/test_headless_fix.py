"""``launch --headless --fix``: before, the fix, after, and every file restored however it ends."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

Write = Callable[[Mapping[str, str]], Path]


def contents(root: Path) -> dict[str, bytes]:
    """The project's own files; what pytest leaves behind does not count."""
    left = ("__pycache__", ".pytest_cache")
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not any(part in left for part in path.parts)
    }


def test_before_after_and_everything_as_it_was(tool: Any, shop: Path, tmp_path: Path) -> None:
    was = contents(shop)
    ended = tool.run("launch", "suite", "--headless", "--fix", "--json", "out.json", "--record", "run.ndjson")
    document = json.loads((tmp_path / "out.json").read_text())
    assert contents(shop) == was
    assert document["before"]["fix"] is False
    assert document["after"]["fix"] is True
    assert document["comparison"]["already_defined"]["before"] > 0
    assert document["comparison"]["already_defined"]["after"] == 0
    assert document["comparison"]["healed"]
    assert document["fix"] == {"outcome": "undone", "problem": ""}
    assert document["plan"][0]["change"] == "NEW"
    assert ended.status == document["exit_status"] == document["after"]["exit_status"]
    assert '"Table already defined" errors: 0' in ended.out
    assert "The fix was undone" in ended.out
    assert (tmp_path / "run.ndjson").exists()
    assert (tmp_path / "run-2.ndjson").exists()


def test_a_kept_fix_stays_and_is_taken_back_by_its_command(tool: Any, shop: Path) -> None:
    was = contents(shop)
    kept = tool.run("launch", "suite", "--keep-fix")
    assert "isolation-tui fix suite --undo" in kept.out
    assert contents(shop) != was

    again = tool.run("launch", "suite", "--headless", "--fix")
    assert again.status == 69
    assert again.out == ""
    assert "applied" in again.err
    assert "isolation-tui fix suite --undo" in again.err

    undone = tool.run("fix", "suite", "--undo")
    assert undone.status == 0
    assert contents(shop) == was


def test_where_no_recipe_fits_the_run_is_still_reported(tool: Any, project: Write, tmp_path: Path) -> None:
    project({"test_it.py": "def test_it(): assert 1 == 2\n"})
    ended = tool.run("launch", "suite", "--headless", "--fix", "--json", "out.json")
    assert ended.status == 69
    assert "1 failed in" in ended.out
    assert "does not fit this project" in ended.err
    document = json.loads((tmp_path / "out.json").read_text())
    assert document["before"]["counts"]["failed"] == 1
    assert document["after"] is None
    assert document["fix"]["outcome"] == "not applied"


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 2), (signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=["INT", "TERM", "HUP"]
)
def test_a_signal_in_the_second_run_undoes_the_fix(
    tool: Any, shop: Path, wait_until: Callable[..., None], number: int, status: int
) -> None:
    slow = shop / "backend" / "tests" / "integration" / "test_zz_slow.py"
    slow.write_text(
        "import pathlib, time\n\n"
        "def test_slow():\n"
        "    here = pathlib.Path(__file__).parent\n"
        "    if (here.parent / 'conftest.py').exists():\n"
        "        (here / 'reached.mark').touch()\n"
        "        time.sleep(600)\n"
    )
    was = contents(shop)
    process = tool.start("launch", "suite", "--headless", "--fix")
    wait_until(slow.with_name("reached.mark").exists, "the second run")
    process.send_signal(number)
    ended = tool.end(process)
    slow.with_name("reached.mark").unlink()
    assert contents(shop) == was
    assert ended.status == status
    assert "The fix was undone" in ended.out


def test_killed_in_the_second_run_the_next_start_says_what_to_do(
    tool: Any, shop: Path, wait_until: Callable[..., None]
) -> None:
    was = contents(shop)
    process = tool.start("launch", "suite", "--headless", "--fix")
    wait_until((shop / "backend" / "tests" / "conftest.py").exists, "the fix")
    process.kill()
    process.communicate()
    again = tool.run("launch", "suite", "--headless", "--fix")
    assert again.status == 69
    assert "isolation-tui fix suite --undo" in again.err
    assert tool.run("fix", "suite", "--undo").status == 0
    assert contents(shop) == was


def test_an_edit_made_meanwhile_is_never_overwritten(tool: Any, shop: Path, tmp_path: Path) -> None:
    (shop / "backend" / "tests" / "integration" / "test_zz_edits.py").write_text(
        "import pathlib\n\n"
        "def test_edits():\n"
        "    conftest = pathlib.Path(__file__).parents[1] / 'conftest.py'\n"
        "    if conftest.exists():\n"
        "        conftest.write_text(conftest.read_text() + '# mine\\n')\n"
    )
    ended = tool.run("launch", "suite", "--headless", "--fix", "--json", "out.json")
    assert ended.status == 69
    assert "conftest.py was edited since" in ended.err
    assert (shop / "backend" / "tests" / "conftest.py").read_text().endswith("# mine\n")
    document = json.loads((tmp_path / "out.json").read_text())
    assert document["fix"]["outcome"] == "left applied"
    assert document["after"]["counts"]


def test_the_plan_is_shown_and_the_diff_applies(tool: Any, shop: Path) -> None:
    was = contents(shop)
    shown = tool.run("fix", "suite")
    assert shown.status == 0
    assert "Files to modify" in shown.out
    assert "Summary of changes" in shown.out
    assert tool.run("fix", "suite", "--diff").out.startswith("--- /dev/null\n+++ b/backend/tests/conftest.py\n")
    assert contents(shop) == was
    assert tool.run("fix", "suite", "--apply").status == 0
    assert contents(shop) != was
    assert tool.run("fix", "suite").status == 69
    assert tool.run("fix", "suite", "--undo").status == 0
    assert contents(shop) == was
