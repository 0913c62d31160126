"""The conftest that the recipe writes: fresh tables for each test, and the module's fixtures, function-scoped."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Sequence
from pathlib import Path

import libcst as cst
import libcst.matchers as m

from ..errors import NothingToFix
from .database_module import CLEAR_FUNCTION
from .fixtures import Fixture
from .imports import Imported, from_import, imports_of, section
from .source import Source
from .survey import Project, TestModule, import_root
from .test_module import function_scoped

AUTOUSE_FIXTURE = "fresh_database"
SESSION_FIXTURE = "db_session"
HELD_SESSION_FUNCTION = "end_held_session"

_DOCSTRING = '''\
"""Fresh tables for every test below this folder.

Every test starts with empty tables. The obvious ways to get there do not work:

* `@pytest.fixture def pytest_configure()`: the name belongs to a hook, so pytest does
  not start ("not a hookable attribute"). Below it is the hook.
* `{db}.drop_all()` and `{db}.create_all()` in `pytest_runtest_setup` and
  `pytest_runtest_teardown`: a conftest's hooks run before the test's fixtures are set
  up and before they are torn down. At setup there is no application context yet; at
  teardown the tables are dropped while fixtures still use them.
* `{db}.metadata.clear()` after each test: it removes the tables, not the mapped classes.
  Then `drop_all()` drops nothing, `create_all()` creates nothing, and registering the
  models again finds two classes of each name. An in-memory database hides part of
  this; a file or a server keeps the old rows.

So the models are registered once, and only the tables are new for each test:
`{autouse}` drops and creates them before the test and drops them after it.
As an autouse fixture it is set up before the test's other function-scoped fixtures and
torn down after them. Fixtures of a wider scope are still set up first, so rows that
they write do not reach the tests.
"""
'''

_CONFIGURE = '''\
def pytest_configure(config):
    """Declare once that these are tests, and keep the log of statements quiet."""
    os.environ.setdefault("TESTING", "1")  # {clear}() requires it
    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)
'''

_HELD_SESSION = '''\
def {held}():
    """Close the session of an app context that a fixture of a wider scope holds open.

    Its transaction would keep the tables of a file or a server locked.
    """
    if has_app_context() and current_app == {app}:
        {db}.session.remove()
'''

_AUTOUSE = '''\
@pytest.fixture(autouse=True)
def {autouse}():
    """Drop and create all tables before each test, and drop them after it.

    The app context is for this database work only; a test that needs one requests
    `{app_fixture}`.
    """
    {held}()
    with {app}.app_context():
        {clear}()
    yield
    {held}()
    with {app}.app_context():
        {db}.session.remove()
        {db}.drop_all()
'''

_SESSION = '''\
@pytest.fixture
def {session}({app_fixture}):
    """The test's database session, inside the context of `{app_fixture}`."""
    yield {db}.session
    {db}.session.rollback()
