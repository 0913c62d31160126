"""pytest fixtures in source: their lines, their scope, and the same fixture with function scope."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import libcst as cst
import libcst.matchers as m

from .imports import dotted
from .source import Source

_FIXTURE_NAMES = frozenset({"pytest.fixture", "fixture"})


@dataclass(frozen=True, slots=True, eq=False)
class Fixture:
    """A fixture in a file. ``in_class``: it is a method; ``parameters``: the fixtures that it requests."""

    source: Source
    name: str
    function: cst.FunctionDef
    scope: str
    autouse: bool
    parameters: tuple[str, ...]
    in_class: bool

    @property
    def is_wide(self) -> bool:
        """Whether several tests share it."""
        return self.scope != "function"

    @property
    def first_line(self) -> int:
        """The first line of its comments, else of its decorator."""
        return self.source.span(self.function.decorators[0]).start.line - _attached_comments(self.function)

    @property
    def last_line(self) -> int:
        """The last line of its body."""
        return self.source.span(self.function).end.line


def fixtures_of(source: Source) -> list[Fixture]:
    """The fixtures at the file's top level and in its top-level classes, in order."""
    return [_read(source, function, decorator, in_class) for function, decorator, in_class in _decorated(source)]


def made_function_scoped(function: cst.FunctionDef, redundant: Iterable[str]) -> cst.FunctionDef:
    """The fixture without its ``scope`` argument and without the statements that only call one of ``redundant``.

    ``redundant`` are dotted names such as ``db.drop_all``. A ``with`` or ``try`` block left empty by that goes too.
    """
    narrowed = function.visit(_Narrowing(frozenset(redundant)))
    assert isinstance(narrowed, cst.FunctionDef)
    return narrowed


def redundant_calls(function: cst.FunctionDef, redundant: Iterable[str]) -> list[str]:
    """The ``redundant`` calls that are statements of the fixture, in order."""
    wanted = frozenset(redundant)
    found = []
    for statement in m.findall(function, m.Expr(value=m.Call())):
        assert isinstance(statement, cst.Expr)
        name = _called(statement)
        if name in wanted and name not in found:
            found.append(name)
    return found


def _decorated(source: Source) -> Iterator[tuple[cst.FunctionDef, cst.Decorator, bool]]:
    for node in source.tree.body:
        members = node.body.body if isinstance(node, cst.ClassDef) else [node]
        for member in members:
            if isinstance(member, cst.FunctionDef):
                for decorator in member.decorators:
                    if dotted(_decorating(decorator)) in _FIXTURE_NAMES:
                        yield member, decorator, isinstance(node, cst.ClassDef)


def _read(source: Source, function: cst.FunctionDef, decorator: cst.Decorator, in_class: bool) -> Fixture:
    options = {}
    if isinstance(decorator.decorator, cst.Call):
        options = {a.keyword.value: a.value for a in decorator.decorator.args if a.keyword}
    name, scope, autouse = options.get("name"), options.get("scope"), options.get("autouse")
    parameters = [parameter.name.value for parameter in function.params.params]
    return Fixture(
        source=source,
        name=str(name.evaluated_value) if isinstance(name, cst.SimpleString) else function.name.value,
        function=function,
        scope="function" if scope is None else _string(scope),
        autouse=autouse is not None and dotted(autouse) != "False",
        parameters=tuple(parameters[1:] if in_class else parameters),
        in_class=in_class,
    )


def _string(node: cst.BaseExpression) -> str:
    return str(node.evaluated_value) if isinstance(node, cst.SimpleString) else "dynamic"


def _attached_comments(function: cst.FunctionDef) -> int:
    """How many comment lines directly precede the decorator; a comment before a blank line is a heading."""
    count = 0
    for line in reversed(function.leading_lines):
        if line.comment is None:
            break
        count += 1
    return count


def _decorating(decorator: cst.Decorator) -> cst.BaseExpression:
    return decorator.decorator.func if isinstance(decorator.decorator, cst.Call) else decorator.decorator


def _called(statement: cst.Expr) -> str:
    return dotted(statement.value.func) if isinstance(statement.value, cst.Call) else ""


class _Narrowing(cst.CSTTransformer):
    def __init__(self, redundant: frozenset[str]) -> None:
        self.redundant = redundant

    def leave_Decorator(self, original_node: cst.Decorator, updated_node: cst.Decorator) -> cst.Decorator:
        call = updated_node.decorator
        if dotted(_decorating(updated_node)) not in _FIXTURE_NAMES or not isinstance(call, cst.Call):
            return updated_node
        kept = [a for a in call.args if not (a.keyword and a.keyword.value == "scope")]
        if not kept:
            return updated_node.with_changes(decorator=call.func)
        kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return updated_node.with_changes(decorator=call.with_changes(args=kept))

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.RemovalSentinel:
        match updated_node.body:
            case [cst.Expr() as statement] if _called(statement) in self.redundant:
                return cst.RemoveFromParent()
        return updated_node

    def leave_With(self, original_node: cst.With, updated_node: cst.With) -> cst.With | cst.RemovalSentinel:
        return updated_node if _body(updated_node.body) else cst.RemoveFromParent()

    def leave_Try(
        self, original_node: cst.Try, updated_node: cst.Try
    ) -> cst.Try | cst.FlattenSentinel[cst.BaseStatement] | cst.RemovalSentinel:
        last = updated_node.finalbody
        if last is None or _body(last.body):
            return updated_node
        if updated_node.handlers:
            return updated_node.with_changes(finalbody=None)
        inner = [statement for statement in _body(updated_node.body) if isinstance(statement, cst.BaseStatement)]
        return cst.FlattenSentinel(inner) if inner else cst.RemoveFromParent()


def _body(block: cst.BaseSuite) -> list[cst.CSTNode]:
    return list(block.body)
