"""The planner: which trial to make next, and what the results prove. Pure: it yields trials and is sent results."""

from __future__ import annotations

from collections.abc import Callable

from ..trial import Trial, TrialResult
from ..verdict import Verdict
from .notebook import Steps
from .plan import plan
from .series import Series

__all__ = ["Series", "Steps", "drive", "plan"]


def drive(steps: Steps[Verdict], run: Callable[[Trial], TrialResult]) -> Verdict:
    """Run every trial that the plan asks for, and return its verdict: ``drive(plan(question), prober.run)``."""
    try:
        trial = next(steps)
        while True:
            trial = steps.send(run(trial))
    except StopIteration as stop:
        verdict: Verdict = stop.value
        return verdict