'''


def conftest_folder(root: Path, module: TestModule) -> Path:
    """The folder for the conftest: the outermost ``tests`` or ``test`` above the module, else the module's own."""
    inside = [folder for folder in module.source.path.parents if folder.is_relative_to(root) and folder != root]
    named = [folder for folder in inside if folder.name in ("tests", "test")]
    return named[-1] if named else module.source.path.parent


def conftest_text(project: Project, module: TestModule, moved: Sequence[Fixture]) -> str:
    """The source of the conftest; raises NothingToFix if a fixture needs something that cannot be moved."""
    functions = [function_scoped(module, fixture) for fixture in moved or (module.app_fixture,)]
    factory = _factory_call(module)
    if factory is not None:
        functions = [_without_statement(function, factory) for function in functions]
    needed = _needed_names(module, [*functions, *([factory] if factory else [])])
    constants = [definition for name in needed if (definition := _definition(module, name))]
    imports = {module.imports[name] for name in needed if name in module.imports}
    if factory is None:
        imports.add(_import_of(module, module.app))
    imports |= {_import_of(module, module.db), _clear_import(project, module), Imported("pytest", None, "pytest")}
    imports |= {Imported("logging", None, "logging"), Imported("os", None, "os")}
    imports |= {Imported("flask", name, name) for name in ("current_app", "has_app_context")}
    relative = [imported.statement for imported in imports if imported.level]
    if relative:
        raise NothingToFix(f"{module.source.relative} says `{relative[0]}`, which means something else in a conftest.")

    names = {
        "db": module.db,
        "app": module.app,
        "app_fixture": module.app_fixture.name,
        "clear": CLEAR_FUNCTION,
        "autouse": AUTOUSE_FIXTURE,
        "held": HELD_SESSION_FUNCTION,
        "session": SESSION_FIXTURE,
    }
    head = [_DOCSTRING.format(**names), _import_block(project, module, imports)]
    setup = [*constants, *([_code(factory)] if factory else [])]
    if setup:
        head.append("".join(setup))
    parts = ["\n".join(head), _CONFIGURE.format(**names), _HELD_SESSION.format(**names), _AUTOUSE.format(**names)]
    parts += [_code(_without_blank_lines(function)) for function in functions]
    if SESSION_FIXTURE not in {fixture.name for fixture in moved}:
        parts.append(_SESSION.format(**names))
    return "\n\n".join(part.strip("\n") + "\n" for part in parts)


def _import_block(project: Project, module: TestModule, imports: Iterable[Imported]) -> str:
    blocks: dict[int, list[Imported]] = {1: [], 2: [], 3: []}
    for imported in imports:
        own = project.find(module.source, imported) or project.find(module.source, imported, with_attribute=True)
        blocks[3 if own else max(section(imported.module), 1)].append(imported)
    path_lines = _path_lines(project, module)
    if path_lines:
        blocks[1] += [Imported("sys", None, "sys"), Imported("pathlib", "Path", "Path")]
    texts = [_sorted_imports(blocks[1]), _sorted_imports(blocks[2])]
    environment = _environment_lines(module)
    first = "\n".join([*environment, *path_lines])
    own_imports = _sorted_imports(blocks[3])
    if first:
        texts.append(first + "\n")
        own_imports = "".join(f"{line}  # noqa: E402\n" for line in own_imports.splitlines())
    texts.append(own_imports)
    return "\n".join(text for text in texts if text)


def _sorted_imports(imports: Sequence[Imported]) -> str:
    plain = sorted({imported.statement for imported in imports if imported.attribute is None})
    modules = sorted({imported.module for imported in imports if imported.attribute is not None})
    named = [from_import(name, [i for i in imports if i.module == name and i.attribute]) for name in modules]
    return "".join(f"{line}\n" for line in [*plain, *named])


def _path_lines(project: Project, module: TestModule) -> list[str]:
    """Put the project's code on ``sys.path`` as the test module does, from the conftest's folder."""
    changed = m.findall(module.source.tree, m.Attribute(value=m.Name("sys"), attr=m.Name("path")))
    imported = module.imports[module.db]
    found = project.find(module.source, imported)
    place = import_root(found.path, imported.module) if found and changed else None
    if place is None:
        return []
    folder = conftest_folder(project.root, module)
    up = next((n for n, parent in enumerate(folder.parents) if place.is_relative_to(parent)), 0)
    below = "".join(f' / "{part}"' for part in place.relative_to(folder.parents[up]).parts)
    return [f"sys.path.insert(0, str(Path(__file__).resolve().parents[{up + 1}]{below}))"]


def _environment_lines(module: TestModule) -> list[str]:
    """What the module puts into ``os.environ`` at its top level: the app must find it when the conftest imports it."""
    pattern = m.Attribute(value=m.Name("os"), attr=m.Name("environ"))
    lines = [node for node in module.source.tree.body if isinstance(node, cst.SimpleStatementLine)]
    return [_code(line.with_changes(leading_lines=())).rstrip() for line in lines if m.findall(line, pattern)]


def _factory_call(module: TestModule) -> cst.SimpleStatementLine | None:
    """The fixture's ``app = create_app(...)``, None if it does not create the app itself."""
    for statement in m.findall(module.app_fixture.function, m.SimpleStatementLine()):
        match statement:
            case cst.SimpleStatementLine(body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))])]):
                if name == module.app:
                    return statement
    return None


def _without_statement(function: cst.FunctionDef, statement: cst.SimpleStatementLine) -> cst.FunctionDef:
    class Without(cst.CSTTransformer):
        def leave_SimpleStatementLine(
            self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
        ) -> cst.SimpleStatementLine | cst.RemovalSentinel:
            return cst.RemoveFromParent() if original_node.deep_equals(statement) else updated_node

    changed = function.visit(Without())
    assert isinstance(changed, cst.FunctionDef)
    return changed


def _needed_names(module: TestModule, nodes: Sequence[cst.CSTNode]) -> list[str]:
    """The names of the module's top level that the nodes use, in order."""
    top = _top_level_names(module.source)
    used = [name.value for node in nodes for name in m.findall(node, m.Name()) if isinstance(name, cst.Name)]
    wanted = top - {fixture.name for fixture in module.fixtures} - {module.app} - set(vars(builtins))
    return [name for name in dict.fromkeys(used) if name in wanted]


def _top_level_names(source: Source) -> set[str]:
    names = {imported.local for node in source.tree.body for imported in _imports_in(node)}
    for node in source.tree.body:
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            names.add(node.name.value)
        elif isinstance(node, cst.SimpleStatementLine):
            names |= {n.value for n in _assigned(node)}
    return names


def _imports_in(node: cst.CSTNode) -> Iterable[Imported]:
    return imports_of(node).values() if isinstance(node, cst.SimpleStatementLine | cst.Try | cst.If) else ()


def _assigned(line: cst.SimpleStatementLine) -> list[cst.Name]:
    targets = []
    for statement in line.body:
        match statement:
            case cst.Assign(targets=several):
                targets += [target.target for target in several]
            case cst.AnnAssign(target=one):
                targets.append(one)
    return [target for target in targets if isinstance(target, cst.Name)]


def _definition(module: TestModule, name: str) -> str | None:
    """The constant that the module assigns to ``name``; raises NothingToFix if it is not a constant."""
    if name in module.imports:
        return None
    for node in module.source.tree.body:
        if isinstance(node, cst.SimpleStatementLine) and any(n.value == name for n in _assigned(node)):
            if not m.findall(node.body[0], m.Call()) and len(_needed_names(module, [node])) == 1:
                return _code(node.with_changes(leading_lines=()))
            break
    where = f"{module.source.relative}: {module.app_fixture.name}()"
    raise NothingToFix(f"{where} uses {name} of its own module, which a conftest cannot import.")


def _import_of(module: TestModule, name: str) -> Imported:
    if name not in module.imports:
        where = f"{module.source.relative}: {module.app_fixture.name}()"
        raise NothingToFix(f"{where} takes its app from `{name}`, neither an import nor made in the fixture itself.")
    return module.imports[name]


def _clear_import(project: Project, module: TestModule) -> Imported:
    imported = _import_of(module, module.db)
    found = project.find(module.source, imported)
    place = import_root(found.path, imported.module) if found else None
    if place is None or not module.database.path.is_relative_to(place):
        return Imported(imported.module, CLEAR_FUNCTION, CLEAR_FUNCTION)
    parts = module.database.path.relative_to(place).with_suffix("").parts
    return Imported(".".join(parts[:-1] if parts[-1] == "__init__" else parts), CLEAR_FUNCTION, CLEAR_FUNCTION)


def _without_blank_lines(function: cst.FunctionDef) -> cst.FunctionDef:
    """The function with the comments that belong to it, without headings and blank lines above."""
    kept: list[cst.EmptyLine] = []
    for line in reversed(function.leading_lines):
        if line.comment is None:
            break
        kept.insert(0, line)
    return function.with_changes(leading_lines=kept)


def _code(node: cst.FunctionDef | cst.SimpleStatementLine) -> str:
    return cst.Module(body=[node]).code.replace("\r\n", "\n")
