"""A Python file: its text, its tree, and edits of whole lines that keep every other byte."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from ..disk import read_bytes
from ..errors import FixError
from .imports import Imported, calls_in, imports_of

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Edit:
    """Replaces lines ``first`` to ``last`` (from 1, inclusive) by ``lines`` (without line ends).

    With ``last`` one less than ``first`` nothing is taken away: the lines go in before ``first``.
    """

    first: int
    last: int
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """A Python file. ``relative`` is its path below the project's root, with slashes."""

    path: Path
    relative: str
    content: bytes

    @classmethod
    def read(cls, root: Path, path: Path) -> Source:
        """Read the file; raises FixError if it is missing or unreadable."""
        content = read_bytes(path)
        relative = path.relative_to(root).as_posix()
        if content is None:
            raise FixError(f"{relative} is missing.")
        return cls(path, relative, content)

    @cached_property
    def encoding(self) -> str:
        """The encoding by the file's coding line or byte order mark, else UTF-8."""
        try:
            found, _ = tokenize.detect_encoding(io.BytesIO(self.content).readline)
        except SyntaxError as error:
            raise FixError(f"{self.relative}:1: {error.msg}.") from error
        return "utf-8" if found == "utf-8-sig" else found

    @cached_property
    def text(self) -> str:
        """The text without byte order mark, with its own line ends."""
        try:
            return self.content.decode(self.encoding).removeprefix(_BOM)
        except UnicodeDecodeError as error:
            line = self.content.count(b"\n", 0, error.start) + 1
            raise FixError(f"{self.relative}:{line}: not {self.encoding} text.") from error

    @cached_property
    def lines(self) -> list[str]:
        """The lines with their ends."""
        return _LINE.findall(self.text)

    @cached_property
    def newline(self) -> str:
        """The line end of the file's first line, which new lines get."""
        found = re.search(r"\r\n|\n|\r", self.text)
        return found.group() if found else "\n"

    @cached_property
    def _wrapper(self) -> MetadataWrapper:
        try:
            return MetadataWrapper(cst.parse_module(self.text), unsafe_skip_copy=True)  # no other code has the tree
        except cst.ParserSyntaxError as error:
            raise FixError(
                f"{self.relative}:{error.raw_line}: not valid Python; correct it, then plan the fix again."
            ) from error

    @property
    def tree(self) -> cst.Module:
        """The concrete syntax tree; raises FixError with file and line if the file is not valid Python."""
        return self._wrapper.module

    @property
    def wrapper(self) -> MetadataWrapper:
        """The tree with its metadata."""
        return self._wrapper

    @cached_property
    def imports(self) -> dict[str, Imported]:
        """Every import of the file, also inside functions, by its local name."""
        return imports_of(self.tree)

    @cached_property
    def calls(self) -> tuple[cst.Call, ...]:
        """Every call of the file."""
        return tuple(calls_in(self.tree))

    def span(self, node: cst.CSTNode) -> CodeRange:
        """The position of ``node``."""
        return self._wrapper.resolve(PositionProvider)[node]

    def code(self, node: cst.CSTNode) -> str:
        """The node's own source."""
        return self.tree.code_for_node(node)

    def with_edits(self, edits: Sequence[Edit]) -> Source:
        """The file after edits that do not overlap; all other lines keep their bytes."""
        lines = list(self.lines)
        if edits and lines and not lines[-1].endswith(("\n", "\r")) and any(e.first > len(lines) for e in edits):
            lines[-1] += self.newline
        for edit in sorted(edits, key=lambda edit: (edit.first, edit.last), reverse=True):
            lines[edit.first - 1 : edit.last] = [line + self.newline for line in edit.lines]
        mark = _BOM if self.content.startswith(b"\xef\xbb\xbf") else ""
        return Source(self.path, self.relative, (mark + "".join(lines)).encode(self.encoding))
