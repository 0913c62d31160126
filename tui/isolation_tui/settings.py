"""The settings of a project: ``[tool.isolation-tui]`` in its ``pyproject.toml``, all of them optional.

[tool.isolation-tui]
strict = ["rows", "tables", "metadata", "transactions"]   # leaks that fail a test under --isolation=strict
baseline = "isolation-baseline.txt"                       # leaks that it accepts; relative to this file
off = ["process"]                                         # probes to switch off
verify = false                                            # count the rows with queries after each test
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KINDS = ("rows", "tables", "metadata", "transactions", "process")
"""The kinds of leak."""

STRICT = ("rows", "tables", "metadata", "transactions")
"""The kinds that ``--isolation=strict`` fails unless the project sets others."""

_PROCESS = ("env", "cwd", "config", "logging", "warnings", "random", "globals", "threads")
PROBES = ("process", *_PROCESS, "reads", "connections")
"""The probes that can be switched off, as the plugin names them; ``_PROCESS`` are the parts of ``process``."""

SAFE = "patches"
"""What ``--safe`` switches off: the plugin then replaces no attribute of another library."""


class SettingsError(ValueError):
    """What is wrong with the settings, and in which file."""


@dataclass(frozen=True, slots=True)
class ProjectSettings:
    """A project's settings, or their defaults."""

    strict: tuple[str, ...] = STRICT
    baseline: Path | None = None
    off: tuple[str, ...] = ()
    verify: bool = False


def read_project(folder: Path) -> ProjectSettings:
    """Read the settings from the nearest ``pyproject.toml`` at or above the folder. Raises :class:`SettingsError`."""
    for place in (folder, *folder.parents):
        file = place / "pyproject.toml"
        if file.is_file():
            return _read(file)
    return ProjectSettings()


def chosen_from(given: Sequence[Any], known: Sequence[str], what: str) -> tuple[str, ...]:
    """The given names in the order of the known ones. Raises :class:`SettingsError` for any other name."""
    for name in given:
        if name not in known:
            raise SettingsError(f"there is no {what} {name!r}; there are: {', '.join(known)}.")
    return tuple(name for name in known if name in given)


def _read(file: Path) -> ProjectSettings:
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{file} cannot be read: {error}") from error
    tool = document.get("tool")
    given = tool.get("isolation-tui", {}) if isinstance(tool, dict) else {}
    try:
        return _checked(given, file.parent)
    except SettingsError as error:
        raise SettingsError(f"{file}, [tool.isolation-tui]: {error}") from error


def _checked(given: Any, folder: Path) -> ProjectSettings:
    if not isinstance(given, dict):
        raise SettingsError("it must be a table.")
    known = ("strict", "baseline", "off", "verify")
    unknown = [key for key in given if key not in known]
    if unknown:
        raise SettingsError(f"there is no setting {unknown[0]!r}; there are: {', '.join(known)}.")
    baseline = given.get("baseline")
    if baseline is not None and not (isinstance(baseline, str) and baseline):
        raise SettingsError("baseline must be the name of a file.")
    verify = given.get("verify", False)
    if not isinstance(verify, bool):
        raise SettingsError("verify must be true or false.")
    return ProjectSettings(
        chosen_from(_names(given, "strict", STRICT), KINDS, "kind of leak"),
        folder / baseline if baseline is not None else None,
        chosen_from(_names(given, "off", ()), PROBES, "probe"),
        verify,
    )


def _names(given: dict[str, Any], key: str, default: Sequence[str]) -> Sequence[str]:
    names = given.get(key, default)
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
        raise SettingsError(f'{key} must be a list of names, like ["{default[0] if default else "process"}"].')
    return names
