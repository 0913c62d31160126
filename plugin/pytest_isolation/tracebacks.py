"""Short tracebacks: the suite's own lines, and the innermost library line between and below them.

pytest's own text is not used: it depends on ``--tb``, and for an error in SQLAlchemy its long and short styles parse
every file on the stack, which takes a quarter of a second each (seen on 9.2).
"""

import linecache
from types import TracebackType
from typing import Any, List, Optional, Tuple

from .call_sites import is_library

LIMIT = 16_000
"""Characters of the text."""

_PYTEST = ("_pytest", "pluggy", "pytest_isolation")
_MOST_CAUSES = 5


def short_traceback(error: BaseException, root: str) -> str:
    """The messages of the causes, then lines ``file:line: in function`` with their source, then ``Type: message``.
    Paths below ``root`` are relative to it."""
    chain: List[Tuple[BaseException, str]] = []
    current: Optional[BaseException] = error
    joint = ""
    while current is not None and len(chain) < _MOST_CAUSES and all(current is not known for known, _ in chain):
        chain.append((current, joint))
        if current.__cause__ is not None:
            current, joint = current.__cause__, "which caused:"
        elif current.__context__ is not None and not current.__suppress_context__:
            current, joint = current.__context__, "and while that was handled:"
        else:
            current = None
    parts: List[str] = []
    for held, joint in reversed(chain):
        if held is error:
            parts += _frames(held.__traceback__, root)
        parts.append(_headline(held))
        if joint:
            parts.append(joint)
    text = "\n".join(parts)
    return text if len(text) <= LIMIT else "...\n" + text[-LIMIT:]


def _frames(traceback: Optional[TracebackType], root: str) -> List[str]:
    lines: List[str] = []
    library: Optional[Tuple[Any, int]] = None
    skipped = 0
    while traceback is not None:
        frame, line = traceback.tb_frame, traceback.tb_lineno
        traceback = traceback.tb_next
        module = str(frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] in _PYTEST or frame.f_locals.get("__tracebackhide__") is True:
            continue
        if is_library(frame.f_code.co_filename):
            library, skipped = (frame, line), skipped + 1
            continue
        if library is not None and lines:  # frames above the suite's own first line are pytest's
            lines.append(_skipped(library, skipped, root))
        library, skipped = None, 0
        lines += _entry(frame, line, root)
    if library is not None:
        if skipped > 1:
            lines.append("    ... %d frame%s of libraries" % (skipped - 1, "" if skipped == 2 else "s"))
        lines += _entry(library[0], library[1], root)
    return lines


def _skipped(library: Tuple[Any, int], skipped: int, root: str) -> str:
    frame, line = library
    where = "%s:%d" % (_relative(frame.f_code.co_filename, root), line)
    return "    ... %d frame%s of libraries, the last %s" % (skipped, "" if skipped == 1 else "s", where)


def _entry(frame: Any, line: int, root: str) -> List[str]:
    code = frame.f_code
    entry = ["%s:%d: in %s" % (_relative(code.co_filename, root), line, code.co_name)]
    source = linecache.getline(code.co_filename, line, frame.f_globals).strip()
    if source:
        entry.append("    " + source[:300])
    return entry


def _relative(file: str, root: str) -> str:
    return file[len(root) + 1 :] if root and file.startswith(root + "/") else file


def _headline(error: BaseException) -> str:
    try:
        message = str(error)
    except Exception:
        message = "(its __str__ failed)"
    name = type(error).__name__
    return "E   %s: %s" % (name, message.replace("\n", "\n    ")[:4_000]) if message else "E   " + name
