"""Takes the README's pictures of the real demo: broken as shipped, and with the fix.

    python tests/bench/screenshots.py [--folder .github/screenshots] [--theme isolation-dark]

The demo runs for real, in a temporary copy, before and after the fix; the dashboard shows both runs headless.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "plugin"), str(ROOT / "tui")]
SIZE = (150, 40)
WAIT = 120.0


async def take(workbench: object, folder: Path, theme: str) -> None:
    """Run, and take a picture of the first refused test; fix, run again, and take one of the same test."""
    from isolation_tui.app.app import IsolationApp
    from isolation_tui.workbench import Workbench

    assert isinstance(workbench, Workbench)
    app = IsolationApp(workbench)
    app.animation_level = "none"
    async with app.run_test(size=SIZE, notifications=False) as pilot:
        app.theme, chosen = theme, ""
        for name in ("before", "after"):
            if name == "after":
                workbench.apply_and_run(workbench.plan_fix())
            else:
                workbench.start()
            source = workbench.current
            assert source is not None
            deadline = time.monotonic() + WAIT
            while not source.finished:
                assert time.monotonic() < deadline, "the demo did not come to an end"
                await pilot.pause(0.1)
            await pilot.pause(0.5)
            if name == "before":
                chosen = next(
                    t.nodeid for t in source.run.order if t.failure and "already defined" in t.failure.message
                )
            app.show_test(source.run.tests[chosen])
            await pilot.pause(0.5)
            app.clear_notifications()
            await pilot.pause(0.2)
            path = folder / f"{name}.svg"
            path.write_text(neat(app.export_screenshot(title="isolation-tui launch demo_app")))
            print(f"{path.name}: {source.run.counts.line()}")


def neat(svg: str) -> str:
    """The same picture each time but for what it shows: ids of its own, no font from elsewhere, no spare blanks."""
    svg = re.sub(r"terminal-\d+", "terminal", svg)
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.S)
    svg = svg.replace("Fira Code", "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas")
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=ROOT / ".github" / "screenshots")
    parser.add_argument("--theme", default="isolation-dark")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    from isolation_tui.launch import find_project
    from isolation_tui.workbench import Workbench

    for name in ("NO_COLOR", "ISOLATION_TUI_ASCII"):
        os.environ.pop(name, None)
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["ISOLATION_TUI_STATE"] = str(Path(temporary, "state"))
        demo = Path(temporary, "demo_app")
        shutil.copytree(ROOT / "demo_app", demo, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache", "*.db"))
        workbench = Workbench(find_project(str(demo), python=sys.executable))
        try:
            asyncio.run(take(workbench, options.folder, options.theme))
        finally:
            workbench.close()
        private = {temporary, str(ROOT), str(Path.home()), os.environ.get("USER", "")}
        for path in options.folder.glob("*.svg"):
            found = [word for word in private if len(word) > 3 and word in path.read_text()]
            assert not found, f"{path.name} names {found}"


if __name__ == "__main__":
    main()
