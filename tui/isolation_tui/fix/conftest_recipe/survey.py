"""Find the test modules and functions of a project that this recipe fixes.

A test module with a fixture that is wider than one test and creates the tables of the project's ``db``, while
something in the same module calls a project function that registers models again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import libcst as cst
import libcst.matchers as m

from ..errors import NothingToFix
from .fixtures import Fixture, fixtures_of
from .imports import Imported, calls_in, dotted
from .source import Source

_SKIPPED_FOLDERS = frozenset({"venv", "env", "node_modules", "site-packages", "build", "dist", "__pycache__"})
_RELOADS = frozenset({"importlib.reload", "reload"})
GUARD_FUNCTION = "models_registered"
"""The function that the recipe adds; it says whether a module's tables are already in the metadata."""


@dataclass(frozen=True, eq=False)
class Registrar:
    """A function of the project that registers models again when it is called again.

    ``repeats_in`` is the file whose statement does it: the function's own, or that of a function it calls.
    """

    name: str
    repeats_in: Source


@dataclass(frozen=True, eq=False)
class TestModule:
    """A test module that this recipe fixes.

    ``app_fixture`` enters ``app.app_context()``; ``db`` is the module's name for the database handle, which the file
    ``database`` creates under the name ``made_as``.
    """

    __test__ = False

    source: Source
    fixtures: tuple[Fixture, ...]
    app_fixture: Fixture
    app: str
    db: str
    database: Source
    made_as: str
    registrars: tuple[Registrar, ...]

    @property
    def imports(self) -> dict[str, Imported]:
        """The module's imports by local name."""
        return self.source.imports


@dataclass(eq=False)
class Project:
    """The Python files below ``root``, without virtual environments, build folders and hidden folders."""

    root: Path
    _sources: dict[Path, Source] = field(default_factory=dict)
    _registrars: dict[tuple[Path, str], Registrar | None] = field(default_factory=dict)

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """The files, sorted."""
        return tuple(sorted(self._walk()))

    def source(self, path: Path) -> Source:
        """The file at ``path``, read once."""
        if path not in self._sources:
            self._sources[path] = Source.read(self.root, path)
        return self._sources[path]

    def find(self, importer: Source, imported: Imported, *, with_attribute: bool = False) -> Source | None:
        """The project's file that ``importer`` imports, None if it is not one of the project's.

        With ``with_attribute`` the attribute is taken as a submodule: ``from src import database``.
        """
        parts = [part for part in imported.module.split(".") if part]
        if with_attribute and imported.attribute:
            parts.append(imported.attribute)
        if imported.level:
            folder = importer.path.parent
            for _ in range(imported.level - 1):
                folder = folder.parent
            places = [folder.joinpath(*parts)]
        else:
            # A folder above the package is on sys.path; which one, only the file's path shows.
            places = [folder.joinpath(*parts) for folder in importer.path.parents if folder.is_relative_to(self.root)]
            roots = dict.fromkeys(root for path in self.files if (root := import_root(path, imported.module)))
            places += [root.joinpath(*parts) for root in roots]
        for place in places:
            for candidate in (place.with_suffix(".py"), place / "__init__.py"):
                if candidate in self._known:
                    return self.source(candidate)
        return None

    def definition(self, importer: Source, name: str) -> tuple[Source, str] | None:
        """The file that defines ``name`` of ``importer``, and its name there, found by following imports."""
        seen = set()
        while (importer.path, name) not in seen:
            seen.add((importer.path, name))
            imported = importer.imports.get(name)
            if imported is None:
                return importer, name
            if imported.attribute is None:
                return None
            found = self.find(importer, imported)
            if found is None:
                return None
            importer, name = found, imported.attribute
        return None

    def registrar(self, source: Source, name: str) -> Registrar | None:
        """The function ``name`` of ``source`` if it registers models again when it is called again, else None."""
        key = (source.path, name)
        if key not in self._registrars:
            self._registrars[key] = None  # also ends the search where functions call each other
            self._registrars[key] = self._read_registrar(source, name)
        return self._registrars[key]

    def _read_registrar(self, source: Source, name: str) -> Registrar | None:
        function = top_level_function(source.tree, name)
        if function is None:
            return None
        if defines_models(function):
            return Registrar(name, source)
        for call in calls_in(function):
            if is_reload(source, call):
                return Registrar(name, source)
            called = dotted(call.func)
            made = self.definition(source, called) if called and "." not in called else None
            further = self.registrar(*made) if made else None
            if further:
                return Registrar(name, further.repeats_in)
        return None

    def registrars_called(self, source: Source) -> Iterator[Registrar]:
        """The registrars that ``source`` calls, by name or as a module's attribute."""
        imports = source.imports
        for call in source.calls:
            owner, _, name = dotted(call.func).rpartition(".")
            made: tuple[Source, str] | None = None
            if owner and owner in imports:
                holder = self.find(source, imports[owner], with_attribute=True)
                made = (holder, name) if holder else None
            elif name in imports:
                made = self.definition(source, name)
            found = self.registrar(*made) if made else None
            if found:
                yield found

    @cached_property
    def _known(self) -> frozenset[Path]:
        return frozenset(self.files)

    def _walk(self) -> Iterator[Path]:
        for folder, folders, names in os.walk(self.root):
            folders[:] = [name for name in folders if name not in _SKIPPED_FOLDERS and not name.startswith(".")]
            folders[:] = [name for name in folders if not (Path(folder, name) / "pyvenv.cfg").exists()]
            yield from (Path(folder, name) for name in names if name.endswith(".py"))


