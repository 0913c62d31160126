"""Golden screens: plain text of a whole screen, kept beside the tests, rewritten with ``UPDATE_GOLDEN=1``."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

FOLDER = Path(__file__).parent / "app" / "golden"


def compare(name: str, text: str) -> None:
    """Fail with a diff unless ``text`` equals the golden file."""
    path = FOLDER / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
        return
    expected = path.read_text(encoding="utf-8").removesuffix("\n") if path.exists() else ""
    if text != expected:
        diff = "\n".join(difflib.unified_diff(expected.splitlines(), text.splitlines(), "golden", "now", lineterm=""))
        raise AssertionError(f"the screen is not {path.name} any more (UPDATE_GOLDEN=1 accepts it):\n{diff}")
