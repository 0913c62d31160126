"""The files of a project, without hidden folders, environments and caches."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_SKIPPED = frozenset(("node_modules", "site-packages", "__pycache__"))


def project_files(root: Path) -> Iterator[Path]:
    """The files below a folder, in the order of their names."""
    for folder, folders, names in os.walk(root):
        folders[:] = [
            name
            for name in sorted(folders)
            if name not in _SKIPPED
            and not name.startswith(".")
            and not os.path.exists(os.path.join(folder, name, "pyvenv.cfg"))
        ]
        yield from (Path(folder, name) for name in sorted(names))
