"""Edits to a test module: its fixtures become function-scoped, moved to the conftest or in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst
import libcst.matchers as m

from .fixtures import Fixture, made_function_scoped, redundant_calls
from .import_edits import without_unused
from .source import Edit, Source
from .survey import TestModule

_CLEAN_UP = ("session.remove", "drop_all", "create_all")


@dataclass(frozen=True, slots=True)
class ModuleEdit:
    """An edit of a test module: what it does, and how many removed lines the conftest replaces."""

    before: Source
    after: Source
    what: tuple[str, ...]
    clean_up_lines: int


def redundant_names(module: TestModule) -> tuple[str, ...]:
    """The calls that the conftest makes around every test, such as ``db.create_all``, as the module writes them."""
    return tuple(f"{module.db}.{call}" for call in _CLEAN_UP)


def fixtures_to_move(module: TestModule) -> tuple[Fixture, ...]:
    """The app's fixture, the fixtures of the module that it requests, and the wide test clients that request it."""
    chosen = [*_requested_by(module, module.app_fixture), module.app_fixture]
    for fixture in _wide_dependents(module):
        is_client = any(m.findall(fixture.function, m.Attribute(attr=m.Name("test_client"))))
        if is_client and not fixture.in_class and set(fixture.parameters) <= {"request", *(f.name for f in chosen)}:
            chosen.append(fixture)
    return tuple(chosen)


def fixtures_to_narrow(module: TestModule, moved: Sequence[Fixture]) -> tuple[Fixture, ...]:
    """The wide fixtures that stay in the module but request one that becomes function-scoped."""
    return tuple(fixture for fixture in _wide_dependents(module) if fixture not in moved)


def function_scoped(module: TestModule, fixture: Fixture) -> cst.FunctionDef:
    """The fixture with function scope; the app's fixture also without the database calls that the conftest makes."""
    redundant = redundant_names(module) if fixture is module.app_fixture else ()
    return made_function_scoped(fixture.function, redundant)


def rewritten(module: TestModule, moved: Sequence[Fixture], conftest: str) -> ModuleEdit:
    """The module without the ``moved`` fixtures, and with function scope for those that depend on them."""
    source = module.source
    narrowed = [
        fixture
        for fixture in {*fixtures_to_narrow(module, moved), *(() if moved else (module.app_fixture,))}
        if fixture.is_wide
    ]
    edits = [_removal(source, fixture) for fixture in moved]
    edits += [_narrowing(module, fixture) for fixture in narrowed]
    what = [f"{fixture.name}() becomes function-scoped, moved to {conftest}" for fixture in moved]
    what += [f"{fixture.name}() becomes function-scoped" for fixture in sorted(narrowed, key=lambda f: f.first_line)]
    gone = redundant_calls(module.app_fixture.function, redundant_names(module))
    if gone:
        what.append(f"{_listed([f'{name}()' for name in gone])} removed: conftest does it around every test")
    used = {name.value for fixture in moved for name in _names(fixture.function)}
    after, taken = without_unused(source.with_edits(edits), used & module.imports.keys())
    if taken:
        what.append(f"import of {_listed(taken)} removed: no longer used")
    return ModuleEdit(source, after, tuple(what), len(gone))


def _wide_dependents(module: TestModule) -> list[Fixture]:
    """The wide fixtures that need the app fixture, directly or through others, in order of setup."""
    needing = {module.app_fixture.name}
    found: list[Fixture] = []
    while True:
        more = [f for f in module.fixtures if f.is_wide and f not in found and needing & set(f.parameters)]
        if not more:
            return found
        found += more
        needing |= {fixture.name for fixture in more}


def _requested_by(module: TestModule, fixture: Fixture) -> list[Fixture]:
    own = {f.name: f for f in module.fixtures if not f.in_class}
    found: list[Fixture] = []
    for name in fixture.parameters:
        if name in own and own[name] is not fixture:
            found += [f for f in (*_requested_by(module, own[name]), own[name]) if f not in found]
    return found


def _removal(source: Source, fixture: Fixture) -> Edit:
    """Remove the fixture and the blank lines after it; at the end of the file, those before it."""
    first, last = fixture.first_line, fixture.last_line
    lines = source.lines
    while last < len(lines) and not lines[last].strip():
        last += 1
    if last == len(lines):
        while first > 1 and not lines[first - 2].strip():
            first -= 1
    return Edit(first, last)


def _narrowing(module: TestModule, fixture: Fixture) -> Edit:
    source = module.source
    function = function_scoped(module, fixture).with_changes(leading_lines=())
    first = source.span(fixture.function.decorators[0]).start.line
    indent = source.lines[first - 1][: -len(source.lines[first - 1].lstrip())]
    code = source.tree.with_changes(header=(), body=[function]).code.splitlines()
    if fixture.in_class:
        code = [f"{indent}{line}" if line.strip() else line for line in code]
    return Edit(first, fixture.last_line, tuple(code))


def _names(function: cst.FunctionDef) -> list[cst.Name]:
    return [node for node in m.findall(function, m.Name()) if isinstance(node, cst.Name)]


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
