"""Arm the SQLAlchemy probes at the moment the suite itself has imported it; never import it ourselves."""

import sys
from typing import Any, Callable, Dict, Tuple

from .events import LibraryArmed
from .probes import connections
from .probes.databases import Databases
from .probes.failures import arm as arm_failures
from .probes.given import arm as arm_given
from .probes.metadata import arm_core, arm_orm
from .probes.reads import PROBE as READS
from .probes.reads import arm as arm_reads
from .probes.rows import arm as arm_rows
from .probes.schema import arm as arm_schema
from .probes.verify import arm as arm_verify
from .recorder import Recorder


def arm_when_imported(recorder: Recorder, off: Tuple[str, ...] = (), verify: bool = False) -> None:
    """Arm now what is imported already, and the rest when it is; probes named in ``off`` not at all. ``verify`` asks
    for a real count of rows after each test."""
    held = connections.ConnectionsProbe(recorder) if connections.PROBE not in off else None

    def core(module: Any) -> None:
        metadata = arm_core(recorder, module)
        databases = Databases(recorder)
        databases.watch_engines(module.engine.Engine)
        schema = arm_schema(recorder, module, databases, metadata.known_number)
        if READS not in off:
            arm_reads(recorder, module, databases)
        rows = arm_rows(recorder, module, databases, schema)
        if verify:
            arm_verify(recorder, module, databases, rows, schema)
        arm_failures(recorder, module, databases)
        arm_given(recorder, module)
        if held is not None:
            connections.arm_core(recorder, module, held, databases, schema)
        recorder.at_test_edges.append(recorder.guarded("databases", databases.say_gone))  # when all have told of them
        recorder.put(LibraryArmed("sqlalchemy", str(module.__version__), _limits(module.__version__)))

    def orm(module: Any) -> None:
        package: Any = sys.modules["sqlalchemy"]
        if not hasattr(package, "orm"):  # Python sets it a moment later; SQLAlchemy 1.3 looks for it there
            package.orm = module
        arm_orm(recorder, module, package.event)
        if held is not None:
            connections.arm_orm(recorder, module, package.event, held)

    when_imported({name: recorder.guarded(name, arm) for name, arm in (("sqlalchemy", core), ("sqlalchemy.orm", orm))})


def when_imported(arms: Dict[str, Callable[[Any], None]]) -> None:
    """Call each with the module of its name: now where it is imported already, else when the suite does so."""
    for name in [name for name in arms if name in sys.modules]:
        arms.pop(name)(sys.modules[name])
    if arms:
        sys.meta_path.insert(0, _Finder(arms))


def _limits(version: str) -> "list[str]":
    major, minor = (int(part) for part in version.split(".")[:2])
    if (major, minor) < (1, 4):
        return ["SQLAlchemy %s is older than 1.4: registries disposed cannot be seen" % version]
    return []


class _Finder:
    """On ``sys.meta_path`` until the last awaited module has come; finds nothing by itself."""

    def __init__(self, waiting: Dict[str, Callable[[Any], None]]) -> None:
        self._waiting = waiting

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name not in self._waiting:
            return None
        for finder in list(sys.meta_path):
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                if hasattr(spec.loader, "exec_module"):
                    spec.loader = _Loader(spec.loader, self, name)  # type: ignore[assignment]
                return spec
        return None

    def imported(self, name: str, module: Any) -> None:
        arm = self._waiting.pop(name, None)
        if not self._waiting and self in sys.meta_path:
            sys.meta_path.remove(self)
        if arm is not None:
            arm(module)


class _Loader:
    """The module's own loader, with one more thing to do after it."""

    def __init__(self, loader: Any, finder: _Finder, name: str) -> None:
        self._loader, self._finder, self._name = loader, finder, name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self._loader, attribute)

    def create_module(self, spec: Any) -> Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: Any) -> None:
        spec = getattr(module, "__spec__", None)
        if spec is not None:
            spec.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._finder.imported(self._name, module)
