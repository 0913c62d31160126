"""Hide the plugin from the suite's coverage report.

coverage leaves out installed packages, but not a plugin on ``PYTHONPATH``: ``--cov`` without a source would list these
modules, change the total, and with ``--cov-fail-under`` the exit status (seen with coverage 7). No version measures
code whose file name is not that of a file, and such code costs nothing under a tracer.
"""

import sys
from types import CodeType, FunctionType
from typing import Any, Set

_PACKAGE = __name__.partition(".")[0]


def hide() -> None:
    """Change the file name in the code of all functions of this package; Python 3.7 cannot, and nothing is hidden."""
    if not hasattr(CodeType, "replace"):
        return
    seen: Set[int] = set()
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == _PACKAGE:
            for thing in list(vars(module).values()):
                _hide(thing, seen)


def _hide(thing: Any, seen: Set[int]) -> None:
    if isinstance(thing, tuple):  # the functions of a Patch
        for inner in thing:
            _hide(inner, seen)
        return
    thing = getattr(thing, "__func__", None) or getattr(thing, "fget", None) or thing
    if id(thing) in seen or str(getattr(thing, "__module__", "")).partition(".")[0] != _PACKAGE:
        return
    seen.add(id(thing))
    if isinstance(thing, FunctionType):
        thing.__code__ = _renamed(thing.__code__)
    elif isinstance(thing, type):
        for inner in list(vars(thing).values()):
            _hide(inner, seen)


def _renamed(code: Any) -> Any:
    constants = tuple(_renamed(each) if isinstance(each, CodeType) else each for each in code.co_consts)
    name = code.co_filename.replace("\\", "/").rpartition("/")[2]
    return code.replace(co_filename="<%s>/%s" % (_PACKAGE, name), co_consts=constants)
