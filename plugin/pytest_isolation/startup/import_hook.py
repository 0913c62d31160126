"""Arm the database probes when the suite imports SQLAlchemy, which is never imported here.

The probes are imported at that moment too: a suite without a database does not pay for them.
"""

import sys
from typing import Any, Callable, Dict, List, Tuple

from ..recorder import Recorder
from .skip_assert_rewrite import plain_import


def arm_when_imported(recorder: Recorder, off: Tuple[str, ...] = (), verify: bool = False) -> None:
    """Arm the probes of what is imported already, and of the rest when it is imported.

    Probes named in ``off`` are left out; ``verify`` asks for a real count of rows after each test.
    """

    probes: List[Any] = []

    def core(module: Any) -> None:
        with plain_import():
            from ..probes.database.install import SqlalchemyProbes
        from .hide_from_coverage import hide

        hide()
        probes.append(SqlalchemyProbes(recorder, off, verify))
        probes[0].arm_core(module)

    def orm(module: Any) -> None:
        if probes:  # else they have failed
            probes[0].arm_orm(module)

    when_imported({name: recorder.guarded(name, arm) for name, arm in (("sqlalchemy", core), ("sqlalchemy.orm", orm))})


def when_imported(arms: Dict[str, Callable[[Any], None]]) -> None:
    """Call each function with the module of its name: now if that is imported already, else when it is."""
    for name in [name for name in arms if name in sys.modules]:
        arms.pop(name)(sys.modules[name])
    if arms:
        sys.meta_path.insert(0, _Finder(arms))


class _Finder:
    """An import finder that wraps the loaders of the awaited modules; removed after the last of them."""

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
        """Call the function that waits for the module."""
        arm = self._waiting.pop(name, None)
        if not self._waiting and self in sys.meta_path:
            sys.meta_path.remove(self)
        if arm is not None:
            arm(module)


class _Loader:
    """A module's own loader, which then reports the module as imported."""

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