def survey(root: Path) -> tuple[Project, list[TestModule]]:
    """The project below ``root`` and the test modules to fix; raises NothingToFix with what is missing."""
    project = Project(root)
    sources = [project.source(path) for path in project.files if _is_test_file(path)]
    missing: list[str] = []
    candidates = [s for s in sources if b"create_all" in s.content and b"scope" in s.content]
    modules = [found for source in candidates if (found := _read_module(project, source, missing))]
    if modules:
        return project, modules
    raise NothingToFix(_already_fixed(project) or (missing[0] if missing else _no_fixture(root)))


def top_level_function(tree: cst.Module, name: str) -> cst.FunctionDef | None:
    """The function of that name at the file's top level."""
    found = [node for node in tree.body if isinstance(node, cst.FunctionDef) and node.name.value == name]
    return found[-1] if found else None


def is_reload(source: Source, call: cst.Call) -> bool:
    """Whether the call executes a module, and so defines its models, once more without a guard."""
    name = dotted(call.func)
    imported = source.imports.get(name.split(".")[0])
    is_reloaded = name in _RELOADS and imported is not None and imported.module == "importlib"
    return bool((is_reloaded or name.endswith(".loader.exec_module")) and call.args and not is_guarded(source, call))


def is_guarded(source: Source, call: cst.Call) -> bool:
    """Whether the call runs only if ``models_registered(...)`` is false."""
    asked = m.Call(func=m.Name(GUARD_FUNCTION))
    guards = m.If(test=m.UnaryOperation(operator=m.Not(), expression=asked)) | m.IfExp(test=asked)
    return any(any(call is inner for inner in calls_in(guard)) for guard in m.findall(source.tree, guards))


def defines_models(function: cst.FunctionDef) -> bool:
    """Whether every call of the function creates model classes, without a cache that keeps the first ones."""
    model = m.ClassDef(bases=[m.ZeroOrMore(), m.Arg(m.Attribute(attr=m.Name("Model"))), m.ZeroOrMore()])
    cached = any(dotted(decorator.decorator).endswith("cache") for decorator in function.decorators)
    return not cached and bool(m.findall(function.body, model))


def _read_module(project: Project, source: Source, missing: list[str]) -> TestModule | None:
    fixtures = fixtures_of(source)
    for fixture in fixtures:
        if not fixture.is_wide or fixture.in_class:
            continue
        found = _project_database(project, source, fixture)
        if found is None:
            continue
        db, database, made_as = found
        where = f"{source.relative}: {fixture.name}()"
        registrars = tuple(dict.fromkeys(project.registrars_called(source)))
        if not registrars:
            missing.append(f"{where} keeps the tables for a whole {fixture.scope}, but nothing registers models twice.")
            continue
        app = _entered_app(fixture.function)
        if app is None:
            missing.append(f"{where} creates the tables outside app.app_context(), which the recipe does not support.")
            continue
        return TestModule(
            source=source,
            fixtures=tuple(fixtures),
            app_fixture=fixture,
            app=app,
            db=db,
            database=database,
            made_as=made_as,
            registrars=registrars,
        )
    return None


def _project_database(project: Project, source: Source, fixture: Fixture) -> tuple[str, Source, str] | None:
    """The database handle of the fixture: its name in ``db.create_all()``, the file that creates it, its name there."""
    for call in calls_in(fixture.function):
        owner, _, method = dotted(call.func).rpartition(".")
        if method == "create_all" and owner and "." not in owner and owner in source.imports:
            made = project.definition(source, owner)
            if made and made[0].path != source.path:
                return owner, *made
    return None


def _entered_app(function: cst.FunctionDef) -> str | None:
    for call in calls_in(function):
        owner, _, method = dotted(call.func).rpartition(".")
        if method in ("app_context", "test_request_context") and owner:
            return owner
    return None


def _already_fixed(project: Project) -> str | None:
    for path in project.files:
        if path.name == "conftest.py" and b"clear_test_database()" in project.source(path).content:
            return f"{project.source(path).relative} already clears the database before each test."
    return None


def _no_fixture(root: Path) -> str:
    return f"no test file below {root} has a module-scoped fixture that calls the project's db.create_all()."


def _is_test_file(path: Path) -> bool:
    return path.name.startswith("test_") or path.name.endswith("_test.py")


def import_root(path: Path, module: str) -> Path | None:
    """The folder on ``sys.path`` from which ``path`` is imported as ``module``; None if it cannot be."""
    parts = tuple(module.split("."))
    place = path.parent if path.name == "__init__.py" else path.with_suffix("")
    return place.parents[len(parts) - 1] if place.parts[-len(parts) :] == parts else None
