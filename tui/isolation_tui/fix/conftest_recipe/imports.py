"""The imports of a file, and import statements as text."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst
import libcst.matchers as m


@dataclass(frozen=True, slots=True)
class Imported:
    """One imported name. ``from a.b import c as d``: module ``a.b``, attribute ``c``, local name ``d``.

    ``import a.b as d`` has no attribute. ``level`` counts the dots of a relative import.
    """

    module: str
    attribute: str | None
    local: str
    level: int = 0

    @property
    def statement(self) -> str:
        """The import as a statement of its own."""
        if self.attribute is None:
            return f"import {self.module}" if self.local == self.module else f"import {self.module} as {self.local}"
        renamed = "" if self.local == self.attribute else f" as {self.local}"
        return f"from {'.' * self.level}{self.module} import {self.attribute}{renamed}"


def dotted(node: cst.BaseExpression | None) -> str:
    """``a.b.c`` for a chain of names, '' for anything else."""
    match node:
        case cst.Name(value=value):
            return value
        case cst.Attribute(value=value, attr=attribute):
            left = dotted(value)
            return f"{left}.{attribute.value}" if left else ""
    return ""


def imports_of(tree: cst.CSTNode) -> dict[str, Imported]:
    """Every import anywhere below ``tree`` by its local name."""
    found: dict[str, Imported] = {}
    for node in m.findall(tree, m.Import() | m.ImportFrom()):
        assert isinstance(node, cst.Import | cst.ImportFrom)
        for imported in names_of(node):
            found.setdefault(imported.local, imported)
    return found


def calls_in(node: cst.CSTNode) -> Iterator[cst.Call]:
    """Every call below ``node``."""
    for call in m.findall(node, m.Call()):
        assert isinstance(call, cst.Call)
        yield call


def names_of(statement: cst.Import | cst.ImportFrom) -> list[Imported]:
    """The names that an import statement binds; none for ``import *``."""
    if isinstance(statement.names, cst.ImportStar):
        return []
    found = []
    for alias in statement.names:
        name = dotted(alias.name)  # type: ignore[arg-type, unused-ignore]
        renamed = alias.asname.name.value if alias.asname and isinstance(alias.asname.name, cst.Name) else None
        if isinstance(statement, cst.Import):
            found.append(Imported(name, None, renamed or name))
        else:
            level = len(statement.relative)
            found.append(Imported(dotted(statement.module), name, renamed or name, level))
    return found


def from_import(module: str, names: Sequence[Imported]) -> str:
    """``from module import a, b``, names sorted as isort does: CONSTANTS, Classes, functions."""

    def order(name: Imported) -> tuple[int, str]:
        attribute = name.attribute or ""
        return (0 if attribute.isupper() else 1 if attribute[:1].isupper() else 2, attribute)

    parts = [name.statement.split(" import ", 1)[1] for name in sorted(set(names), key=order)]
    return f"from {'.' * names[0].level}{module} import {', '.join(parts)}"


def section(module: str, level: int = 0) -> int:
    """The block of a module's imports: 0 ``__future__``, 1 standard library, 2 third-party, 3 relative."""
    top = module.split(".")[0]
    if level:
        return 3
    return 0 if top == "__future__" else 1 if top in sys.stdlib_module_names else 2
