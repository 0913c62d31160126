"""The table of patches in README, from the plugin's own register.

    python tests/patches_table.py

prints it; README has it between two comments, and a test compares them.
"""

from __future__ import annotations

from pytest_isolation.patches import Patch
from pytest_isolation.probes.database import patches as database
from pytest_isolation.probes.process import patches as process
from pytest_isolation.startup import patches as startup

REGISTERS = (startup.PATCHES, process.PATCHES, database.PATCHES)
BEGIN, END = "<!-- patches -->", "<!-- end of patches -->"


def all_patches() -> list[Patch]:
    return [patch for register in REGISTERS for patch in register]


def table() -> str:
    """Markdown, a row for each patch."""
    lines = ["| replaced or wrapped | why | where | undone |", "| --- | --- | --- | --- |"]
    for patch in all_patches():
        undone = patch.undone or "at the end of the session"
        name = f"`{patch.target}`" + (" (also in safe mode)" if patch.public else "")
        lines.append(f"| {name} | {patch.why} | {patch.versions} | {undone} |")
    return "\n".join(lines)


def in_readme(text: str) -> str:
    """What README has between the comments."""
    return text.partition(BEGIN)[2].partition(END)[0].strip()


if __name__ == "__main__":
    print(table())
