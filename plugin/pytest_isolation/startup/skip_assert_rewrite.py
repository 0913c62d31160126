"""Import the plugin's modules without pytest's assert rewriting. PYTEST_DONT_REWRITE

pytest parses and compiles every module of a package given to ``-p``, to rewrite its asserts. The plugin has none, and
without cached bytecode that takes a tenth of a second of every run (seen on 7.4 to 9.2).
"""

import contextlib
import sys
from importlib.machinery import PathFinder
from typing import Any, Iterator

_OURS = __name__.partition(".")[0] + "."


class _OwnModules:
    """An import finder that is first on ``sys.meta_path`` while the plugin's modules are imported."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> Any:
        return PathFinder.find_spec(name, path, target) if name.startswith(_OURS) else None


@contextlib.contextmanager
def plain_import() -> Iterator[None]:
    """Import the plugin's modules as Python does, within this context."""
    finder: Any = _OwnModules()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        if finder in sys.meta_path:
            sys.meta_path.remove(finder)
