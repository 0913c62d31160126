"""The conftest recipe: models are registered once, tables created for every test, fixtures function-scoped.

``survey`` reads the project; ``conftest_file``, ``test_module`` and ``database_module`` each plan one kind of file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..errors import FixError, NothingToFix
from ..plan import FileChange, Plan, SummaryRow, count_lines, unified_diff
from .conftest_file import AUTOUSE_FIXTURE, SESSION_FIXTURE, conftest_folder, conftest_text
from .database_module import CLEAR_FUNCTION, DatabaseEdit, with_clear_function, with_registration_guards
from .fixtures import Fixture
from .source import Source
from .survey import Project, TestModule, survey
from .test_module import ModuleEdit, fixtures_to_move, function_scoped, rewritten

RECIPE = "conftest"


def plan_conftest_fix(root: Path) -> Plan:
    """Plan this recipe for the project below ``root``."""
    root = root.resolve()
    if not root.is_dir():
        raise FixError(f"{root} is not a folder.")
    project, modules = survey(root)
    first = modules[0]
    modules = [module for module in modules if module.database.path == first.database.path]
    conftest = conftest_folder(root, first) / "conftest.py"
    if conftest.exists():
        raise NothingToFix(f"{conftest.relative_to(root).as_posix()} already exists; it is not overwritten.")

    moved = _movable(first)
    made = FileChange.of(
        root,
        conftest,
        before=None,
        after=conftest_text(project, first, moved).encode(),
        what=_conftest_what(first, moved),
    )
    edits = [rewritten(module, _moved_from(module, first, moved), "conftest.py") for module in modules]
    cleared = with_clear_function(first.database, first.made_as)
    guards = _guards(project, cleared, modules)
    changes = [
        made,
        *(_file_change(root, edit.before, edit.after, edit.what) for edit in edits),
        *_database_changes(root, cleared, guards),
    ]
    for change in changes:
        _refuse_what_does_not_compile(change)
    rows = [
        _conftest_row(made),
        *(row for module, edit in zip(modules, edits, strict=True) for row in _module_rows(module, edit)),
        *_database_rows(cleared, guards),
    ]
    return Plan(RECIPE, root, tuple(changes), tuple(rows))


def _movable(module: TestModule) -> tuple[Fixture, ...]:
    """The fixtures to move; none if the app's is autouse, because in a conftest it would apply to every module."""
    return () if module.app_fixture.autouse else fixtures_to_move(module)


def _moved_from(module: TestModule, first: TestModule, moved: Sequence[Fixture]) -> tuple[Fixture, ...]:
    """The fixtures to remove from ``module``: those that equal the ones in the conftest, which came from ``first``."""
    if module is first:
        return tuple(moved)
    own = _movable(module)
    same = len(own) == len(moved) and all(
        mine.name == theirs.name and function_scoped(module, mine).deep_equals(function_scoped(first, theirs))
        for mine, theirs in zip(own, moved, strict=True)
    )
    return own if same and (module.app, module.db) == (first.app, first.db) else ()


def _guards(project: Project, cleared: DatabaseEdit, modules: Sequence[TestModule]) -> list[DatabaseEdit]:
    """The edits that add guards, one for each file; that of the database module builds on its earlier edit."""
    database, made_as = cleared.before, modules[0].made_as
    edits = []
    for source in dict.fromkeys(r.repeats_in for module in modules for r in module.registrars):
        if source.path == database.path:
            edits.append(with_registration_guards(cleared.after, made_as))
            continue
        known = (name for name in source.imports if project.definition(source, name) == (database, made_as))
        edits.append(with_registration_guards(source, next(known, made_as)))
    return [edit for edit in edits if edit.what]


def _database_changes(root: Path, cleared: DatabaseEdit, guards: Sequence[DatabaseEdit]) -> list[FileChange]:
    last: dict[Path, tuple[Source, Source, tuple[str, ...]]] = {}
    for edit in (cleared, *guards):
        before, _, what = last.get(edit.before.path, (edit.before, edit.after, ()))
        last[edit.before.path] = (before, edit.after, what + edit.what)
    return [_file_change(root, before, after, what) for before, after, what in last.values() if what]


def _file_change(root: Path, before: Source, after: Source, what: tuple[str, ...]) -> FileChange:
    return FileChange.of(root, before.path, before=before.content, after=after.content, what=what)


def _conftest_what(module: TestModule, moved: Sequence[Fixture]) -> tuple[str, ...]:
    fixtures = [f"{f.name}({', '.join(f.parameters)}), function-scoped" for f in moved or (module.app_fixture,)]
    session = [] if SESSION_FIXTURE in {f.name for f in moved} else [f"{SESSION_FIXTURE}({module.app_fixture.name})"]
    return (
        "pytest_configure(config)",
        f"{AUTOUSE_FIXTURE}(), autouse: clean and create before each test, clean up after it",
        *fixtures,
        *(f"{name}, function-scoped" for name in session),
    )


def _conftest_row(change: FileChange) -> SummaryRow:
    folder = change.relative.rpartition("/")[0]
    return SummaryRow(
        "NEW",
        change.relative,
        what="Create pytest hooks and function-scoped fixtures",
        lines=_counted(change.added, change.removed),
        impact=f"Fresh tables for every test below {folder or 'the root'}",
    )


def _module_rows(module: TestModule, edit: ModuleEdit) -> list[SummaryRow]:
    relative = edit.before.relative
    added, removed = count_lines(unified_diff(relative, edit.before.content, edit.after.content))
    gone = min(edit.clean_up_lines, removed)
    what = f"Change fixture scope {module.app_fixture.scope} → function"
    lines = _counted(added, removed - gone)
    rows = [SummaryRow("MODIFY", relative, what=what, lines=lines, impact="Enables isolation")]
    if gone:
        what, impact = "Remove redundant clean-up", "conftest.py does it around every test"
        rows.append(SummaryRow("MODIFY", relative, what=what, lines=_counted(0, gone), impact=impact))
    return rows


def _database_rows(cleared: DatabaseEdit, guards: Sequence[DatabaseEdit]) -> list[SummaryRow]:
    rows = []
    for edit, what, impact in [
        (cleared, f"Add {CLEAR_FUNCTION}()", "Empties the database, in tests only"),
        *((guard, "Add guards against double registration", "No table is defined twice") for guard in guards),
    ]:
        if edit.what:
            relative = edit.before.relative
            added, removed = count_lines(unified_diff(relative, edit.before.content, edit.after.content))
            rows.append(SummaryRow("ADD", relative, what=what, lines=_counted(added, removed), impact=impact))
    return rows


def _counted(added: int, removed: int) -> str:
    parts = [f"+{added}" if added else "", f"-{removed}" if removed else ""]
    return " ".join(part for part in parts if part) or "0"


def _refuse_what_does_not_compile(change: FileChange) -> None:
    try:
        compile(change.after, change.relative, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise FixError(f"the recipe would make {change.relative} invalid ({error}), so there is no plan.") from error
