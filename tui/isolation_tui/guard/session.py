"""A session's guard: what was asked for, the judge of this process, the baseline, and the closing words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..settings import KINDS, ProjectSettings, SettingsError, chosen_from, read_project
from . import baseline
from .judge import Judge
from .remnants import Key
from .wording import Line, heading, merged, section


@dataclass(frozen=True, slots=True)
class Court:
    """``mode`` is ``report`` or ``strict``; ``file`` the baseline, None without one; ``updating`` whether it is to be
    written. ``off`` and ``verify`` are for the plugin."""

    mode: str
    kinds: tuple[str, ...]
    file: Path | None
    updating: bool
    accepted: frozenset[Key]
    off: tuple[str, ...]
    verify: bool

    def judge(self, worker: str, claim: Callable[[Key], bool]) -> Judge:
        strict = self.mode == "strict" and not self.updating
        return Judge(strict, self.kinds, self.accepted, worker, claim)

    def close(self, accounts: Sequence[dict[str, Any]], whole: bool, verbose: bool) -> tuple[str, list[Line]]:
        """The heading and the lines of the session's summary. ``whole``: every test of the suite ran, so that what was
        not seen is not there. Writes the baseline where that was asked for; raises OSError where it cannot."""
        account = merged(accounts)
        seen = {case["key"] for case in account["cases"]}
        skipped = set(account["skipped"])
        unseen = {key for key in self.accepted - seen if key.kind in self.kinds and key.author not in skipped}
        stale = sorted(unseen) if whole else []
        written: list[Line] = []
        if self.updating and self.file is not None:
            entries = (self.accepted | seen).difference(stale)
            baseline.write(self.file, entries)
            written.append((f"{self.file}: {len(entries)} accepted", ""))
            stale = []
        return heading(account), section(account, stale, verbose=verbose) + written


def open_court(mode: str, folder: Path, file: str | None, updating: bool, kinds: str | None, cwd: Path) -> Court:
    """From the command's words and the project's settings. Raises :class:`SettingsError` or :class:`BaselineError`."""
    project = read_project(folder)
    if file is not None:
        project = replace(project, baseline=cwd / file)
    if kinds is not None:
        words = [word.strip() for word in kinds.split(",") if word.strip()]
        project = replace(project, strict=chosen_from(words, KINDS, "kind of leak"))
    elif mode == "report":
        project = replace(project, strict=KINDS)
    if updating and project.baseline is None:
        raise SettingsError("--isolation-update-baseline needs a file: give --isolation-baseline FILE.")
    if updating and project.baseline is not None and not project.baseline.parent.is_dir():
        raise SettingsError(f"there is no folder {project.baseline.parent} for the baseline.")
    accepted = _accepted(project, updating)
    off = project.off if "process" in project.strict else (*project.off, "process")
    return Court(mode, project.strict, project.baseline, updating, accepted, off, project.verify)


def _accepted(project: ProjectSettings, updating: bool) -> frozenset[Key]:
    if project.baseline is None or (updating and not project.baseline.exists()):
        return frozenset()
    return baseline.read(project.baseline)
