"""Edits to the project's database module: a function that empties the database, and guards against reloads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import libcst as cst
import libcst.matchers as m

from ..errors import NothingToFix
from .import_edits import with_import
from .imports import Imported, calls_in, dotted
from .source import Edit, Source
from .survey import GUARD_FUNCTION, defines_models, is_reload, top_level_function

CLEAR_FUNCTION = "clear_test_database"

_CLEAR = '''\
def {name}(){returns}:
    """Drop and create every table, for tests. Needs an application context.

    Models stay registered: a test gets fresh tables, not fresh classes. Refuses to
    work outside tests, because all data in the database is lost.
    """
    if not (current_app.testing or os.environ.get("TESTING")):
        raise RuntimeError("{name}() drops all tables; set TESTING first")
    {db}.session.remove()
    {db}.drop_all()
    {db}.create_all()
'''

_GUARD = '''\
def {name}(module{any_module}){returns}:
    """Whether every table that `module` defines is already in the metadata.

    Executing the module again would define the tables a second time, which
    SQLAlchemy refuses: "Table ... is already defined for this MetaData instance".
    """
    tables = [
        mapper.local_table
        for mapper in {db}.Model.registry.mappers
        if mapper.class_.__module__ == module.__name__
    ]
    tables += [value for value in vars(module).values() if isinstance(value, Table)]
    return bool(tables) and all(table.key in table.metadata.tables for table in tables)
'''


@dataclass(frozen=True, slots=True)
class DatabaseEdit:
    """An edit of a database module, with what it does."""

    before: Source
    after: Source
    what: tuple[str, ...]


def with_clear_function(source: Source, db: str) -> DatabaseEdit:
    """Add ``clear_test_database()`` after the function that calls ``db.create_all()``, else at the end."""
    if top_level_function(source.tree, CLEAR_FUNCTION) is not None:
        return DatabaseEdit(source, source, ())
    creators = [f for f in _functions(source) if any(dotted(c.func) == f"{db}.create_all" for c in calls_in(f))]
    code = _CLEAR.format(name=CLEAR_FUNCTION, db=db, returns=" -> None" if _is_annotated(source) else "")
    after = source.with_edits([_function_after(source, creators[-1] if creators else None, code)])
    after = with_import(after, Imported("os", None, "os"))
    after = with_import(after, Imported("flask", "current_app", "current_app"))
    return DatabaseEdit(source, after, (f"{CLEAR_FUNCTION}() added",))


def with_registration_guards(source: Source, db: str) -> DatabaseEdit:
    """Guard every statement of ``source`` that would execute a module of models again, keep the first models of a
    function that makes them at each call. ``db`` is the file's name for the database handle.

    Raises NothingToFix where such a function does more than a cache may hide.
    """
    reloading = [f for f in _functions(source) if any(is_reload(source, call) for call in calls_in(f))]
    defining = [f for f in _functions(source) if defines_models(f)]
    what = tuple(f"{f.name.value}() idempotent: models are registered once" for f in [*reloading, *defining])
    after = source
    if reloading:
        after = _with_code(after, after.tree.visit(_Guarding(after)).code)
        if top_level_function(after.tree, GUARD_FUNCTION) is None:
            after = _with_guard_function(after, db, before=reloading[0].name.value)
            what += (f"{GUARD_FUNCTION}(module) added: guards against double registration",)
    for function in defining:
        _refuse_what_cannot_be_kept(source, function)
        node = top_level_function(after.tree, function.name.value)
        assert node is not None
        first = after.span(node.decorators[0] if node.decorators else node).start.line
        after = after.with_edits([Edit(first, first - 1, ("@cache  # the models are registered once",))])
        after = with_import(after, Imported("functools", "cache", "cache"))
    return DatabaseEdit(source, after, what)


def _refuse_what_cannot_be_kept(source: Source, function: cst.FunctionDef) -> None:
    """Raise NothingToFix unless the function can be cached: it takes nothing or the database handle."""
    parameters = function.params
    names = [parameter.name.value for parameter in parameters.params]
    bases = {dotted(arg.value).rpartition(".")[0] for node in _classes(function) for arg in node.bases}
    more = parameters.star_arg is not cst.MaybeSentinel.DEFAULT or parameters.kwonly_params or parameters.star_kwarg
    if more or not set(names) <= bases:
        line = source.span(function).start.line
        raise NothingToFix(
            f"{source.relative}:{line}: {function.name.value}() does other work besides defining models; "
            "move the models to the top level of a module first."
        )


def _classes(function: cst.FunctionDef) -> list[cst.ClassDef]:
    return [node for node in m.findall(function.body, m.ClassDef()) if isinstance(node, cst.ClassDef)]


def _with_guard_function(source: Source, db: str, before: str) -> Source:
    types = _is_annotated(source)
    code = _GUARD.format(
        name=GUARD_FUNCTION,
        db=db,
        any_module=": ModuleType" if types else "",
        returns=" -> bool" if types else "",
    )
    first = top_level_function(source.tree, before)
    assert first is not None
    source = source.with_edits([_function_before(source, first, code)])
    source = with_import(source, Imported("sqlalchemy", "Table", "Table"))
    return with_import(source, Imported("types", "ModuleType", "ModuleType")) if types else source


def _with_code(source: Source, code: str) -> Source:
    mark = b"\xef\xbb\xbf" if source.content.startswith(b"\xef\xbb\xbf") else b""
    return Source(source.path, source.relative, mark + code.encode(source.encoding))


def _functions(source: Source) -> Iterable[cst.FunctionDef]:
    return [node for node in source.tree.body if isinstance(node, cst.FunctionDef)]


def _is_annotated(source: Source) -> bool:
    return any(function.returns is not None for function in _functions(source))


def _function_after(source: Source, node: cst.FunctionDef | None, code: str) -> Edit:
    lines = tuple(code.rstrip().split("\n"))
    last = source.span(node).end.line if node is not None else len(source.lines)
    return Edit(last + 1, last, ("", "", *lines))


def _function_before(source: Source, node: cst.FunctionDef, code: str) -> Edit:
    first = source.span(node.decorators[0] if node.decorators else node).start.line
    for line in reversed(node.leading_lines):
        if line.comment is None:
            break
        first -= 1
    return Edit(first, first - 1, (*code.rstrip().split("\n"), "", ""))


class _Guarding(cst.CSTTransformer):
    """Wraps ``importlib.reload(x)`` in ``if not models_registered(x):``, or makes it a conditional expression."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.depth = 0

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self.depth += 1

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:
        self.depth -= 1
        return updated_node

    def visit_SimpleStatementLine(self, node: cst.SimpleStatementLine) -> bool:
        return self._reloaded(node) is None

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.BaseStatement:
        module = self._reloaded(original_node)
        if module is None:
            return updated_node
        test = cst.UnaryOperation(cst.Not(), _registered(module))
        bare = updated_node.with_changes(leading_lines=())
        return cst.If(test, cst.IndentedBlock([bare]), leading_lines=updated_node.leading_lines)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        if not self.depth or not is_reload(self.source, original_node):
            return updated_node
        module = updated_node.args[0].value
        return cst.IfExp(_registered(module), module, updated_node, lpar=[cst.LeftParen()], rpar=[cst.RightParen()])

    def _reloaded(self, line: cst.SimpleStatementLine) -> cst.BaseExpression | None:
        """What a line of its own reloads: ``reload(x)``, or ``x = reload(x)``, which can be skipped."""
        if not self.depth:
            return None
        match line.body:
            case [cst.Expr(value=cst.Call() as call)] if is_reload(self.source, call):
                return call.args[0].value
            case [cst.Assign(targets=[cst.AssignTarget(target=target)], value=cst.Call() as call)]:
                if is_reload(self.source, call) and target.deep_equals(call.args[0].value):
                    return call.args[0].value
        return None


def _registered(module: cst.BaseExpression) -> cst.Call:
    return cst.Call(cst.Name(GUARD_FUNCTION), [cst.Arg(module.deep_clone())])
