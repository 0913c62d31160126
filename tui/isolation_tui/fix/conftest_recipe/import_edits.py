"""Add an import in its sorted place, and remove unused imports."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import libcst as cst
import libcst.matchers as m
from libcst.metadata import ScopeProvider

from .imports import Imported, dotted, from_import, names_of, section
from .source import Edit, Source


def top_level_imports(tree: cst.Module) -> list[tuple[cst.SimpleStatementLine, cst.Import | cst.ImportFrom]]:
    """The import statements at the top level that have a line of their own, in order."""
    found: list[tuple[cst.SimpleStatementLine, cst.Import | cst.ImportFrom]] = []
    for statement in tree.body:
        match statement:
            case cst.SimpleStatementLine(body=[cst.Import() | cst.ImportFrom() as imported]):
                found.append((statement, imported))
    return found


def without_unused(source: Source, candidates: Collection[str]) -> tuple[Source, tuple[str, ...]]:
    """Remove the imports among the ``candidates`` that nothing uses; returns the file and the removed names.

    An import is left where its line is not plain: with a comment, or over several lines.
    """
    tree = source.tree
    unused = {name for name in candidates if _is_unused(source, name)}
    edits, taken = [], []
    for line, statement in top_level_imports(tree):
        span = source.span(line)
        names = names_of(statement)
        kept = [name for name in names if name.local not in unused]
        if len(kept) == len(names) or span.start.line != span.end.line or line.trailing_whitespace.comment:
            continue
        assert not isinstance(statement.names, cst.ImportStar)
        aliases = [alias for alias, name in zip(statement.names, names, strict=True) if name in kept]
        taken += [name.local for name in names if name not in kept]
        if aliases:
            aliases[-1] = aliases[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
            code = source.code(statement.with_changes(names=aliases))
            edits.append(Edit(span.start.line, span.end.line, (code,)))
        else:
            edits.append(Edit(span.start.line, span.end.line))
    return source.with_edits(edits), tuple(taken)


def with_import(source: Source, wanted: Imported) -> Source:
    """The file with this import in its sorted place; unchanged if it has the import already."""
    existing = top_level_imports(source.tree)
    if any(wanted in names_of(statement) for _, statement in existing):
        return source
    for line, statement in existing:
        span = source.span(line)
        one_line = span.start.line == span.end.line and not line.trailing_whitespace.comment
        if wanted.attribute and one_line and isinstance(statement, cst.ImportFrom):
            names = names_of(statement)
            if names and (names[0].module, names[0].level) == (wanted.module, wanted.level):
                code = from_import(wanted.module, [*names, wanted])
                return source.with_edits([Edit(span.start.line, span.end.line, (code,))])
    return source.with_edits([_new_line(source, existing, wanted)])


def _new_line(
    source: Source,
    existing: Sequence[tuple[cst.SimpleStatementLine, cst.Import | cst.ImportFrom]],
    wanted: Imported,
) -> Edit:
    place = _sort_key(wanted)
    before_it = None
    for line, statement in existing:
        names = names_of(statement)
        key = _sort_key(names[0]) if names else (section(dotted(getattr(statement, "module", None))), 1, "")
        if key > place:
            first = source.span(line).start.line
            if key[0] == place[0]:
                return Edit(first, first - 1, (wanted.statement,))
            gap = ("",) if before_it is None or before_it[0] != place[0] else ()
            if before_it is None or before_it[0] != place[0]:
                return Edit(first, first - 1, (wanted.statement, *gap))
            break
        before_it = (*key, source.span(line).end.line)
    if before_it is not None:
        after = before_it[-1] + 1
        return Edit(after, after - 1, (wanted.statement,) if before_it[0] == place[0] else ("", wanted.statement))
    first = _first_line_after_docstring(source)
    return Edit(first, first - 1, (wanted.statement, ""))


def _sort_key(imported: Imported) -> tuple[int, int, str]:
    kind = 0 if imported.attribute is None else 1
    return section(imported.module, imported.level), kind, imported.module


def _first_line_after_docstring(source: Source) -> int:
    body = source.tree.body
    if not body:
        return 1
    if source.tree.get_docstring() is not None:
        return source.span(body[0]).end.line + 2
    return source.span(body[0]).start.line


def _is_unused(source: Source, name: str) -> bool:
    scopes = {scope.globals for scope in source.wrapper.resolve(ScopeProvider).values() if scope is not None}
    assignments = [assignment for scope in scopes for assignment in scope[name]]
    if any(assignment.references for assignment in assignments):
        return False
    # A string may name it: in __all__, an annotation, a patch target.
    strings = [node for node in m.findall(source.tree, m.SimpleString()) if isinstance(node, cst.SimpleString)]
    spoken = {string.raw_value.split(".")[0].split("[")[0] for string in strings}
    return bool(assignments) and name not in spoken
