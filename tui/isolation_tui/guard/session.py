"""The guard of a pytest session: its options, the judge of this process, the baseline and the summary."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..settings import KINDS, ProjectSettings, SettingsError, chosen_from, read_project
from . import baseline
from .judge import Judge
from .leaks import LeakKey
from .wording import Line, heading, merged, section


@dataclass(frozen=True, slots=True)
class GuardSession:
    """The guard's options, with the baseline read.

    ``mode`` is ``report`` or ``strict``; ``file`` the baseline, None without one; ``updating`` whether to write
    it. ``off`` and ``verify`` are for the plugin."""

    mode: str
    kinds: tuple[str, ...]
    file: Path | None
    updating: bool
    accepted: frozenset[LeakKey]
    off: tuple[str, ...]
    verify: bool

    def new_judge(self, worker: str, claim: Callable[[LeakKey], bool]) -> Judge:
        """The judge of this process."""
        strict = self.mode == "strict" and not self.updating
        return Judge(strict=strict, kinds=self.kinds, accepted=self.accepted, worker=worker, claim=claim)

    def summarise(self, accounts: Sequence[dict[str, Any]], whole: bool, verbose: bool) -> tuple[str, list[Line]]:
        """Heading and lines of the session's summary; writes the baseline if that was asked for, or raises OSError.

        ``whole``: every test of the suite ran, so a leak that was not found is gone."""
        account = merged(accounts)
        seen = {leak["key"] for leak in account["leaks"]}
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


def open_session(
    mode: str, folder: Path, file: str | None, updating: bool, kinds: str | None, cwd: Path
) -> GuardSession:
    """Make a guard from pytest's options and the project's settings.

    Raises :class:`SettingsError` or :class:`BaselineError`."""
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
    return GuardSession(
        mode=mode,
        kinds=project.strict,
        file=project.baseline,
        updating=updating,
        accepted=accepted,
        off=off,
        verify=project.verify,
    )


def _accepted(project: ProjectSettings, updating: bool) -> frozenset[LeakKey]:
    if project.baseline is None or (updating and not project.baseline.exists()):
        return frozenset()
    return baseline.read(project.baseline)
