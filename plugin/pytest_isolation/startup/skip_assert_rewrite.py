"""Import our own modules as Python does. PYTEST_DONT_REWRITE

pytest reads, walks and compiles every module of a package given to ``-p``, to rewrite its asserts: we have none, and
without a cache of bytecode that is a tenth of a second of every run (seen on 7.4 to 9.2).
"""

import contextlib
import sys
from importlib.machinery import PathFinder
from typing import Any, Iterator

_OURS = __name__.partition(".")[0] + "."


class _OwnModules:
    """First on ``sys.meta_path`` while our modules are imported."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> Any:
        return PathFinder.find_spec(name, path, target) if name.startswith(_OURS) else None


@contextlib.contextmanager
def plain_import() -> Iterator[None]:
    """For as long as it lasts."""
    finder: Any = _OwnModules()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        if finder in sys.meta_path:
            sys.meta_path.remove(finder)
