"""A suite on paper in which several tests depend on order, and what one run of it would show. Seeded, with its truth.

made = planted_suite(seed=7)
hunt = Hunt(made.question)
spent = run_hunt(hunt, made)
assert not wrong_verdicts(made, hunt)
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from isolation_tui.experiments.hunt.plan import Hunt
from isolation_tui.experiments.hunt.question import HuntQuestion, LeftBehind, ObservedTest
from isolation_tui.experiments.question import Candidate
from isolation_tui.experiments.trial import Location, Outcome, TestOutcome, Trial, TrialResult
from isolation_tui.experiments.verdict import Verdict
from simulated_suite import FAILURE, MISSING, Effect

PLANTED = ("polluter later", "polluter earlier, cleaned", "brittle", "polluter later, cleaned", "fails as observed")
"""Where the polluter is in the observed order; all but the last kind are green there."""

PLACES = 20
CHANCES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9)


@dataclass
class PlantedSuite:
    """Runs trials on paper. ``fails_on`` is a place that makes a test fail, ``needs`` one that it cannot do without."""

    order: tuple[str, ...]
    effects: dict[str, list[Effect]] = field(default_factory=dict)
    fails_on: dict[str, str] = field(default_factory=dict)
    needs: dict[str, str] = field(default_factory=dict)
    reads: dict[str, set[str]] = field(default_factory=dict)
    unseen: set[str] = field(default_factory=set)
    """Places of which nothing is observed."""
    flaky: dict[str, float] = field(default_factory=dict)
    """Test -> how often it fails for no reason."""
    chance: random.Random = field(default_factory=lambda: random.Random(0))
    planted: dict[str, str] = field(default_factory=dict)
    """Dependent test -> the kind of its dependence."""

    def run(self, trial: Trial) -> TrialResult:
        outcomes = self.outcomes(trial.tests, trial.undo.name if trial.undo is not None else "")
        command = ("python", "-m", "pytest", *trial.tests)
        return TrialResult(trial, tuple(outcomes), 0.01, "the start", "", command, trial.fresh)

    def outcomes(self, tests: Sequence[str], undo: str = "") -> list[TestOutcome]:
        dirty: set[str] = set()
        outcomes = []
        for number, test in enumerate(tests):
            if number == len(tests) - 1:
                dirty.discard(undo)
            error = ""
            if test in self.needs and self.needs[test] not in dirty:
                error = MISSING
            elif self.fails_on.get(test) in dirty or (test in self.flaky and self.chance.random() < self.flaky[test]):
                error = FAILURE
            outcomes.append(TestOutcome(test, Outcome.FAILED if error else Outcome.PASSED, error, "call"))
            for effect in self.effects.get(test, ()):
                (dirty.add if effect.dirty else dirty.discard)(effect.place)
        return outcomes

    def signature(self, tests: Sequence[str], victim: str) -> str:
        return self.outcomes([*tests, victim])[-1].signature

    def question(self, orders: int, seed: int) -> HuntQuestion:
        """What one run in the given order shows."""
        observed = self.outcomes(self.order)
        left, cleans = [], {}
        for test, effects in self.effects.items():
            seen = [effect for effect in effects if effect.place not in self.unseen]
            left += [_left(test, effect.place) for effect in seen if effect.dirty]
            cleans[test] = tuple(effect.place for effect in seen if not effect.dirty)
        by_place: dict[str, list[LeftBehind]] = {}
        for each in left:
            by_place.setdefault(each.place, []).append(each)
        position = {test: number for number, test in enumerate(self.order)}

        def suspects(test: str) -> tuple[Candidate, ...]:
            found = [each for place in sorted(self.reads.get(test, ())) for each in by_place.get(place, ())]
            earlier = [each for each in found if position[each.nodeid] < position[test]]
            earlier.sort(key=lambda each: -position[each.nodeid])
            return tuple(Candidate((each.nodeid,), each.location, "left rows", each.weight) for each in earlier[:12])

        return HuntQuestion(
            tests=tuple(
                ObservedTest(each.nodeid, "main", not each.signature, each.signature, suspects(each.nodeid))
                for each in observed
            ),
            left=tuple(left),
            reads={test: tuple(sorted(places - self.unseen)) for test, places in self.reads.items()},
            cleans={test: places for test, places in cleans.items() if places},
            seed=seed,
            orders=orders,
        )


def _left(test: str, place: str) -> LeftBehind:
    return LeftBehind(test, place, Location("rows", place), f"left rows in {place}", 70.0)


def planted_suite(seed: int, tests: int = 300, planted: int = 10, unseen: float = 0.2, flaky: int = 0) -> PlantedSuite:
    """A suite with so many dependent tests, among tests that leave and read what does no harm, and ``flaky`` ones. Of a
    share ``unseen`` of the planted ones nothing is observed: no evidence leads to them."""
    dice = random.Random(f"{seed} {tests} {planted} {unseen}")
    order = tuple(f"tests/test_{number // 10}.py::test_{number}" for number in range(tests))
    suite = PlantedSuite(order, chance=random.Random(seed))
    for test in order:
        suite.reads[test] = {f"rows {dice.randrange(PLACES)}" for _ in range(dice.randint(0, 3))}
        if dice.random() < 0.3:
            place = f"rows {dice.randrange(PLACES)}"
            suite.effects[test] = [Effect(place, dirty=dice.random() < 0.7)]
    for number, victim in enumerate(dice.sample(order[tests // 10 : -tests // 10], planted)):
        _plant(suite, victim, PLANTED[number % len(PLANTED)], f"rows planted {number}", dice)
        if dice.random() < unseen:
            suite.unseen.add(f"rows planted {number}")
    others = [test for test in order if test not in suite.planted]
    suite.flaky = {test: dice.choice(CHANCES) for test in dice.sample(others, flaky)}
    return suite


def _plant(suite: PlantedSuite, victim: str, kind: str, place: str, dice: random.Random) -> None:
    """Other tests read the place as well, without minding; some more of them leave something there, or clean it."""
    at = suite.order.index(victim)
    before, after = [list(part) for part in (suite.order[:at], suite.order[at + 1 :])]
    suite.planted[victim] = kind
    suite.reads[victim].add(place)
    for reader in dice.sample(suite.order, len(suite.order) // 15):
        suite.reads[reader].add(place)
    if kind == "brittle":
        suite.needs[victim] = place
        _add(suite, dice.choice(before), Effect(place))
        return
    suite.fails_on[victim] = place
    author, cleaner = sorted(dice.sample(after if "later" in kind else before, 2), key=suite.order.index)
    if kind == "polluter later, cleaned":
        author, cleaner = cleaner, author  # cleaned in the reversed order
    _add(suite, author, Effect(place))
    if "cleaned" in kind:
        _add(suite, cleaner, Effect(place, dirty=False))


def _add(suite: PlantedSuite, test: str, effect: Effect) -> None:
    suite.effects.setdefault(test, []).append(effect)


@dataclass
class Spent:
    """How many tests had run when each dependent test was proven."""

    tests: int = 0
    proven_at: dict[str, int] = field(default_factory=dict)


def run_hunt(hunt: Hunt, suite: PlantedSuite) -> Spent:
    """Drive a hunt to its end."""
    spent = Spent()
    steps = hunt.steps()
    try:
        trial = next(steps)
        while True:
            spent.tests += len(trial.tests)
            trial = steps.send(suite.run(trial))
            for victim in hunt.verdicts:
                spent.proven_at.setdefault(victim, spent.tests)
    except StopIteration:
        for victim in hunt.verdicts:
            spent.proven_at.setdefault(victim, spent.tests)
    return spent


def wrong_verdicts(suite: PlantedSuite, verdicts: Sequence[Verdict]) -> list[str]:
    """Verdicts on tests that do not depend on order, or whose named tests do not bring the outcome about."""
    wrong = []
    for verdict in verdicts:
        victim = verdict.victim
        if not verdict.proven and victim in suite.flaky:
            continue
        if victim not in suite.planted:
            wrong.append(f"{victim} depends on nothing")
        wrong += [f"{victim}: {each}" for each in verdict.polluters if suite.signature(each, victim) != FAILURE]
        wrong += [f"{victim}: {each}" for each in verdict.setters if suite.signature(each, victim)]
        if not verdict.proven:
            wrong.append(f"{victim}: {verdict.kind} names no polluter")
        if any(len(each) > 1 for each in (*verdict.polluters, *verdict.setters)):
            wrong.append(f"{victim}: more than one is named")
    return wrong
