"""Attributes of other libraries that the plugin replaces: how one is declared, installed and undone.

Each is a :class:`Patch`, a value in the register of its room: :mod:`.startup.patches`, :mod:`.probes.process.patches`
and :mod:`.probes.database.patches`. The probes install them through :class:`Patches` alone. README lists them.
"""

import sys
from types import FunctionType
from typing import Any, Callable, List, NamedTuple, Optional, Tuple

_MISSING = object()


def is_function(value: Any) -> bool:
    """Whether it is a function written in Python, and so can be read and wrapped."""
    return isinstance(value, FunctionType)


class Patch(NamedTuple):
    """One attribute that the plugin replaces.

    ``target`` is its dotted name, ``why`` a sentence, ``versions`` where it applies. ``known`` gets what is there, and
    says whether it is what the patch was written for; if it is not, nothing is replaced, and what the probes do instead
    is up to them. ``public`` marks what is an extension point of its library: it is installed in safe mode as well.
    ``undone`` says how, if not by :meth:`Patches.undo`.
    """

    target: str
    why: str
    versions: str = "all"
    known: Callable[[Any], bool] = is_function
    public: bool = False
    undone: str = ""

    @property
    def name(self) -> str:
        """The attribute's own name."""
        return self.target.rpartition(".")[2]

    def owner(self) -> Any:
        """The class or module that has it; None if the suite has not imported it, or has none of that name."""
        parts = self.target.split(".")[:-1]
        for length in range(len(parts), 0, -1):
            found: Any = sys.modules.get(".".join(parts[:length]))
            if found is not None:
                for part in parts[length:]:
                    found = getattr(found, part, None)
                return found
        return None

    def fits(self, owner: Optional[Any] = None) -> bool:
        """Whether the attribute is there, and is what the patch was written for."""
        owner = self.owner() if owner is None else owner
        value = getattr(owner, self.name, _MISSING) if owner is not None else _MISSING
        return value is not _MISSING and self.known(value)


class _Installed(NamedTuple):
    patch: Patch
    owner: Any
    before: Any
    """What the owner itself had there; ``_MISSING`` if it was inherited."""
    ours: Any


class Patches:
    """The patches installed in this process. In safe mode nothing is installed that is not public."""

    def __init__(self) -> None:
        self.safe = False
        self._installed: List[_Installed] = []

    def install(self, patch: Patch, make: Callable[[Any], Any], owner: Optional[Any] = None) -> bool:
        """Replace the attribute by ``make(what was there)``.

        False if that is not what the patch was written for, if the plugin has replaced it already, or in safe mode.
        ``owner`` is given where the same attribute of several objects is replaced.
        """
        owner = patch.owner() if owner is None else owner
        if (self.safe and not patch.public) or not patch.fits(owner) or self._find(patch, owner) is not None:
            return False
        before = vars(owner).get(patch.name, _MISSING)
        ours = make(getattr(owner, patch.name))
        setattr(owner, patch.name, ours)
        self._installed.append(_Installed(patch, owner, before, ours))
        return True

    def in_place(self, patch: Patch) -> bool:
        """Whether the plugin's replacement is there now: installed, and not replaced since."""
        return any(each.patch is patch and _is_there(each) for each in self._installed)

    def names(self) -> "List[Tuple[Any, str]]":
        """(owner, attribute) of all that is installed."""
        return [(each.owner, each.patch.name) for each in self._installed]

    def undo(self) -> None:
        """Restore every attribute, last first. What another library has replaced since is left alone."""
        while self._installed:
            each = self._installed.pop()
            if not _is_there(each):
                continue
            if each.before is not _MISSING:
                setattr(each.owner, each.patch.name, each.before)
            elif each.patch.name == "__new__":
                # Once a class had a __new__ of its own, object's refuses the arguments of its __init__.
                each.owner.__new__ = _plain_new
            else:
                delattr(each.owner, each.patch.name)

    def _find(self, patch: Patch, owner: Any) -> Optional[_Installed]:
        return next((each for each in self._installed if each.patch is patch and each.owner is owner), None)


def _is_there(installed: _Installed) -> bool:
    return vars(installed.owner).get(installed.patch.name) is installed.ours


def _plain_new(cls: Any, *_: Any, **__: Any) -> Any:
    return object.__new__(cls)
