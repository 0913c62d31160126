"""Groups the victims of one failure class by their cause: one finding for each group."""

from __future__ import annotations

from typing import TypeVar

Cause = TypeVar("Cause")
Victim = TypeVar("Victim")


class VictimsByCause(dict[Cause, list[Victim]]):
    """Cause -> its victims, both in the order in which they were added.

    A cause is whatever tells two of them apart: the author, the line to change, the table.
    """

    def add(self, cause: Cause, victim: Victim) -> None:
        """Add a victim to its cause."""
        self.setdefault(cause, []).append(victim)
